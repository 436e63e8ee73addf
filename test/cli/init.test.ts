import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { treecast } from "./treecast.js";
import { makeTree } from "./tree.js";

describe("treecast init", () => {
  it("writes a configuration that check accepts", async () => {
    const tree = makeTree();
    const made = await treecast(["init", "--source", tree.source, "--target", tree.replica], {
      cwd: tree.base,
    });
    expect(made).toMatchObject({ status: 0, stderr: "" });
    expect(made.stdout).toContain("treecast check -c treecast.yaml");
    const checked = await treecast(["check"], { cwd: tree.base });
    expect(checked).toMatchObject({ status: 0 });
    expect(checked.stdout).toContain("treecast.yaml: 1 source, 1 target");
  });

  it("never writes over a file", async () => {
    const tree = makeTree();
    const file = join(tree.base, "mine.yaml");
    writeFileSync(file, "mine");
    const { status, stderr } = await treecast(["init", file]);
    expect(status).toBe(2);
    expect(stderr).toContain("it is there already");
    expect(readFileSync(file, "utf8")).toBe("mine");
    expect(await treecast(["init", "/nosuch/dir/t.yaml"])).toMatchObject({ status: 2 });
  });

  it("prints to standard output with -", async () => {
    const { status, stdout } = await treecast(["init", "-", "--source", "/a b"]);
    expect(status).toBe(0);
    expect(stdout).toContain('- path: "/a b"');
  });
});

describe("treecast schema", () => {
  it("prints the published JSON schema", async () => {
    const { status, stdout } = await treecast(["schema"]);
    expect(status).toBe(0);
    const published = readFileSync(
      join(import.meta.dirname, "../../docs/treecast.schema.json"),
      "utf8",
    );
    expect(stdout).toBe(published);
  });
});

import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { treecast } from "./treecast.js";
import { makeTree } from "./tree.js";

describe("treecast explain", () => {
  it("names the rule that decides, for paths that exist and others", async () => {
    const tree = makeTree({ "cache/pages/index.html": "x", "notes.txt": "n" });
    const { status, stdout } = await treecast(
      [
        ...["explain", "cache/pages/index.html", "notes.txt~", "notes.txt", "logs/", "logs"],
        ...["--source", ".", "--exclude", "cache/", "--exclude", "logs/"],
      ],
      { cwd: tree.source },
    );
    expect(status).toBe(0);
    expect(stdout.trimEnd().split("\n")).toEqual([
      "'cache/pages/index.html' is excluded with 'cache/' by the rule '- cache/' (rule 1 of source)",
      "'notes.txt~' is excluded by the rule '- *~' (preset editor-temp, rule 3 of source)",
      "'notes.txt' is kept: no rule matches it",
      "'logs' is excluded by the rule '- logs/' (rule 2 of source)",
      "'logs' is kept: no rule matches it",
    ]);
  });

  it("says what each target narrows, in text and in JSON", async () => {
    const tree = makeTree({ "a.log": "" });
    const file = join(tree.base, "treecast.yaml");
    writeFileSync(
      file,
      `state: ${tree.base}/state
sources:
  - path: ${tree.source}
    name: www
    targets:
      - { name: all, to: ${tree.base}/all }
      - { name: few, to: ${tree.base}/few, filter: ["- *.log"] }
`,
    );
    const args = ["explain", "-c", file, join(tree.source, "a.log")];
    expect((await treecast(args)).stdout.trimEnd().split("\n")).toEqual([
      "'a.log' is kept: no rule matches it",
      "www → few: 'a.log' is excluded by the rule '- *.log' (rule 1 of target few)",
    ]);
    expect(JSON.parse((await treecast([...args, "--json"])).stdout)).toEqual([
      expect.objectContaining({ source: "www", path: "a.log", replicated: true }),
      expect.objectContaining({ target: "few", replicated: false, rule: "- *.log" }),
    ]);
  });

  it("finds a path through a link to the source, and takes a link in it for what it is", async () => {
    const tree = makeTree({ "d/x": "x" });
    const elsewhere = join(tree.base, "elsewhere");
    symlinkSync(tree.source, elsewhere);
    symlinkSync("d", join(tree.source, "link"));
    const { stdout } = await treecast([
      ...["explain", join(elsewhere, "link"), "--source", tree.source, "--exclude", "link/"],
    ]);
    // A rule for directories does not match a link to one.
    expect(stdout).toBe("'link' is kept: no rule matches it\n");
  });

  it("ends quietly where the reader has seen enough", async () => {
    const tree = makeTree();
    const many = Array.from({ length: 3000 }, (_, at) => `file-${at}-${"x".repeat(30)}`);
    const { spawn } = await import("node:child_process");
    const { MAIN } = await import("./treecast.js");
    const child = spawn(process.execPath, [MAIN, "explain", "--source", tree.source, ...many], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
    child.stdout.destroy();
    const status = await new Promise((resolve) => child.once("close", resolve));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

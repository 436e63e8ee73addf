import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FakeOperations, fakeSource, fakeTarget } from "../control/fake-operations.js";
import { serve } from "../control/serving.js";
import { makeTempDir } from "../support/temp.js";
import { treecast } from "./treecast.js";

async function begin() {
  const root = makeTempDir();
  mkdirSync(join(root, "images"));
  const operations = new FakeOperations(
    fakeSource("www", [fakeTarget("web2"), fakeTarget("web3")], { path: root }),
    fakeSource("mail", [fakeTarget("vault")]),
  );
  const { stateDirectory } = await serve(operations);
  const resync = async (words: readonly string[], cwd = "/") => {
    operations.asked.length = 0;
    const ended = await treecast(["resync", ...words, "--state", stateDirectory], { cwd });
    return { ...ended, orders: operations.orders };
  };
  return { root, resync };
}

describe("treecast resync", () => {
  it("has everything compared, or one source, or one target", async () => {
    const { resync } = await begin();
    const { status, stdout, orders } = await resync([]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^www: comparing everything with web2, web3; .*\nmail: /);
    expect(orders).toEqual([
      ["resync", { source: "www" }, ""],
      ["resync", { source: "mail" }, ""],
    ]);
    expect((await resync(["www", "web3"])).orders).toEqual([
      ["resync", { source: "www", target: "web3" }, ""],
    ]);
  });

  it("takes a path in the source, below it, or below the working directory in it", async () => {
    const { root, resync } = await begin();
    const order = ["resync", { source: "www" }, "images/\xc3\xa9"];
    expect((await resync(["www", "--path", "images/é/"])).orders).toEqual([order]);
    expect((await resync(["--path", join(root, "images/é")])).orders).toEqual([order]);
    expect((await resync(["www", "--path", "é"], join(root, "images"))).orders).toEqual([order]);
    expect((await resync(["www", "--path", "."], root)).orders).toEqual([
      ["resync", { source: "www" }, ""],
    ]);
  });

  it("ends with 2 for a path elsewhere, and for an unknown name", async () => {
    const { resync } = await begin();
    const elsewhere = await resync(["--path", "/etc"]);
    expect(elsewhere).toMatchObject({ status: 2, stdout: "", orders: [] });
    expect(elsewhere.stderr).toContain("Cannot find '/etc' in any source");
    expect(await resync(["www", "--path", "../x"])).toMatchObject({ status: 2, orders: [] });
    expect((await resync(["wwv"])).stderr).toContain("Did you mean 'www'?");
  });
});

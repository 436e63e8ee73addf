import { describe, expect, it } from "vitest";
import { FakeOperations, failedPath, fakeSource, fakeTarget } from "../control/fake-operations.js";
import { serve } from "../control/serving.js";
import { treecast } from "./treecast.js";

const failing = () =>
  new FakeOperations(
    fakeSource("www", [
      fakeTarget("web2", {
        failed: [
          failedPath("css/a.css", "mkstemp failed:\nPermission denied (13)", 12),
          failedPath("é.txt", "too long"),
        ],
      }),
      fakeTarget("web3", { failed: [failedPath("css/a.css", "disk full", 1)] }),
    ]),
    fakeSource("mail", [fakeTarget("vault")]),
  );

describe("treecast failures", () => {
  it("lists them for each target, and ends with 1 as there are any", async () => {
    const { stateDirectory } = await serve(failing());
    const args = ["failures", "--state", stateDirectory];
    const { status, stdout } = await treecast(args);
    expect(status).toBe(1);
    expect(stdout.replace(/ {2}(?:now|in \d+ \w+) +/g, "  NOW  ").split("\n")).toEqual([
      "www → web2: 2 paths",
      expect.stringMatching(/^ {2}PATH {7}TRIES {2}NEXT +REASON$/),
      "  css/a.css  12     NOW  mkstemp failed: Permission denied (13)",
      "  é.txt      3      NOW  too long",
      "www → web3: 1 path",
      expect.stringMatching(/^ {2}PATH/),
      "  css/a.css  1      NOW  disk full",
      "",
    ]);
    expect(await treecast([...args, "mail"])).toMatchObject({
      status: 0,
      stdout: "Nothing has failed.\n",
    });
  });

  it("prints JSON with the path as people read it, and as bytes", async () => {
    const operations = failing();
    const { stateDirectory } = await serve(operations);
    const args = ["failures", "www", "web2", "--json", "--state", stateDirectory];
    const { status, stdout } = await treecast(args);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual(operations.failures({ target: "web2" }));
    expect(JSON.parse(stdout)).toMatchObject([{}, { path: "\xc3\xa9.txt", shown: "é.txt" }]);
  });
});

describe("treecast retry", () => {
  it("tries all of them with --all, or those of one source or target", async () => {
    const operations = failing();
    const { stateDirectory } = await serve(operations);
    const retry = (...words: string[]) => treecast(["retry", ...words, "--state", stateDirectory]);
    expect(await retry("--all")).toMatchObject({ status: 0, stdout: "Trying 3 paths again.\n" });
    expect((await retry("--all", "--target", "web3")).stdout).toBe("Trying 1 path again.\n");
    expect((await retry("--all", "--source", "mail")).stdout).toBe("Nothing has failed.\n");
    expect(operations.orders).toEqual([
      ["retry", { source: "www" }, undefined],
      ["retry", { source: "mail" }, undefined],
      ["retry", { source: "www", target: "web3" }, undefined],
      ["retry", { source: "mail" }, undefined],
    ]);
  });

  it("tries paths as they are shown, as they lie in the source, and below a directory", async () => {
    const operations = failing();
    const { stateDirectory } = await serve(operations);
    const retried = async (...words: string[]) => {
      operations.asked.length = 0;
      const { status, stderr } = await treecast(["retry", ...words, "--state", stateDirectory]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      return operations.orders.filter(([name]) => name === "retry").map(([, ...rest]) => rest);
    };
    expect(await retried("é.txt")).toEqual([[{ source: "www", target: "web2" }, ["\xc3\xa9.txt"]]]);
    expect(await retried("/srv/www/css/a.css", "--target", "web3")).toEqual([
      [{ source: "www", target: "web3" }, ["css/a.css"]],
    ]);
    expect(await retried("css/", "é.txt", "css/a.css")).toEqual([
      [{ source: "www", target: "web2" }, ["css/a.css", "\xc3\xa9.txt"]],
      [{ source: "www", target: "web3" }, ["css/a.css"]],
    ]);
  });

  it("wants to know what, and knows what did not fail", async () => {
    const operations = failing();
    const { stateDirectory } = await serve(operations);
    const retry = (...words: string[]) => treecast(["retry", ...words, "--state", stateDirectory]);
    expect((await retry()).stderr).toContain("expected either paths or --all");
    expect((await retry("--all", "a")).status).toBe(2);
    expect(await retry("css/b.css", "css/a.css")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: "treecast: Cannot find a failed path 'css/b.css'\n  Did you mean 'css/a.css'?\n",
    });
    expect((await retry("../../etc")).stderr).toContain("`treecast failures` lists them.");
    expect(operations.orders.filter(([name]) => name === "retry")).toEqual([]);
  });
});

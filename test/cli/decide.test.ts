import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { confirm } from "../../src/cli/deciding.js";
import { FakeOperations, fakeSource, fakeTarget, held } from "../control/fake-operations.js";
import { serve } from "../control/serving.js";
import { until } from "../support/until.js";
import { startOnTerminal } from "./terminal.js";
import { treecast } from "./treecast.js";

const holding = () =>
  new FakeOperations(
    fakeSource("www", [fakeTarget("web2")], {
      holds: [held("deletes", 1_200, 2_000, ["a.txt", "b.txt"])],
    }),
    fakeSource("mail", [fakeTarget("vault")]),
  );

describe.each(["approve", "reject"] as const)("treecast %s", (verdict) => {
  it("shows what is held, and decides about it with --yes", async () => {
    const operations = holding();
    const { stateDirectory } = await serve(operations);
    const args = [verdict, "--yes", "--state", stateDirectory];
    const { status, stdout, stderr } = await treecast(args);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^www\n {2}held: 1,200 of 2,000 entries \(60 %\) deleted, .*\n/);
    expect(stderr).toContain("    a.txt, b.txt, …\n");
    const how =
      verdict === "approve"
        ? "go to the replicas now"
        : "are dropped; the replicas keep what they have";
    expect(stdout).toBe(`www: 1,200 deletions ${how}.\n`);
    expect(operations.orders).toEqual([[verdict, { source: "www" }]]);
    // The second time there is nothing left to decide about.
    expect(await treecast(args)).toMatchObject({
      status: 0,
      stdout: "Nothing is held.\n",
      stderr: "",
    });
    expect(operations.orders).toHaveLength(1);
  });

  it("prints JSON of what was decided, and decides nothing elsewhere", async () => {
    const operations = holding();
    const { stateDirectory } = await serve(operations);
    const args = [verdict, "--yes", "--json", "--state", stateDirectory];
    expect(JSON.parse((await treecast([...args, "mail"])).stdout)).toEqual([]);
    expect(operations.orders).toEqual([]);
    const { stdout } = await treecast([...args, "www"]);
    expect(JSON.parse(stdout)).toEqual([{ source: "www", hold: "deletes", entries: 1_200 }]);
  });

  it("decides nothing without a terminal and without --yes", async () => {
    const operations = holding();
    const { stateDirectory } = await serve(operations);
    const { status, stderr } = await treecast([verdict, "--state", stateDirectory]);
    expect(status).toBe(2);
    expect(stderr).toContain("held: 1,200 of 2,000 entries");
    expect(stderr).toContain(
      `treecast: Cannot ${verdict} without a terminal to ask at: expected --yes`,
    );
    expect(operations.orders).toEqual([]);
  });

  it("asks on a terminal, and takes a no for a no", async () => {
    const operations = holding();
    const { stateDirectory } = await serve(operations);
    const terminal = startOnTerminal([verdict, "--state", stateDirectory]);
    await until(() => terminal.text().includes("[y/N]"), { what: terminal.text });
    terminal.type("\n");
    expect(await terminal.status).toBe(1);
    expect(terminal.text()).toContain("Nothing was decided.");
    expect(operations.orders).toEqual([]);
  });

  it("asks again where more was held while somebody read", async () => {
    const operations = holding();
    const { stateDirectory } = await serve(operations);
    const terminal = startOnTerminal([verdict, "--state", stateDirectory]);
    const questions = () => terminal.text().split("[y/N]").length - 1;
    await until(() => questions() === 1, { what: terminal.text });
    const [www, ...others] = operations.sources;
    operations.sources.splice(0, Infinity, {
      ...www!,
      holds: [...www!.holds, held("rewrites", 5_000, 6_000, ["c.txt"])],
    });
    operations.sources.push(...others);
    terminal.type("y\n");
    await until(() => questions() === 2, { what: terminal.text });
    expect(operations.orders).toEqual([]);
    terminal.type("yes\n");
    expect(await terminal.status).toBe(0);
    expect(operations.orders).toEqual([[verdict, { source: "www" }]]);
    expect(terminal.text()).toContain("www: 5,000 rewritten files are");
  });
});

describe("confirm()", () => {
  it.each([
    ["y\n", true],
    ["YES\n", true],
    ["\n", false],
    ["n\n", false],
    ["yesterday\n", false],
    ["", false],
  ])("takes %j as %s", async (typed, agreed) => {
    const input = new PassThrough();
    const output = new PassThrough();
    input.end(typed);
    expect(await confirm("Really?", input, output)).toBe(agreed);
    expect(String(output.read())).toContain("Really? [y/N] ");
  });
});

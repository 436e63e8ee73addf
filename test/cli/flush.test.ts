import { describe, expect, it } from "vitest";
import { FakeOperations, fakeSource, fakeTarget } from "../control/fake-operations.js";
import { serve } from "../control/serving.js";
import { until } from "../support/until.js";
import { startTreecast, treecast } from "./treecast.js";

const two = () =>
  new FakeOperations(fakeSource("www", [fakeTarget("web2"), fakeTarget("web3", { owed: 1_204 })]));

describe("treecast flush", () => {
  it("waits for all targets of all daemons, and ends with 0 when all has arrived", async () => {
    const first = two();
    const second = new FakeOperations(fakeSource("mail", [fakeTarget("vault")]));
    const { stateDirectory } = await serve(first);
    await serve(second, stateDirectory);
    const args = ["flush", "--wait", "--all", "--state", stateDirectory];
    const { status, stdout, stderr } = await treecast(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.split("\n").sort().filter(Boolean)).toEqual([
      "mail → vault  arrived",
      "www → web2    arrived",
      "www → web3    arrived",
    ]);
    expect(first.orders).toEqual([["flush", { source: "www" }, 60_000]]);
    expect(second.orders).toEqual([["flush", { source: "mail" }, 60_000]]);
  });

  it("ends with 1 where a target is behind, and says which and why", async () => {
    const operations = two();
    operations.behind.set("web3", "the connection\nwas refused");
    const { stateDirectory } = await serve(operations);
    const args = ["flush", "www", "--timeout", "1.5s", "--state", stateDirectory];
    const { status, stdout } = await treecast(args);
    expect(status).toBe(1);
    expect(stdout).toBe(
      "www → web2  arrived\n" +
        "www → web3  behind: 1,204 paths owed; the connection was refused\n",
    );
    const json = await treecast([...args, "--json"]);
    expect(json.status).toBe(1);
    expect(JSON.parse(json.stdout)).toEqual([
      { source: "www", target: "web2", state: "arrived", reason: "", owed: 0 },
      {
        source: "www",
        target: "web3",
        state: "behind",
        reason: "the connection\nwas refused",
        owed: 1_204,
      },
    ]);
    expect((await treecast([...args, "--target", "web2"])).status).toBe(0);
    expect(operations.orders.map(([, ...details]) => details)).toEqual([
      [{ source: "www" }, 1_500],
      [{ source: "www" }, 1_500],
      [{ source: "www", target: "web2" }, 1_500],
    ]);
  });

  it("ends in the daemon, too, when it is interrupted", async () => {
    const operations = two();
    operations.stuck = true;
    const { stateDirectory } = await serve(operations);
    const flush = startTreecast(["flush", "--state", stateDirectory]);
    await until(() => operations.orders.length === 1);
    flush.kill("SIGINT");
    expect((await flush.ended).signal).toBe("SIGINT");
    await until(() => operations.aborted === 1, { what: "the daemon to hear of it" });
  });

  it("ends with 2 when it cannot ask, or is asked what it cannot do", async () => {
    const { stateDirectory } = await serve(two());
    const ask = (...words: string[]) => treecast(["flush", ...words, "--state", stateDirectory]);
    const answers = await Promise.all([
      ask("--target", "wab2"),
      ask("--timeout", "soon"),
      ask("--target", "web2", "--all"),
      treecast(["flush", "--state", "/nosuch"]),
    ]);
    expect(answers.map(({ status, stdout }) => [status, stdout])).toEqual(
      answers.map(() => [2, ""]),
    );
    expect(answers[0].stderr).toContain("Did you mean 'web2'?");
    expect(answers[1].stderr).toContain("Cannot use --timeout 'soon': expected a length of time");
  });
});

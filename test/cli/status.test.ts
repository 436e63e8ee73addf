import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  FakeOperations,
  downTarget,
  failedPath,
  fakeSource,
  fakeTarget,
  held,
} from "../control/fake-operations.js";
import { serve } from "../control/serving.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { startOnTerminal } from "./terminal.js";
import { startTreecast, treecast } from "./treecast.js";

const well = () => new FakeOperations(fakeSource("www", [fakeTarget("web2"), fakeTarget("web3")]));

interface StatusJson {
  readonly ok: boolean;
  readonly daemons: readonly {
    readonly pid: number;
    readonly sources: readonly {
      readonly name: string;
      readonly holds: readonly { readonly sample: readonly string[] }[];
      readonly targets: readonly { readonly name: string; readonly failed: number }[];
    }[];
  }[];
}

describe("treecast status", () => {
  it("shows every target of every daemon, and ends with 0 when all is well", async () => {
    const { stateDirectory } = await serve(well());
    await serve(new FakeOperations(fakeSource("mail", [fakeTarget("vault")])), stateDirectory);
    const { status, stdout, stderr } = await treecast(["status", "--state", stateDirectory]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const name of ["www", "web2", "web3", "mail", "vault"]) {
      expect(stdout).toMatch(new RegExp(`^ *(?:live +)?${name}  `, "m"));
    }
    expect(stdout.match(/^treecast 1\.2\.3, process \d+, /gm)).toHaveLength(2);
    expect(stdout).toMatch(/^All is well: 3 targets live\.$/m);
    // Nothing for a terminal where there is none.
    expect(stdout).not.toContain("\x1b");
  });

  it("ends with 1 when a target is down, and says why", async () => {
    const down = downTarget("web3", "Cannot replicate to web3: \x1b[31mrefused", { owed: 12_345 });
    const { stateDirectory } = await serve(
      new FakeOperations(fakeSource("www", [fakeTarget("web2"), down])),
    );
    const args = ["status", "--state", stateDirectory];
    const all = await treecast(args);
    expect(all.status).toBe(1);
    expect(all.stdout).toContain("  down         web3  rsync://backup@web3.example/www\n");
    expect(all.stdout).toContain("    Cannot replicate to web3: ?[31mrefused. Next try ");
    expect(all.stdout).toContain("owed 12,345");
    expect(all.stdout).toMatch(/^1 target is down\.$/m);
    // What was not asked about does not count.
    expect((await treecast([...args, "www", "web2"])).status).toBe(0);
    const address = "rsync://backup@web3.example:873/www";
    expect((await treecast([...args, "/srv/www", address])).status).toBe(1);
  });

  it("prints JSON with paths as people read them", async () => {
    const target = fakeTarget("web2", { failed: [failedPath("é", "denied")] });
    const hold = held("deletes", 1_200, 2_000, ["\xc3\xa9", "b\xff"]);
    const { stateDirectory } = await serve(
      new FakeOperations(fakeSource("www", [target, fakeTarget("web3")], { holds: [hold] })),
    );
    const args = ["status", "www", "web2", "--json", "--state", stateDirectory];
    const { status, stdout } = await treecast(args);
    const answer = JSON.parse(stdout) as StatusJson;
    expect(status).toBe(1);
    expect(answer).toMatchObject({
      ok: false,
      unanswered: [],
      daemons: [
        {
          pid: process.pid,
          sources: [
            {
              name: "www",
              holds: [{ sample: ["é", "b\\xff"] }],
              targets: [{ name: "web2", failed: 1, state: "live", owed: 0 }],
            },
          ],
        },
      ],
    });
    expect(answer.daemons[0]?.sources[0]?.targets).toHaveLength(1);
  });

  it("shows those that answer beside one that does not, and ends with 2", async () => {
    const operations = well();
    const { stateDirectory } = await serve(operations);
    const socket = join(stateDirectory, "control", "4711-00.sock");
    const strange = createServer((_, response) => void response.end("no JSON")).listen(socket);
    onTestFinished(() => void strange.close());
    await until(() => existsSync(socket));
    const ask = (...words: string[]) => treecast([...words, "--state", stateDirectory]);
    const { status, stdout, stderr } = await ask("status");
    expect(status).toBe(2);
    expect(stdout).toContain("All is well: 2 targets live.");
    expect(stderr).toContain("Cannot understand the daemon (process 4711): expected JSON");
    expect(JSON.parse((await ask("status", "--json")).stdout)).toMatchObject({ ok: false });
    // All of them cannot be waited for; the one that is there can.
    expect(await ask("flush")).toMatchObject({ status: 2, stdout: "" });
    expect((await ask("flush", "www")).status).toBe(0);
    expect((await ask("flush", "elsewhere")).stderr).toContain("process 4711");
    expect(operations.orders).toEqual([["flush", { source: "www" }, 60_000]]);
  });

  it("finds the daemon by its configuration, or where state is kept by itself", async () => {
    const { stateDirectory } = await serve(well());
    const directory = makeTempDir();
    const file = join(directory, "treecast.yaml");
    const source = `sources:\n  - path: ${directory}\n    targets: [/mnt/never]\n`;
    writeFileSync(file, `state: ${stateDirectory}\n${source}`);
    expect((await treecast(["status", "-c", file])).status).toBe(0);
    expect((await treecast(["status"], { cwd: directory })).status).toBe(0);
    const env = { STATE_DIRECTORY: stateDirectory };
    expect((await treecast(["status"], { cwd: makeTempDir(), env })).status).toBe(0);
  });

  it("ends with 2 where nobody answers, and says whom it asked", async () => {
    const state = makeTempDir();
    const { status, stdout, stderr } = await treecast(["status", "--state", state]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toBe(
      `treecast: Cannot ask a running treecast: none answers for '${state}'\n` +
        "  Is `treecast run` running, by this user, with this state directory?\n",
    );
  });

  it("ends with 2 at an unknown name, and suggests one", async () => {
    const { stateDirectory } = await serve(well());
    const ask = (...words: string[]) => treecast(["status", ...words, "--state", stateDirectory]);
    expect(await ask("wwww")).toMatchObject({
      status: 2,
      stderr: "treecast: Cannot find a source 'wwww'\n  Did you mean 'www'?\n",
    });
    expect((await ask("www", "web22")).stderr).toContain("Did you mean 'web2'?");
    expect((await ask("web3")).stderr).toContain("It is a target of 'www'.");
  });

  it("refuses --watch without a terminal, but for JSON: one line each second", async () => {
    const { stateDirectory } = await serve(well());
    const args = ["status", "--watch", "--state", stateDirectory];
    expect(await treecast(args)).toMatchObject({ status: 2, stdout: "" });
    const watching = startTreecast([...args, "--json"]);
    await until(() => watching.stdout().split("\n").length > 2, { what: "two lines" });
    watching.kill("SIGINT");
    await watching.ended;
    for (const line of watching.stdout().trim().split("\n")) {
      expect((JSON.parse(line) as StatusJson).ok).toBe(true);
    }
  });

  it("draws itself again on a terminal, in colour, and waits for a daemon that is gone", async () => {
    const operations = well();
    const server = await serve(operations);
    const { stateDirectory } = server;
    const terminal = startOnTerminal(["status", "--watch", "--state", stateDirectory]);
    await until(() => terminal.text().includes("All is well: 2 targets live."));
    expect(terminal.text()).toContain("\x1b[32mlive\x1b[39m");
    operations.sources[0] = fakeSource("www", [downTarget("web2", "Refused.")]);
    await until(() => terminal.text().includes("1 target is down."));
    await server.close();
    await until(() => terminal.text().includes("Cannot ask a running treecast"));
    operations.sources[0] = fakeSource("www", [fakeTarget("back")]);
    await serve(operations, stateDirectory);
    await until(() => terminal.text().includes("All is well: 1 target live."));
    for (const line of terminal.text().split(/\r?\n/)) {
      // eslint-disable-next-line no-control-regex -- escapes have no width
      expect(line.replace(/\x1b\[[\d;]*[A-Za-z]/g, "").length).toBeLessThanOrEqual(80);
    }
    terminal.signal("SIGINT");
    expect(await terminal.status).not.toBe(0);
  });
});

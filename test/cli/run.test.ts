import { spawn } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { descendantsOf, processesNaming } from "../support/processes.js";
import { startRsyncd } from "../support/rsyncd.js";
import { startSshd } from "../support/sshd.js";
import { until } from "../support/until.js";
import { MAIN, startTreecast, treecast } from "./treecast.js";
import { makeTree } from "./tree.js";

function configured(tree: ReturnType<typeof makeTree>, targets: readonly string[]): string {
  const file = join(tree.base, "treecast.yaml");
  const lines = [
    `state: ${tree.base}/state`,
    "sources:",
    "  - name: www",
    `    path: ${tree.source}`,
    "    targets:",
    ...targets.map((target) => `      - ${target}`),
    "",
  ];
  writeFileSync(file, lines.join("\n"));
  return file;
}

describe("treecast run", () => {
  it("replicates live to a module with a password and to a path, and ends with 0 at SIGTERM", async () => {
    const tree = makeTree({ "a.txt": "first", "d/b.txt": "b" });
    const module = join(tree.base, "module");
    const rsyncd = await startRsyncd({
      modules: { www: { path: module, "auth users": "up" } },
      users: { up: "s3cret" },
    });
    const run = startTreecast([
      "run",
      tree.source,
      `rsync://up@127.0.0.1:${rsyncd.port}/www`,
      tree.replica,
      "--password-file",
      rsyncd.passwordFile("s3cret"),
      "--exclude",
      "*.log",
    ]);
    const atModule = (path: string) => readOrNothing(join(module, path));
    await until(() => tree.read("d/b.txt") === "b" && atModule("d/b.txt") === "b");
    tree.write("a.txt", "second");
    tree.write("new/c.txt", "c");
    tree.write("x.log", "stays here");
    rmSync(join(tree.source, "d"), { recursive: true });
    for (const read of [tree.read, atModule]) {
      await until(() => read("a.txt") === "second" && read("new/c.txt") === "c");
      await until(() => read("d/b.txt") === undefined);
      expect(read("x.log")).toBeUndefined();
    }
    const children = descendantsOf(run.pid);
    expect(children.length).toBeGreaterThan(0);
    run.kill("SIGTERM");
    expect(await run.ended).toMatchObject({ status: 0, signal: null, stdout: "" });
    expect(run.stderr()).not.toContain("s3cret");
    expect(await run.logged("stopped")).toMatchObject({ owed: 0 });
    expect(processesNaming(tree.replica)).toEqual([]);
    const clients = processesNaming(String(rsyncd.port)).filter(
      (each) => !each.arguments.includes("--daemon"),
    );
    expect(clients).toEqual([]);
  });

  it("reads the configuration again at SIGHUP, and keeps the old one when the new one is wrong", async () => {
    const tree = makeTree();
    const second = join(tree.base, "second");
    const file = configured(tree, [tree.replica]);
    const run = startTreecast(["run", "-c", file]);
    await until(() => tree.read("a.txt"));

    appendFileSync(file, "    portt: 3\n  - path: /x\n    targets: [ssh://]\n");
    run.kill("SIGHUP");
    const refused = await run.logged("reload", ({ level }) => level === "error");
    expect(refused["msg"]).toMatch(
      /^Not reloaded, everything goes on as before: .*2 problems\n.*portt.*\n.*ssh:/s,
    );
    tree.write("b.txt");
    await until(() => tree.read("b.txt"));

    configured(tree, [tree.replica, second]);
    run.kill("SIGHUP");
    expect(await run.logged("reload", ({ level }) => level === "info")).toMatchObject({
      changed: ["www"],
      added: [],
      removed: [],
    });
    await until(() => readOrNothing(join(second, "b.txt")));
    run.kill("SIGINT");
    expect(await run.ended).toMatchObject({ status: 0 });
  });

  it("lets go of a log file that was rotated at SIGHUP", async () => {
    const tree = makeTree();
    const log = join(tree.base, "log/treecast.log");
    const run = startTreecast(["run", "-c", configured(tree, [tree.replica]), "--log-file", log]);
    await until(() => tree.read("a.txt"));
    renameSync(log, `${log}.1`);
    run.kill("SIGHUP");
    await until(() => readOrNothing(log)?.includes("Reloaded"));
    tree.write("after.txt");
    await until(() => readOrNothing(log)?.includes("after.txt"));
    expect(readFileSync(`${log}.1`, "utf8")).not.toContain("after.txt");
    run.kill("SIGINT");
    expect((await run.ended).stderr).toBe("");
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends at once at a second %s, with %i and no rsync left", async (signal, status) => {
    const tree = makeTree({});
    const run = startTreecast([
      ...["run", tree.source, tree.replica, "--bandwidth", "16KiB", "--grace", "1h"],
    ]);
    await run.logged("target-state", ({ msg }) => msg === "Up to date");
    tree.write("slow.bin", "x".repeat(4_000_000));
    // A run that is at work and will be for minutes.
    await until(() => processesNaming(tree.replica).length > 0);
    await until(() => descendantsOf(run.pid).some(({ parent }) => parent !== run.pid));
    run.kill(signal);
    await run.logged("stopping");
    run.kill(signal);
    expect(await run.ended).toMatchObject({ status });
    await until(() => processesNaming(tree.replica).length === 0);
  });

  it("leaves no rsync behind when it dies of an uncaught error", async () => {
    const tree = makeTree({ "a.txt": "a" });
    const fault = join(tree.base, "fault.mjs");
    // The error comes from where nobody expects it, when a file says so.
    writeFileSync(
      fault,
      `import { existsSync } from "node:fs";
       setInterval(() => {
         if (existsSync(${JSON.stringify(join(tree.base, "now"))})) throw new Error("made for this test");
       }, 10).unref();`,
    );
    const run = startTreecast(["run", tree.source, tree.replica], {
      env: { NODE_OPTIONS: `--import=${fault}` },
    });
    await run.logged("target-state", ({ msg }) => msg === "Up to date");
    await until(() => descendantsOf(run.pid).length > 0);
    writeFileSync(join(tree.base, "now"), "");
    expect(await run.ended).toMatchObject({ status: 70 });
    expect(run.stderr()).toContain("treecast: Internal fault: made for this test");
    expect(run.stderr()).not.toContain("    at ");
    await until(() => processesNaming(tree.replica).length === 0);
  });

  it("leaves no rsync behind when it is killed", async () => {
    const tree = makeTree();
    const run = startTreecast(["run", tree.source, tree.replica]);
    await until(() => tree.read("a.txt"));
    expect(processesNaming(tree.replica).length).toBeGreaterThan(0);
    run.kill("SIGKILL");
    expect(await run.ended).toMatchObject({ signal: "SIGKILL" });
    await until(() => processesNaming(tree.replica).length === 0);
  });

  it("leaves neither ssh nor its shared connection behind at a second signal", async () => {
    const tree = makeTree();
    const sshd = await startSshd();
    const run = startTreecast([
      ...["run", tree.source, `ssh://127.0.0.1:${sshd.port}${tree.replica}`, "--grace", "1h"],
      ...["--ssh-identity", sshd.client.identity, "--ssh-known-hosts", sshd.client.knownHosts],
      ...["--ssh-option=-F", "--ssh-option=none", "--bandwidth", "16KiB"],
    ]);
    await until(() => tree.read("a.txt"));
    tree.write("slow.bin", "x".repeat(4_000_000));
    await until(() => readdirSync(tree.replica).some((name) => name.startsWith(".slow.bin.")));
    const ours = () =>
      processesNaming(sshd.client.identity).filter((each) => !each.arguments.includes("-D"));
    expect(ours().length).toBeGreaterThan(0);
    run.kill("SIGINT");
    await run.logged("stopping");
    run.kill("SIGINT");
    expect(await run.ended).toMatchObject({ status: 130 });
    await until(() => ours().length === 0);
  });

  it("refuses a reload whose log file cannot be opened as a whole", async () => {
    const tree = makeTree();
    const second = join(tree.base, "second");
    const file = configured(tree, [tree.replica]);
    const run = startTreecast(["run", "-c", file]);
    await until(() => tree.read("a.txt"));
    configured(tree, [tree.replica, second]);
    appendFileSync(file, `log: { file: ${tree.source} }\n`);
    run.kill("SIGHUP");
    expect(await run.logged("reload")).toMatchObject({
      level: "error",
      msg: expect.stringContaining(`Cannot open the log file '${tree.source}'`) as unknown,
    });
    configured(tree, [tree.replica, second]);
    run.kill("SIGHUP");
    // Had the first one been applied in part, nothing would have changed now.
    expect(await run.logged("reload", ({ level }) => level === "info")).toMatchObject({
      changed: ["www"],
    });
    run.kill("SIGTERM");
    expect(await run.ended).toMatchObject({ status: 0 });
  });

  it("stops at a hang-up where it has no file to read again", async () => {
    const tree = makeTree();
    const run = startTreecast(["run", tree.source, tree.replica]);
    await until(() => tree.read("a.txt"));
    run.kill("SIGHUP");
    expect(await run.ended).toMatchObject({ status: 0 });
  });

  it("cannot start with 3 where the source is missing, and says so once", async () => {
    const tree = makeTree();
    const { status, stderr } = await treecast(["run", join(tree.base, "nosuch"), tree.replica]);
    expect(status).toBe(3);
    expect(stderr).toMatch(/treecast: Cannot open the source '.*nosuch'\n {2}It must be/);
    expect(stderr.match(/Cannot open/g)).toHaveLength(1);
  });

  it("goes on where one of two sources is missing", async () => {
    const tree = makeTree();
    const file = configured(tree, [tree.replica]);
    appendFileSync(file, `  - path: ${tree.base}/later\n    targets: [${tree.base}/later-copy]\n`);
    const run = startTreecast(["run", "-c", file]);
    await until(() => tree.read("a.txt"));
    expect(await run.logged("source-state", ({ level }) => level === "error")).toMatchObject({
      source: "later",
      msg: expect.stringContaining("Cannot open the source") as unknown,
    });
    mkdirSync(join(tree.base, "later"));
    writeFileSync(join(tree.base, "later/x"), "x");
    await until(() => readOrNothing(join(tree.base, "later-copy/x")));
    run.kill("SIGTERM");
    expect(await run.ended).toMatchObject({ status: 0 });
  });

  it("refuses a second run of the same source with 3", async () => {
    const tree = makeTree();
    const args = ["run", tree.source, tree.replica, "--state", join(tree.base, "state")];
    const run = startTreecast(args);
    await until(() => tree.read("a.txt"));
    const { status, stderr } = await treecast(args);
    expect(status).toBe(3);
    expect(stderr).toContain(`process ${run.pid} does`);
    run.kill("SIGINT");
    await run.ended;
  });

  it("refuses what would do harm with 2", async () => {
    const tree = makeTree();
    const { status, stderr } = await treecast(["run", tree.source, join(tree.source, "in")]);
    expect(status).toBe(2);
    expect(stderr).toContain("the target lies inside its source");
  });

  it("refuses settings beside a file, and asks for a target, with 2", async () => {
    const tree = makeTree();
    const file = configured(tree, [tree.replica]);
    const mixed = await treecast(["run", "-c", file, "--deletes", "never"]);
    expect(mixed).toMatchObject({ status: 2 });
    expect(mixed.stderr).toContain("Cannot use --deletes together with a configuration file");
    const alone = await treecast(["run", tree.source]);
    expect(alone).toMatchObject({ status: 2 });
    expect(alone.stderr).toContain("at least one TARGET");
    const both = await treecast(["run", tree.source, tree.replica, "-c", file]);
    expect(both).toMatchObject({ status: 2 });
    const nothing = await treecast(["run"], { cwd: tree.source });
    expect(nothing).toMatchObject({ status: 2 });
    expect(nothing.stderr).toContain("`treecast init` writes a file");
    const grace = await treecast(["run", tree.source, tree.replica, "--grace", "10"]);
    expect(grace).toMatchObject({ status: 2 });
    expect(grace.stderr).toContain("expected a length of time such as 10s");
  });

  it("tells all that is wrong with its options, by their names", async () => {
    const tree = makeTree();
    const { status, stderr } = await treecast([
      ...["run", tree.source, tree.replica, "--pace", "5", "--rsync-option=--delete"],
      ...["--deletes", "perhaps"],
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain("--pace: ");
    expect(stderr).toContain("--rsync-option: Cannot use the rsync option '--delete'");
    expect(stderr).toContain("--deletes: expected mirror, never");
  });

  it("finds treecast.yaml in the working directory", async () => {
    const tree = makeTree();
    configured(tree, [tree.replica]);
    const run = startTreecast(["run"], { cwd: tree.base });
    await until(() => tree.read("a.txt"));
    run.kill("SIGINT");
    expect(await run.ended).toMatchObject({ status: 0 });
  });

  it("does not compare at the start with --no-initial, and replicates all the same", async () => {
    const tree = makeTree({ "old.txt": "old" });
    const run = startTreecast(["run", tree.source, tree.replica, "--no-initial"]);
    await run.logged("target-state", ({ msg }) => msg === "Up to date");
    tree.write("new.txt", "new");
    await until(() => tree.read("new.txt") === "new");
    expect(tree.read("old.txt")).toBeUndefined();
    run.kill("SIGINT");
    await run.ended;
  });

  it("says what it kept at first contact, and deletes it with --adopt", async () => {
    const tree = makeTree();
    mkdirSync(tree.replica);
    writeFileSync(join(tree.replica, "theirs"), "theirs");
    const args = ["run", tree.source, tree.replica, "--state", join(tree.base, "state")];
    const careful = startTreecast(args);
    expect(await careful.logged("kept")).toMatchObject({ level: "warn", keptSample: ["theirs"] });
    careful.kill("SIGINT");
    await careful.ended;
    expect(tree.read("theirs")).toBe("theirs");
    const adopting = startTreecast([...args, "--adopt"]);
    await until(() => tree.read("theirs") === undefined);
    adopting.kill("SIGINT");
    await adopting.ended;
  });

  it("replicates on when nobody reads its log any more", async () => {
    const tree = makeTree();
    const run = startTreecast(["run", tree.source, tree.replica]);
    await until(() => tree.read("a.txt"));
    run.process.stderr?.destroy();
    for (const name of ["1", "2", "3"]) {
      tree.write(name, name);
      await until(() => tree.read(name) === name);
    }
    run.kill("SIGTERM");
    expect(await run.ended).toMatchObject({ status: 0 });
  });

  it("writes text with colour on a terminal, and none with NO_COLOR", async () => {
    const onTerminal = async (env: Record<string, string>) => {
      const tree = makeTree();
      const state = join(tree.base, "state");
      const log = join(tree.base, "typescript");
      // util-linux's script gives the program a terminal; the command is made of our own words only.
      const command = `exec ${process.execPath} ${MAIN} run ${tree.source} ${tree.replica} --state ${state}`;
      const terminal = spawn("script", ["-qefc", command, log], {
        stdio: "ignore",
        env: { PATH: process.env["PATH"], HOME: tree.base, TERM: "xterm", ...env },
      });
      const ended = new Promise((resolve) => terminal.once("exit", resolve));
      await until(() => readOrNothing(log)?.includes("a.txt"), {
        what: () => readOrNothing(log) ?? "nothing",
      });
      const [program] = processesNaming(MAIN).filter((each) =>
        each.arguments.includes(tree.source),
      );
      process.kill(program?.pid ?? 0, "SIGINT");
      await ended;
      return readFileSync(log, "utf8");
    };
    const [coloured, plain] = await Promise.all([onTerminal({}), onTerminal({ NO_COLOR: "1" })]);
    // eslint-disable-next-line no-control-regex -- the escape is what is looked for
    expect(coloured).toMatch(/\x1b\[2m\d\d:\d\d:\d\d\.\d{3}\x1b\[22m {2}\x1b\[36msource → /);
    expect(coloured).toContain("Stopped; nothing was owed");
    expect(plain).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}source → /m);
    expect(plain).not.toContain("\x1b[");
  });
});

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { processesNaming } from "../support/processes.js";
import { freePort } from "../support/ports.js";
import { startRsyncd } from "../support/rsyncd.js";
import { startSshd } from "../support/sshd.js";
import { until } from "../support/until.js";
import { MAIN, startTreecast, treecast } from "./treecast.js";
import { makeTree } from "./tree.js";

interface Summary {
  readonly complete: boolean;
  readonly errors: readonly { code: string }[];
  readonly targets: readonly (Record<string, unknown> & {
    readonly failed: readonly { path: string; reason: string }[];
  })[];
}

describe("treecast sync", () => {
  it("makes replicas of every kind equal, and ends with 0", async () => {
    const tree = makeTree({ "a.txt": "a", "d/b.txt": "b", "x.tmp": "x" });
    const module = join(tree.base, "module");
    const [rsyncd, sshd] = await Promise.all([
      startRsyncd({
        modules: { www: { path: module, "auth users": "up" } },
        users: { up: "s3cret" },
      }),
      startSshd(),
    ]);
    const overSsh = join(tree.base, "over-ssh");
    const { status, stdout, stderr } = await treecast([
      "sync",
      tree.source,
      `rsync://up@127.0.0.1:${rsyncd.port}/www/sub`,
      `ssh://127.0.0.1:${sshd.port}${overSsh}`,
      tree.replica,
      ...["--password-file", rsyncd.passwordFile("s3cret"), "--exclude", "*.tmp"],
      ...["--ssh-identity", sshd.client.identity, "--ssh-known-hosts", sshd.client.knownHosts],
      ...["--ssh-option=-F", "--ssh-option=none"],
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.match(/: equal; /g)).toHaveLength(3);
    for (const place of [join(module, "sub"), overSsh, tree.replica]) {
      const { stdout: differences } = spawnSync(
        "rsync",
        [
          "-ani",
          "--delete",
          "--exclude=*.tmp",
          "--exclude=/.treecast-replica",
          `${tree.source}/`,
          `${place}/`,
        ],
        { encoding: "utf8" },
      );
      expect(differences).toBe("");
    }
    expect(tree.read("x.tmp")).toBeUndefined();
    expect(processesNaming(tree.base).filter((each) => !each.arguments.includes("-D"))).toEqual([]);
  });

  it("prints a summary as JSON", async () => {
    const tree = makeTree({ "a.txt": "a", "b.txt": "b" });
    mkdirSync(tree.replica);
    writeFileSync(join(tree.replica, "theirs"), "");
    const args = ["sync", tree.source, tree.replica, "--json", "--state", join(tree.base, "state")];
    const first = await treecast(args);
    expect(first.status).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({
      complete: true,
      errors: [],
      targets: [
        {
          source: "source",
          target: tree.replica,
          complete: true,
          failed: [],
          owed: 0,
          kept: 1,
        },
      ],
    });
    const [one] = (JSON.parse(first.stdout) as Summary).targets;
    // The root's own times may be a third.
    expect(one?.["differences"]).toBeGreaterThanOrEqual(2);
    // A directory that two runs touched is named once more: it is no difference of the pass.
    expect(one?.["delivered"]).toBeGreaterThanOrEqual(one?.["differences"] as number);
    expect(one?.["delivered"]).toBeLessThanOrEqual((one?.["differences"] as number) + 1);
    // What was kept is the only thing worth a word.
    expect(first.stderr).toContain("Kept 1 entry");
    const second = JSON.parse((await treecast(args)).stdout) as Summary;
    expect(second.targets[0]).toMatchObject({ differences: 0, delivered: 0, kept: 1 });
  });

  it("gives up a target that cannot be reached, serves the others, and ends with 1", async () => {
    const tree = makeTree();
    const nobody = `rsync://up@127.0.0.1:${await freePort()}/www`;
    const { status, stdout, stderr } = await treecast(["sync", tree.source, nobody, tree.replica]);
    expect(status).toBe(1);
    expect(tree.read("a.txt")).toBe("a\n");
    expect(stdout).toContain(`source → ${tree.replica}: equal`);
    expect(stdout).toContain(`source → ${nobody}: not equal`);
    expect(stdout).toContain("the connection was refused");
    expect(stderr.match(/the connection was refused/g)).toHaveLength(1);
  });

  it("names the paths a target would not take, delivers the rest, and ends with 1", async () => {
    const tree = makeTree({ "good.txt": "g", "bad/inside.txt": "b" });
    // A file that rsync cannot replace: immutable would need a special file system, a mount does not.
    mkdirSync(join(tree.replica, "bad/inside.txt"), { recursive: true });
    const mounted = join(tree.replica, "bad/inside.txt");
    const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", mounted]);
    expect(mount.status).toBe(0);
    try {
      const { status, stdout } = await treecast(["sync", tree.source, tree.replica, "--json"]);
      expect(status).toBe(1);
      const { complete, targets } = JSON.parse(stdout) as Summary;
      expect(complete).toBe(false);
      expect(targets[0]?.failed.map(({ path }) => path)).toEqual(["bad/inside.txt"]);
      expect(tree.read("good.txt")).toBe("g");
    } finally {
      spawnSync("umount", [mounted]);
    }
  });

  it("only says what differs in a dry run", async () => {
    const tree = makeTree({
      "same.txt": "s",
      "new/n.txt": "n",
      "changed.txt": "new",
      "mode.txt": "m",
    });
    mkdirSync(tree.replica);
    spawnSync("rsync", ["-a", "--exclude=new", `${tree.source}/`, `${tree.replica}/`]);
    writeFileSync(join(tree.replica, "changed.txt"), "older");
    chmodSync(join(tree.replica, "mode.txt"), 0o600);
    writeFileSync(join(tree.replica, "extra.log"), "");
    writeFileSync(join(tree.replica, "extra.txt"), "");
    writeFileSync(join(tree.source, "left-out.log"), "");
    for (const root of [tree.source, tree.replica]) utimesSync(root, 1, 1);
    const args = ["sync", tree.source, tree.replica, "-n", "--filter", "- re:\\.log$"];
    const { status, stdout } = await treecast(args);
    expect(status).toBe(0);
    const [title, ...lines] = stdout.trimEnd().split("\n");
    expect(title).toBe(`source → ${tree.replica}: 5 differences`);
    expect(lines.sort()).toEqual([
      "+ new/",
      "+ new/n.txt",
      "- extra.txt",
      ". mode.txt",
      "~ changed.txt",
    ]);
    expect(tree.read("new/n.txt")).toBeUndefined();
    const json = JSON.parse((await treecast([...args, "--json"])).stdout) as {
      targets: { differences: { path: string; what: string }[] }[];
    };
    expect(json.targets[0]?.differences).toContainEqual({
      path: "changed.txt",
      what: "content",
      isDirectory: false,
      properties: ["size", "time"],
    });
  });

  it("ends a dry run with 1 where a target cannot be compared", async () => {
    const tree = makeTree();
    const nobody = `rsync://up@127.0.0.1:${await freePort()}/www`;
    const { status, stdout } = await treecast(["sync", "-n", tree.source, nobody, tree.replica]);
    expect(status).toBe(1);
    expect(stdout).toContain("not compared to the end: Cannot replicate to");
    expect(stdout).toContain("+ a.txt");
  });

  it("goes on with other sources where one is missing, and ends with 1", async () => {
    const tree = makeTree();
    const file = join(tree.base, "treecast.yaml");
    writeFileSync(
      file,
      `state: ${tree.base}/state
sources:
  - { path: ${tree.base}/nosuch, targets: [${tree.base}/copy] }
  - { path: ${tree.source}, targets: [${tree.replica}] }
`,
    );
    const { status, stdout } = await treecast(["sync", "-c", file, "--json"]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      complete: false,
      errors: [{ code: "ROOT_MISSING" }],
      targets: [{ complete: true }],
    });
    const alone = await treecast(["sync", join(tree.base, "nosuch"), tree.replica]);
    expect(alone).toMatchObject({ status: 3, stdout: "" });
  });

  it("is refused with 3 while treecast run has the source", async () => {
    const tree = makeTree();
    const args = [tree.source, tree.replica, "--state", join(tree.base, "state")];
    const run = startTreecast(["run", ...args]);
    await until(() => tree.read("a.txt"));
    const { status, stderr } = await treecast(["sync", ...args]);
    expect(status).toBe(3);
    expect(stderr).toContain(`process ${run.pid} does`);
    run.kill("SIGINT");
    await run.ended;
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("broken off by %s ends with %i and leaves no rsync", async (signal, status) => {
    const tree = makeTree({ "slow.bin": "x".repeat(4_000_000) });
    const sync = startTreecast(["sync", tree.source, tree.replica, "--bandwidth", "16KiB", "-v"]);
    await until(() => /[12] differences?/.test(sync.stderr()));
    await until(() => readdirSync(tree.replica).some((name) => name.startsWith(".slow.bin.")));
    sync.kill(signal);
    expect(await sync.ended).toMatchObject({ status });
    await until(() => processesNaming(tree.replica).length === 0);
  });

  it("draws a bar on a terminal and takes it away at the end", () => {
    const files = Object.fromEntries(
      Array.from({ length: 400 }, (_, at) => [`f${at}`, "x".repeat(9000)]),
    );
    const tree = makeTree(files);
    const log = join(tree.base, "typescript");
    const state = join(tree.base, "state");
    const command = `exec ${process.execPath} ${MAIN} sync ${tree.source} ${tree.replica} --state ${state} --bandwidth 2MiB`;
    const { status } = spawnSync("script", ["-qefc", command, log], {
      env: { PATH: process.env["PATH"], HOME: tree.base, TERM: "xterm" },
    });
    expect(status).toBe(0);
    const text = readFileSync(log, "utf8");
    expect(text).toMatch(/[█░].*\d+ % {2}\d+ of 40\d/);
    // The last thing drawn over is a bar; what stays is the summary.
    const last = text.slice(text.lastIndexOf("\x1b[J"));
    expect(last).toContain("equal");
    expect(last).not.toContain("█");
    rmSync(tree.replica, { recursive: true });
  });
});

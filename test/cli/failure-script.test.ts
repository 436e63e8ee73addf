import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failureScript } from "../../src/cli/failure-script.js";
import { loadText } from "../../src/config/load.js";
import type { RunsByHand } from "../../src/control/operations.js";
import { compileFilter } from "../../src/filter/filter.js";
import { type RelativePath, displayPath } from "../../src/model/path.js";
import { failedRuns } from "../../src/replicate/failed-runs.js";
import { createLook } from "../../src/transfer/look.js";
import { startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { startTreecast, treecast } from "./treecast.js";
import { makeTree } from "./tree.js";

/** Latin1. Each would do harm, or be another name, where it is not taken as it is. */
const HOSTILE = [
  "plain.txt",
  "$(touch HARM)",
  "`touch HARM`",
  "two words",
  "new\nline; touch HARM",
  "'; touch HARM; '",
  '"$HOME"',
  "-rf",
  "--files-from=x",
  "#comment",
  "100%s \\n \\000 \\c",
  "not utf-8 \xff\xfe",
  "\xc3\xa9\xe2\x80\xae",
  "\x01\x7f\r\t",
  "d/$(touch HARM)/*",
  "*",
  "[a-z]?",
  ";",
  "12",
  "\x0112",
] as const;

const NOBODY = 65_534;

function bytes(directory: string, name: string): Buffer {
  return Buffer.from(`${directory}/${name}`, "latin1");
}

function write(directory: string, name: string, content: string): void {
  const above = name.slice(0, Math.max(0, name.lastIndexOf("/")));
  mkdirSync(bytes(directory, above), { recursive: true });
  writeFileSync(bytes(directory, name), content);
}

/** Contents by names, latin1. */
function contents(directory: string): Record<string, string> {
  const entries = readdirSync(directory, { encoding: "buffer", withFileTypes: true });
  return Object.fromEntries(
    entries
      .map(({ name }) => name.toString("latin1"))
      .filter((name) => name !== ".treecast-replica" && name !== "d")
      .map((name) => [name, readFileSync(bytes(directory, name), "utf8")]),
  );
}

function runScript(shell: string, script: string | Buffer) {
  const file = join(makeTempDir("treecast-script-"), "by-hand.sh");
  writeFileSync(file, typeof script === "string" ? Buffer.from(script, "latin1") : script);
  const cwd = makeTempDir("treecast-script-cwd-");
  const { status, stdout, stderr } = spawnSync(shell, [file], { cwd, encoding: "utf8" });
  expect(readdirSync(cwd)).toEqual([]);
  return { status, stdout, stderr };
}

async function byHand(
  source: string,
  target: string,
  paths: readonly string[],
  more: Partial<Parameters<typeof failedRuns>[1]> = {},
): Promise<RunsByHand> {
  const yaml = JSON.stringify({ sources: [{ path: "/s", targets: [target] }] });
  const config = await loadText(yaml, "/treecast.yaml");
  const settings = config.sources[0]!.targets[0]!;
  const runs = failedRuns(paths as readonly RelativePath[], {
    source,
    settings,
    filter: compileFilter(["- *.secret"]),
    look: createLook(source),
    missing: "send",
    spares: () => false,
    ...more,
  });
  const failures = paths.map((path) => ({
    source: "www",
    target: "web2\n'; touch HARM #",
    path,
    shown: displayPath(path),
    reason: "rsync: denied\n$(touch HARM)",
    attempts: 3,
    retryAt: 0,
  }));
  return { source: "www", target: "web2\n'; touch HARM #", address: target, failures, ...runs };
}

describe("failureScript()", () => {
  it.each(["/bin/sh", "/bin/bash"])(
    "delivers files of any name when %s runs it, and does nothing else",
    async (shell) => {
      const base = makeTempDir("treecast-script-");
      // The root's own name is in the script, too.
      const source = `${base}/it's $(touch HARM)\n\xff`;
      mkdirSync(Buffer.from(source, "latin1"));
      for (const name of HOSTILE) write(source, name, `content of ${name}`);
      const replica = join(base, "replica");
      mkdirSync(replica);
      const script = failureScript([await byHand(source, replica, HOSTILE)], 0);
      const { status, stderr } = runScript(shell, script);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      for (const name of HOSTILE) {
        expect(readFileSync(bytes(replica, name), "utf8"), name).toBe(`content of ${name}`);
      }
      const every = (directory: string) =>
        spawnSync("find", [directory, "-name", "HARM"], { encoding: "utf8" }).stdout;
      expect(every(base)).toBe("");
    },
  );

  it("deletes what is gone and nothing else, whatever has become of the source meanwhile", async () => {
    const base = makeTempDir("treecast-script-");
    const [source, replica] = [join(base, "source"), join(base, "replica")];
    mkdirSync(source);
    mkdirSync(join(source, "kept"));
    write(source, "here", "here");
    for (const name of ["here", "kept/x", "gone", "gone-too/below/$(x)", "gone-too/my.secret"]) {
      write(replica, name, "old");
    }
    const paths = ["here", "kept", "gone", "gone-too/below/$(x)", "spared"];
    const of = await byHand(source, replica, paths, { spares: (path) => path === "spared" });
    expect(of.leftOut).toEqual(["spared"]);
    // As where a disk is not mounted any more.
    rmSync(source, { recursive: true });
    mkdirSync(source);
    const { status } = runScript("/bin/sh", failureScript([of], 0));
    expect(status).toBe(0);
    expect(existsSync(join(replica, "gone"))).toBe(false);
    expect(existsSync(join(replica, "gone-too/below"))).toBe(false);
    // What the filter excludes is spared, and what was there when the script was made is only sent.
    expect(readFileSync(join(replica, "gone-too/my.secret"), "utf8")).toBe("old");
    expect(readFileSync(join(replica, "here"), "utf8")).toBe("old");
    expect(readFileSync(join(replica, "kept/x"), "utf8")).toBe("old");
  });

  it.each(["hold", "drop"] as const)(
    "leaves deletions out where they are on %s",
    async (missing) => {
      const base = makeTempDir("treecast-script-");
      const of = await byHand(base, "/replica", ["gone\nnow"], { missing });
      expect(of).toMatchObject({ runs: [], leftOut: ["gone\nnow"] });
      expect(failureScript([of], 0)).toContain("#   Nothing is done for gone\\nnow: ");
    },
  );

  it("never holds a password, and says where it must come from", async () => {
    const of = await byHand(makeTempDir(), "rsync://up@127.0.0.1:1/m", [""]);
    const lines = (password: RunsByHand["password"]) =>
      failureScript([{ ...of, password }], 0)
        .split("\n")
        .filter((line) => line.startsWith("  } |"))
        .map((line) => line.split(" -")[0]);
    expect(lines(undefined)).toEqual(["  } | RSYNC_PASSWORD= rsync"]);
    expect(lines({ kind: "environment", name: "PW" })).toEqual([
      '  } | RSYNC_PASSWORD="${PW:?must hold the password}" rsync',
    ]);
    expect(lines({ kind: "untold" })).toEqual([
      '  } | RSYNC_PASSWORD="${RSYNC_PASSWORD:?must hold the password}" rsync',
    ]);
    expect(failureScript([{ ...of, password: { kind: "credential", name: "a'b" } }], 0)).toContain(
      `rsync --password-file="\${CREDENTIALS_DIRECTORY:?must hold the credentials}"/'a'\\''b' `,
    );
  });

  it("ends with 1 where a run fails, and makes the others all the same", async () => {
    const base = makeTempDir("treecast-script-");
    const [source, replica] = [join(base, "source"), join(base, "replica")];
    mkdirSync(replica);
    write(source, "a", "a");
    const targets = [
      await byHand(source, "/proc/treecast-cannot-be", ["a"]),
      await byHand(source, replica, ["a"]),
    ];
    expect(runScript("/bin/sh", failureScript(targets, 0)).status).toBe(1);
    expect(readFileSync(join(replica, "a"), "utf8")).toBe("a");
  });
});

describe("treecast failures --script", () => {
  it("prints what delivers the failed paths of a running daemon to its rsync module", async () => {
    const tree = makeTree({ "gone $(x)": "gone", "a.txt": "a" });
    const module = join(tree.base, "module");
    const rsyncd = await startRsyncd({
      modules: { www: { path: module, "auth users": "up", uid: "nobody", gid: "0" } },
      users: { up: "s3cret" },
    });
    chownSync(module, NOBODY, 0);
    const state = join(tree.base, "state");
    const run = startTreecast([
      ...["run", tree.source, `rsync://up@127.0.0.1:${rsyncd.port}/www`, "--state", state],
      ...["--password-file", rsyncd.passwordFile("s3cret")],
    ]);
    await until(() => existsSync(join(module, "gone $(x)")), { what: () => run.stderr() });
    // From now on nobody may make or delete anything there.
    chownSync(module, 0, 0);
    chmodSync(module, 0o755);
    const names = HOSTILE.filter((name) => !name.includes("/"));
    for (const name of names) write(tree.source, name, name);
    rmSync(join(tree.source, "gone $(x)"));
    const listed = async () => {
      const { stdout } = await treecast(["failures", "--json", "--state", state]);
      return (JSON.parse(stdout) as { path: string }[]).map(({ path }) => path);
    };
    await until(
      async () => {
        const paths = await listed();
        return [...names, "gone $(x)"].every((name) => paths.includes(name));
      },
      { everyMs: 200, what: () => run.stderr() },
    );
    const { status, stdout } = await treecast(["failures", "--script", "--state", state]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^#!\/bin\/sh\n/);
    expect(stdout).not.toContain("s3cret");
    expect(stdout).toMatch(/# {3}plain\.txt: \d+ attempts?, .*Permission denied/);
    // What follows is the script's doing alone.
    run.kill("SIGKILL");
    await run.ended;
    chownSync(module, NOBODY, 0);
    const ran = runScript("/bin/sh", stdout);
    expect(ran.status, ran.stderr).toBe(0);
    expect(contents(module)).toEqual(
      Object.fromEntries([...names.map((name) => [name, name]), ["a.txt", "a"]]),
    );
  });

  it("has nothing to do where nothing has failed, and is not to be mixed with --json", async () => {
    const of = failureScript([], Date.UTC(2026, 10, 21));
    expect(of).toContain("# 0 failed paths at 0 targets, 2026-11-21T00:00:00.000Z\n");
    expect(runScript("/bin/sh", of)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(await treecast(["failures", "--script", "--json"])).toMatchObject({ status: 2 });
  });
});

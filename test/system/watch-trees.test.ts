import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RelativePath } from "../../src/model/path.js";
import { startMirror } from "../support/mirror.js";
import type { MirroredWatch } from "../support/mirror.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { watchers } from "../support/watchers.js";

/** Runs a program to its end; what it prints is shown when it fails. */
async function run(program: string, args: readonly string[], cwd?: string): Promise<void> {
  const child = spawn(program, args, { ...(cwd === undefined ? {} : { cwd }), stdio: "pipe" });
  let output = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString()));
  child.stderr.on("data", (text: Buffer) => (output += text.toString()));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${output}`);
}

/** The mirror is true, nothing was lost, and every directory has its watch. */
async function expectTrue(watched: MirroredWatch): Promise<void> {
  const { mirror, watch } = watched;
  expect(await watched.differences()).toEqual([]);
  expect(mirror.gaps).toEqual([]);
  // fanotify counts no directories.
  if (watch.watcher?.kind === "fanotify") return;
  // Directories that have left are given up after a moment.
  await until(async () => (await watch.drain(), watch.coverage.watched === mirror.directories), {
    what: () => `${mirror.directories} directories, ${watch.coverage.watched} watched`,
  });
}

/** Deep and broad: about `files` files, ten in a directory. */
function makeTree(at: string, files: number): void {
  for (let i = 0; i < files / 10; i++) {
    const directory = join(at, `a${i % 7}`, `b${i % 61}`, `c${i % 5}`, `d${i}`);
    mkdirSync(directory, { recursive: true });
    for (let j = 0; j < 10; j++) writeFileSync(join(directory, `file-${j}`), `${i} ${j}`);
  }
}

/**
 * On a machine that is too busy the kernel's queue may overflow. That is told and heals, but then
 * the run shows nothing of what it is for, so it is made again.
 */
const onceMoreIfOverflowed = { retry: 2 };

describe.each(watchers)("a watch by %s", onceMoreIfOverflowed, (source) => {
  const origin = makeTempDir();

  it("misses nothing of cp -a of 20,000 files, their move and their removal", async () => {
    makeTree(join(origin, "tree"), 20_000);
    const root = makeTempDir();
    await using watched = await startMirror(root, { source });
    await run("cp", ["-a", join(origin, "tree"), join(root, "copy")]);
    await expectTrue(watched);
    expect(watched.mirror.entries.size).toBeGreaterThan(22_000);
    // The message rate follows the clock and not the files.
    expect(watched.mirror.messages).toBeLessThan(10_000);
    renameSync(join(root, "copy"), join(root, "moved"));
    await expectTrue(watched);
    await run("rm", ["-rf", join(root, "moved")]);
    await expectTrue(watched);
    expect(watched.mirror.entries.size).toBe(0);
  });

  it("misses nothing of tar x", async () => {
    makeTree(join(origin, "for-tar"), 3_000);
    const archive = join(origin, "tree.tar");
    await run("tar", ["cf", archive, "-C", origin, "for-tar"]);
    const root = makeTempDir();
    await using watched = await startMirror(root, { source });
    await run("tar", ["xf", archive, "-C", root]);
    await expectTrue(watched);
    expect(watched.mirror.entries.size).toBeGreaterThan(3_300);
  });

  it("misses nothing of git clone and git checkout", async () => {
    const origin = join(makeTempDir(), "origin");
    const git = (...args: string[]) =>
      run("git", ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "gc.auto=0", ...args], origin);
    mkdirSync(origin);
    await git("init", "-q", "-b", "one");
    makeTree(join(origin, "tree"), 2_000);
    await git("add", ".");
    await git("commit", "-q", "-m", "one");
    await git("checkout", "-q", "-b", "two");
    renameSync(join(origin, "tree/a1"), join(origin, "tree/renamed"));
    rmSync(join(origin, "tree/a2"), { recursive: true });
    rmSync(join(origin, "tree/a3"), { recursive: true });
    writeFileSync(join(origin, "tree/a3"), "a file where a directory was");
    await git("add", "-A", ".");
    await git("commit", "-q", "-m", "two");
    const root = makeTempDir();
    await using watched = await startMirror(root, { source });
    const clone = join(root, "clone");
    await run("git", ["clone", "-q", "--no-hardlinks", origin, clone]);
    await expectTrue(watched);
    for (const branch of ["one", "two", "one"]) {
      await run("git", ["checkout", "-q", "-B", branch, `origin/${branch}`], clone);
      await expectTrue(watched);
    }
    expect(existsSync(join(clone, "tree/a2"))).toBe(true);
  });

  it("misses nothing of mkdir -p by several programs at once", async () => {
    const root = makeTempDir();
    await using watched = await startMirror(root, { source });
    const script = `
      const fs = require("node:fs");
      for (let i = 0; i < 150; i++) {
        const d = process.argv[1] + "/" + [i % 3, i % 5, i % 7, i % 11, i].join("/");
        fs.mkdirSync(d, { recursive: true });
        fs.writeFileSync(d + "/" + process.argv[2], "x");
      }`;
    const each = ["one", "two", "three"].map((name) =>
      run(process.execPath, ["-e", script, root, name]),
    );
    await Promise.all(each);
    await expectTrue(watched);
    expect(
      [...watched.mirror.entries.keys()].filter((path) => path.endsWith("three")),
    ).toHaveLength(150);
  });

  it("keeps up with renames while files are written below", async () => {
    const root = makeTempDir();
    mkdirSync(join(root, "a/x/y/z"), { recursive: true });
    await using watched = await startMirror(root, { source });
    // It writes into its working directory, wherever that has been moved to.
    const script = `
      const fs = require("node:fs");
      for (let i = 0; i < 600; i++) {
        fs.writeFileSync("f" + i, "x");
        if (i % 20 === 0) fs.mkdirSync("d" + i + "/e", { recursive: true });
        if (i % 20 === 1) fs.writeFileSync("d" + (i - 1) + "/e/f", "x");
      }`;
    const writing = run(process.execPath, ["-e", script], join(root, "a/x/y/z"));
    const ended = new AbortController();
    void writing.finally(() => ended.abort());
    let [top, middle] = ["a", "x"];
    for (let round = 0; !ended.signal.aborted; round++) {
      const [nextTop, nextMiddle] = [`a${round % 5}-`, `x${round % 3}-`];
      renameSync(join(root, top, middle), join(root, top, nextMiddle));
      renameSync(join(root, top), join(root, nextTop));
      [top, middle] = [nextTop, nextMiddle];
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    await expectTrue(watched);
    expect(watched.mirror.entries.has(`${top}/${middle}/y/z/f599` as RelativePath)).toBe(true);
  });

  it("tells a renamed directory as one thing, also right after the start and time after time", async () => {
    const root = makeTempDir();
    makeTree(join(root, "big0"), 500);
    await using watched = await startMirror(root, { source });
    const expected: string[] = [];
    for (let round = 0; round < 5; round++) {
      renameSync(join(root, `big${round}`), join(root, `big${round + 1}`));
      expected.push(`big${round} → big${round + 1}`);
      expect(await watched.differences()).toEqual([]);
    }
    expect(watched.mirror.moves).toEqual(expected);
    expect(watched.mirror.told).toBe(10);
  });

  it("tells two directories apart that change places, again and again", async () => {
    const root = makeTempDir();
    for (const name of ["a", "b"]) {
      mkdirSync(join(root, name, `only-${name}`, "deep"), { recursive: true });
    }
    await using watched = await startMirror(root, { source });
    for (let round = 0; round < 51; round++) {
      renameSync(join(root, "a"), join(root, "t"));
      renameSync(join(root, "b"), join(root, "a"));
      renameSync(join(root, "t"), join(root, "b"));
      writeFileSync(join(root, "a", `file${round}`), "x");
      if (round % 10 === 0) await expectTrue(watched);
    }
    await expectTrue(watched);
    expect(readdirSync(join(root, "a"))).toContain("only-b");
    // The watches followed their directories.
    writeFileSync(join(root, "a/only-b/deep/last"), "x");
    await expectTrue(watched);
    expect(watched.mirror.entries.has("a/only-b/deep/last" as RelativePath)).toBe(true);
  });

  it("takes a directory up again that moves out of the tree and back in", async () => {
    const root = makeTempDir();
    const outside = makeTempDir();
    mkdirSync(join(root, "a/deep/er"), { recursive: true });
    await using watched = await startMirror(root, { source });
    for (let round = 0; round < 20; round++) {
      renameSync(join(root, "a"), join(outside, "a"));
      if (round % 2 === 0) await watched.watch.drain();
      writeFileSync(join(outside, "a/deep/er", `outside${round}`), "x");
      mkdirSync(join(outside, "a/deep", `new${round}`));
      renameSync(join(outside, "a"), join(root, round % 3 === 0 ? "a" : "b"));
      if (round % 3 !== 0) renameSync(join(root, "b"), join(root, "a"));
      writeFileSync(join(root, "a/deep", `new${round}`, "inside"), "x");
    }
    await expectTrue(watched);
    // Out for good: its watches are given up, and nothing more is told of it.
    renameSync(join(root, "a"), join(outside, "a"));
    await expectTrue(watched);
    expect(watched.watch.coverage.watched).toBe(1);
    const told = watched.mirror.told;
    writeFileSync(join(outside, "a/deep/unheard"), "x");
    await watched.watch.drain();
    expect(watched.mirror.told).toBe(told);
  });

  it("keeps true while one program creates a tree and another removes it", async () => {
    const root = makeTempDir();
    await using watched = await startMirror(root, { source });
    const script = `
      const fs = require("node:fs");
      const until = Date.now() + 1500;
      for (let i = 0; Date.now() < until; i++) {
        try {
          fs.mkdirSync("t/" + (i % 4) + "/" + (i % 9) + "/" + i, { recursive: true });
          fs.writeFileSync("t/" + (i % 4) + "/" + (i % 9) + "/" + i + "/f", "x");
        } catch {}
      }`;
    const creating = run(process.execPath, ["-e", script], root);
    const ended = new AbortController();
    void creating.finally(() => ended.abort());
    // It fails when a directory is filled under its hands; that is what it is here for.
    while (!ended.signal.aborted) await run("rm", ["-rf", join(root, "t")]).catch(() => undefined);
    await creating;
    await expectTrue(watched);
  });

  it("tells a save by vim as one file, its temporary names as gone", async () => {
    const root = makeTempDir();
    writeFileSync(join(root, "page.html"), "before");
    await using watched = await startMirror(root, { source });
    await run("vim", [
      "-u",
      "NONE",
      "-N",
      "-es",
      "+normal ithe new text ",
      "+wq",
      join(root, "page.html"),
    ]);
    await expectTrue(watched);
    expect([...watched.mirror.entries.keys()]).toEqual(["page.html"]);
    expect(watched.mirror.kinds.has("page.html" as RelativePath)).toBe(true);
  });

  it("keeps names that are not UTF-8, hold newlines, or look like an option or a command", async () => {
    const root = makeTempDir();
    await using watched = await startMirror(root, { source });
    const names = [
      "\xff\xfe",
      "two\nlines",
      "-rf",
      "$(reboot)",
      "`id`",
      "\xe4\xb8\xad",
      " ",
      "\x01",
      "*",
    ];
    for (const name of names) {
      const directory = Buffer.from(`${root}/${name}`, "latin1");
      mkdirSync(directory);
      writeFileSync(Buffer.from(`${root}/${name}/${name}`, "latin1"), "x");
      mkdirSync(Buffer.from(`${root}/${name}/${name}-d/${name}`, "latin1"), { recursive: true });
    }
    await expectTrue(watched);
    expect([...watched.mirror.entries.keys()].sort()).toEqual(
      names.flatMap((n) => [n, `${n}/${n}`, `${n}/${n}-d`, `${n}/${n}-d/${n}`]).sort(),
    );
    for (const name of names) rmSync(Buffer.from(`${root}/${name}`, "latin1"), { recursive: true });
    await expectTrue(watched);
  });

  it("reports a path near the longest a call can take, and survives one beyond", async () => {
    const root = makeTempDir();
    await using watched = await startMirror(root, { source });
    const name = "n".repeat(200);
    const script = `
      const fs = require("node:fs");
      for (let i = 0; i < 25; i++) {
        fs.mkdirSync(process.argv[1]);
        process.chdir(process.argv[1]);
        fs.writeFileSync("f", "x");
      }`;
    await run(process.execPath, ["-e", script, name], root);
    await watched.watch.drain();
    const deepest = Math.max(...[...watched.mirror.kinds.keys()].map((path) => path.length));
    expect(deepest).toBeGreaterThan(3_700);
    writeFileSync(join(root, "after"), "x");
    await watched.watch.drain();
    expect(watched.mirror.kinds.has("after" as RelativePath)).toBe(true);
    spawnSync("rm", ["-rf", join(root, name)]);
  });

  it("follows a root that is named through a symbolic link", async () => {
    const real = makeTempDir();
    mkdirSync(join(real, "d"));
    const link = join(makeTempDir(), "link");
    symlinkSync(real, link);
    await using watched = await startMirror(link, { source });
    writeFileSync(join(real, "d/file"), "x");
    await expectTrue(watched);
    expect(watched.mirror.entries.has("d/file" as RelativePath)).toBe(true);
  });
});

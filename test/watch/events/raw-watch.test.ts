import { spawn } from "node:child_process";
import { mkdirSync, renameSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import koffi from "koffi";
import { describe, expect, it } from "vitest";
import { openRawWatch } from "../../../src/watch/events/raw-watch.js";
import { WatchRefusal } from "../../../src/watch/events/refusal.js";
import { makeTempDir } from "../../support/temp.js";
import { until } from "../../support/until.js";
import { NAMES, open, openTree, opened, told } from "./opened.js";

describe("openRawWatch()", () => {
  it("names what the kernel refuses", () => {
    const root = makeTempDir();
    for (const recursive of [true, false]) {
      const path = join(root, "missing");
      const opening = (): unknown => open({ path, mask: NAMES, recursive });
      expect(opening).toThrow(WatchRefusal);
      expect(opening).toThrow(`Cannot watch '${path}': ENOENT`);
    }
  });

  it("watches a file among trees, and a tree once under its first name", () => {
    const root = makeTempDir();
    mkdirSync(join(root, "a/b"), { recursive: true });
    writeFileSync(join(root, "file"), "");
    const paths = [join(root, "a"), join(root, "file"), join(root, "a/b"), `${root}/./a`];
    const watch = openRawWatch({ paths, mask: NAMES, recursive: true });
    opened.push(watch);
    expect(watch.watched).toBe(3);
    writeFileSync(join(root, "a/b/x"), "");
    writeFileSync(join(root, "file"), "");
    expect(told(watch, root)).toEqual(["a/b/x CREATE", "a/b/x CLOSE_WRITE", "file CLOSE_WRITE"]);
  });

  it("reads without waiting, and waits no longer than it is told to", () => {
    const watch = openTree(makeTempDir());
    const from = performance.now();
    expect(watch.read(0)).toEqual([]);
    expect(watch.read(30)).toEqual([]);
    expect(performance.now() - from).toBeGreaterThanOrEqual(29);
  });
});

describe("a raw watch that follows", () => {
  it("tells what is inside a new directory before what happens there later", () => {
    const root = makeTempDir();
    const watch = openTree(root);
    mkdirSync(join(root, "a/b"), { recursive: true });
    writeFileSync(join(root, "a/b/early"), "");
    expect(told(watch, root)).toEqual([
      "a CREATE|ISDIR",
      "a/b CREATE|ISDIR *",
      "a/b/early CREATE *",
      "a/b/early CLOSE_WRITE *",
    ]);
    writeFileSync(join(root, "a/b/late"), "");
    expect(told(watch, root)).toEqual(["a/b/late CREATE", "a/b/late CLOSE_WRITE"]);
    expect(watch.watched).toBe(3);
  });

  it("tells nothing of the kind where that is not wanted, and watches all the same", () => {
    const root = makeTempDir();
    const watch = openTree(root, { tellInside: false });
    mkdirSync(join(root, "a/b"), { recursive: true });
    expect(told(watch, root)).toEqual(["a CREATE|ISDIR"]);
    writeFileSync(join(root, "a/b/late"), "");
    expect(told(watch, root)).toEqual(["a/b/late CREATE", "a/b/late CLOSE_WRITE"]);
  });

  it("calls what is below a renamed directory by its new name at once", () => {
    const root = makeTempDir();
    mkdirSync(join(root, "a/b/c"), { recursive: true });
    const watch = openTree(root);
    renameSync(join(root, "a/b"), join(root, "d"));
    writeFileSync(join(root, "d/c/1"), "");
    renameSync(join(root, "d"), join(root, "a/e"));
    writeFileSync(join(root, "a/e/c/2"), "");
    // All of it is read after both: each is told by the name of its time.
    expect(told(watch, root).filter((line) => / CREATE/.test(line))).toEqual([
      "d/c/1 CREATE",
      "a/e/c/2 CREATE",
    ]);
    expect(watch.watched).toBe(4);
  });

  it("keeps apart two directories that were exchanged, and one that replaced another", () => {
    const root = makeTempDir();
    for (const name of ["a/in-a", "b/in-b", "c", "d/in-d"]) {
      mkdirSync(join(root, name), { recursive: true });
    }
    const watch = openTree(root);
    exchange(join(root, "a"), join(root, "b"));
    writeFileSync(join(root, "a/in-b/1"), "");
    writeFileSync(join(root, "b/in-a/2"), "");
    renameSync(join(root, "d"), join(root, "c"));
    writeFileSync(join(root, "c/in-d/3"), "");
    renameSync(join(root, "c"), join(root, "e"));
    writeFileSync(join(root, "e/in-d/4"), "");
    expect(told(watch, root).filter((line) => / CREATE/.test(line))).toEqual([
      "a/in-b/1 CREATE",
      "b/in-a/2 CREATE",
      "c/in-d/3 CREATE",
      "e/in-d/4 CREATE",
    ]);
    expect(watch.watched).toBe(7);
  });

  it("lets go of what has left the tree, and takes it for new when it comes back", async () => {
    const root = makeTempDir();
    const outside = makeTempDir();
    mkdirSync(join(root, "a/b"), { recursive: true });
    writeFileSync(join(root, "a/b/file"), "");
    const watch = openTree(root);
    renameSync(join(root, "a"), join(outside, "a"));
    expect(told(watch, root)).toEqual(["a MOVED_FROM|ISDIR"]);
    await until(() => {
      watch.read(10);
      return watch.watched === 1;
    });
    writeFileSync(join(outside, "a/b/unheard"), "");
    expect(told(watch, root)).toEqual([]);
    renameSync(join(outside, "a"), join(root, "back"));
    expect(told(watch, root).sort()).toEqual([
      "back MOVED_TO|ISDIR",
      "back/b CREATE|ISDIR *",
      "back/b/file CLOSE_WRITE *",
      "back/b/file CREATE *",
      "back/b/unheard CLOSE_WRITE *",
      "back/b/unheard CREATE *",
    ]);
  });

  it("watches a directory that takes a removed one's name", () => {
    const root = makeTempDir();
    mkdirSync(join(root, "a/b"), { recursive: true });
    const watch = openTree(root);
    for (let i = 0; i < 3; i++) {
      rmSync(join(root, "a"), { recursive: true });
      mkdirSync(join(root, "a/b"), { recursive: true });
    }
    told(watch, root);
    expect(watch.watched).toBe(3);
    writeFileSync(join(root, "a/b/1"), "");
    expect(told(watch, root)).toEqual(["a/b/1 CREATE", "a/b/1 CLOSE_WRITE"]);
    rmSync(join(root, "a/b/1"));
    rmdirSync(join(root, "a/b"));
    told(watch, root);
    expect(watch.watched).toBe(2);
  });

  it("keeps its own reading from the directory that is read", () => {
    const root = makeTempDir();
    const everything = 0xfff;
    const watch = open({ path: root, mask: everything, recursive: true, follow: true });
    expect(told(watch, root)).toEqual([]);
    mkdirSync(join(root, "a"));
    const own = told(watch, root);
    expect(own.filter((line) => line.startsWith("a/"))).toEqual([]);
    // Whether its parent tells of the reading depends on whether it had to be read.
    expect(own).toContain("a CREATE|ISDIR");
    rmdirSync(join(root, "a"));
    expect(told(watch, root)).toContain("a/ DELETE_SELF");
  });
});

describe("a raw watch under load", () => {
  it("watches all of a tree whose directories are renamed while it is set up", async () => {
    const root = makeTempDir();
    for (let i = 0; i < 60; i++)
      mkdirSync(join(root, `a/${i % 6}/${i}/deep/er`), { recursive: true });
    const directories = 1 + 1 + 6 + 3 * 60;
    const code = `const { existsSync, renameSync } = require("fs");
      const [from, to] = [process.argv[1] + "/a", process.argv[1] + "/b"];
      process.stdout.write("renames");
      while (existsSync(process.argv[1])) {
        renameSync(from, to);
        renameSync(to + "/3", to + "/x");
        renameSync(to + "/x", to + "/3");
        renameSync(to, from);
      }`;
    const writer = spawn(process.execPath, ["-e", code, root]);
    const ended = new Promise((resolve) => writer.once("close", resolve));
    await new Promise((resolve) => writer.stdout.once("data", resolve));
    const watches = Array.from({ length: 20 }, () => openTree(root));
    writer.kill();
    await ended;
    for (const watch of watches) {
      await until(
        () => {
          watch.read(0);
          return watch.watched === directories && !watch.hasMore;
        },
        { what: () => `${watch.watched} of ${directories} directories are watched` },
      );
    }
  });

  it("tells every file of trees that appear while it reads", async () => {
    const root = makeTempDir();
    const watch = openTree(root);
    const code = `const fs = require("fs");
      for (let i = 0; i < 300; i++) {
        const d = process.argv[1] + "/" + [...String(i)].join("/") + "/d" + i;
        fs.mkdirSync(d, { recursive: true });
        for (let j = 0; j < 5; j++) fs.writeFileSync(d + "/f" + j, "x");
        if (i % 10 === 9) fs.renameSync(d, d + "-renamed");
      }`;
    const writer = spawn(process.execPath, ["-e", code, root], { stdio: "inherit" });
    const lines: string[] = [];
    const ended = new Promise((resolve) => writer.once("close", resolve));
    await until(() => {
      lines.push(...told(watch, root));
      return writer.exitCode !== null;
    });
    await ended;
    lines.push(...told(watch, root));
    const closed = lines.filter((line) => line.includes("CLOSE_WRITE"));
    const files = new Set(
      closed
        .map((line) => /d(\d+)(-renamed)?\/(f\d)/.exec(line))
        .map((found) => (found === null ? "" : `${found[1]} ${found[3]}`)),
    );
    expect(files.size).toBe(1500);
    const created = lines.filter((line) => / CREATE( |$)/.test(line));
    // Seen before the kernel has told of it: rare, but it happens.
    expect(created.length - new Set(created.map((line) => line.split(" ")[0])).size).toBeLessThan(
      15,
    );
  });
});

/** renameat2(2) with RENAME_EXCHANGE, which Node does not offer. */
function exchange(one: string, other: string): void {
  const call = koffi
    .load(null)
    .func("int renameat2(int from, const char *a, int to, const char *b, unsigned int flags)") as (
    from: number,
    a: string,
    to: number,
    b: string,
    flags: number,
  ) => number;
  const AT_FDCWD = -100;
  const RENAME_EXCHANGE = 2;
  if (call(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) !== 0) {
    throw new Error(`renameat2: ${koffi.errno()}`);
  }
}

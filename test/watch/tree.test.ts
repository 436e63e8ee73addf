import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Errno } from "../../src/kernel/libc.js";
import { Kind } from "../../src/model/change.js";
import type { RelativePath } from "../../src/model/path.js";
import type { TreeCalls } from "../../src/watch/calls.js";
import { makeTempDir } from "../support/temp.js";
import { Harness } from "./harness.js";

/** Once `refused` says so, calls about a path answer with this error. */
function refusing(
  call: "addWatch" | "list",
  error: number,
  refused: (path: string) => boolean,
): (calls: TreeCalls) => TreeCalls {
  return (calls) => ({
    ...calls,
    ...(call === "addWatch"
      ? { addWatch: (path) => (refused(path) ? -error : calls.addWatch(path)) }
      : { list: (path, files, visit) => (refused(path) ? error : calls.list(path, files, visit)) }),
  });
}

describe("a watched tree", () => {
  it("looks again, and tells everything, where a list could not be read", () => {
    const root = makeTempDir();
    let failing = false;
    using harness = new Harness(root, { wrap: refusing("list", Errno.EMFILE, () => failing) });
    harness.start();
    failing = true;
    mkdirSync(join(root, "a/b"), { recursive: true });
    writeFileSync(join(root, "a/b/file"), "x");
    harness.read();
    harness.step();
    expect(harness.tree.entrance.rechecks.size).toBe(1);
    failing = false;
    harness.settle();
    expect(harness.mirror.differences()).toEqual([]);
    expect(harness.wrongWatches()).toEqual([]);
  });

  it("scans a directory that it may not read, and watches it when it may", () => {
    const root = makeTempDir();
    mkdirSync(join(root, "secret/below"), { recursive: true });
    let closed = true;
    using harness = new Harness(root, {
      wrap: refusing("addWatch", Errno.EACCES, (path) => closed && path === "secret"),
    });
    harness.start();
    expect(harness.tree.entrance.coverage).toEqual({ watched: 2, unwatched: 1 });
    expect(harness.tree.entrance.limitReached).toBe(false);
    closed = false;
    chmodSync(join(root, "secret"), 0o750);
    writeFileSync(join(root, "secret/file"), "x");
    harness.settle();
    expect(harness.tree.entrance.coverage).toEqual({ watched: 3, unwatched: 0 });
    expect(harness.mirror.differences()).toEqual([]);
  });

  it("tells another directory in the place of one whose parent is not watched", () => {
    const root = makeTempDir();
    mkdirSync(join(root, "p/child/old"), { recursive: true });
    mkdirSync(join(root, "p/other/new"), { recursive: true });
    using harness = new Harness(root, {
      wrap: refusing("addWatch", Errno.ENOSPC, (path) => path === "p"),
    });
    harness.start();
    renameSync(join(root, "p/child"), join(root, "p/away"));
    renameSync(join(root, "p/other"), join(root, "p/child"));
    harness.settle();
    harness.scan();
    expect(harness.mirror.differences()).toEqual([]);
  });

  it("scans as well as it watches where others may write unheard", () => {
    const root = makeTempDir();
    mkdirSync(join(root, "share/below"), { recursive: true });
    mkdirSync(join(root, "local"));
    writeFileSync(join(root, "share/below/file"), "x");
    using harness = new Harness(root, {
      unheardMount: (path) => (path === "share" ? true : undefined),
    });
    harness.start();
    expect(harness.tree.entrance.coverage).toEqual({ watched: 2, unwatched: 2 });
    writeFileSync(join(root, "share/below/file"), "longer");
    mkdirSync(join(root, "share/below/new"));
    // Another machine wrote: this one's kernel has nothing to say.
    harness.lose();
    harness.settle();
    expect(harness.mirror.differences()).not.toEqual([]);
    harness.scan();
    expect(harness.mirror.differences()).toEqual([]);
    expect(harness.tree.entrance.coverage).toEqual({ watched: 2, unwatched: 3 });
    // What is heard is told without a scan.
    writeFileSync(join(root, "share/below/heard"), "x");
    harness.settle();
    expect(harness.mirror.differences()).toEqual([]);
  });

  it("tells what is complete at its making as content, unless it is gone or told already", () => {
    const root = makeTempDir();
    using harness = new Harness(root);
    harness.start();
    symlinkSync("x", join(root, "link"));
    symlinkSync("x", join(root, "short-lived"));
    rmSync(join(root, "short-lived"));
    harness.settle();
    expect(harness.mirror.kinds.get("link" as RelativePath)).toBe(Kind.Writing | Kind.Content);
    expect(harness.mirror.kinds.get("short-lived" as RelativePath)).toBe(Kind.Writing | Kind.Gone);
  });

  it("follows a chain of renames that it hears of only afterwards", () => {
    const root = makeTempDir();
    mkdirSync(join(root, "a/b/c"), { recursive: true });
    using harness = new Harness(root);
    harness.start();
    for (const [from, to] of [
      ["a", "x"],
      ["x/b", "y"],
      ["y", "x/c"],
      ["x", "z"],
    ] as const) {
      renameSync(join(root, from), join(root, to));
    }
    harness.settle();
    expect(harness.wrongWatches()).toEqual([]);
    expect(harness.mirror.differences()).toEqual([]);
  });
});

import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Kind } from "../../../src/model/change.js";
import type { RelativePath } from "../../../src/model/path.js";
import { exchange } from "../../support/exchange.js";
import { hasFanotify, ownDisk } from "../../support/own-disk.js";
import { FanotifyHarness } from "./harness.js";
import type { FanotifyHarnessOptions } from "./harness.js";

/** Two directories with something in them, one of them outside of the tree. */
function stage(options: FanotifyHarnessOptions = {}) {
  const disk = ownDisk();
  const root = join(disk, "root");
  const at = (path: string) => join(root, path);
  const outside = (path: string) => join(disk, path);
  for (const directory of [at("a"), at("b"), outside("o")]) {
    mkdirSync(join(directory, "deep"), { recursive: true });
    writeFileSync(join(directory, "deep/file"), directory);
  }
  const harness = new FanotifyHarness(root, options);
  onTestFinished(() => harness[Symbol.dispose]());
  harness.start();
  const expectTrue = () => {
    harness.settle();
    expect(harness.mirror.differences()).toEqual([]);
    expect(harness.wrongWatches()).toEqual([]);
  };
  return { harness, at, outside, expectTrue };
}

describe.skipIf(!hasFanotify)("renames that the kernel has joined", () => {
  it("leave a directory where the disk has it, and what follows is told there", () => {
    const { harness, at, expectTrue } = stage();
    renameSync(at("a"), at("c"));
    renameSync(at("c"), at("a"));
    // Joined with the first: the records end at the second.
    renameSync(at("a"), at("c"));
    expectTrue();
    writeFileSync(at("c/deep/file"), "later");
    mkdirSync(at("c/deep/new"));
    expectTrue();
    expect(harness.mirror.entries.has("a" as RelativePath)).toBe(false);
  });

  it("show a directory that is in the tree although the records leave it outside", () => {
    const { at, outside, expectTrue } = stage();
    renameSync(outside("o"), at("c"));
    renameSync(at("c"), outside("o"));
    renameSync(outside("o"), at("c"));
    expectTrue();
    writeFileSync(at("c/deep/file"), "later");
    expectTrue();
  });

  it("show a directory that is outside although the records leave it in the tree", () => {
    const { harness, at, outside, expectTrue } = stage();
    renameSync(at("a"), outside("p"));
    renameSync(outside("p"), at("a"));
    renameSync(at("a"), outside("p"));
    expectTrue();
    harness.mirror.kinds.clear();
    writeFileSync(outside("p/deep/file"), "unheard");
    expectTrue();
    expect([...harness.mirror.kinds]).toEqual([]);
  });

  it("are told although a change was told at the wrong place before", () => {
    const { harness, at, expectTrue } = stage();
    renameSync(at("a"), at("c"));
    renameSync(at("c"), at("a"));
    renameSync(at("a"), at("c"));
    harness.read(1200);
    writeFileSync(at("c/deep/file"), "between");
    harness.read(1200);
    harness.deliver();
    mkdirSync(at("a"));
    writeFileSync(at("a/other"), "x");
    expectTrue();
    writeFileSync(at("a/other"), "y");
    writeFileSync(at("c/deep/file"), "z");
    expectTrue();
  });
});

describe.skipIf(!hasFanotify)("a directory that nobody has met", () => {
  it("is found where it was at the time of the record, whatever the disk says by now", () => {
    const { harness, at, expectTrue } = stage();
    writeFileSync(at("a/deep/before"), "x");
    renameSync(at("a/deep"), at("a/deeper"));
    renameSync(at("a"), at("b/c"));
    writeFileSync(at("b/c/deeper/after"), "x");
    expectTrue();
    expect(harness.mirror.moves).toEqual(["a/deep → a/deeper", "a → b/c"]);
    expect([...harness.mirror.kinds.keys()].sort()).toEqual(
      ["a", "a/deep", "a/deep/before", "a/deeper", "b/c", "b/c/deeper/after"].sort(),
    );
  });

  it("is told whole where the disk is ahead of the reading, and nothing is lost", () => {
    const { harness, at, expectTrue } = stage();
    writeFileSync(at("a/deep/before"), "x");
    let isFirst = true;
    harness.between = () => {
      if (isFirst) renameSync(at("a"), at("c"));
      isFirst = false;
    };
    expectTrue();
    expect(harness.mirror.moves).toEqual([]);
    writeFileSync(at("c/deep/after"), "x");
    expectTrue();
  });

  it("is found although two that take each other's places lead to one another", () => {
    const { harness, at, expectTrue } = stage();
    renameSync(at("a/deep"), at("t"));
    renameSync(at("b"), at("a/deep"));
    renameSync(at("t"), at("b"));
    let isFirst = true;
    harness.between = () => {
      if (isFirst) renameSync(at("a"), at("b/a"));
      isFirst = false;
    };
    expectTrue();
    writeFileSync(at("b/a/deep/deep/file"), "later");
    expectTrue();
  });

  it("is nobody's business where it was deleted with all above it", () => {
    const { harness, at, expectTrue } = stage();
    for (const name of ["one", "two"]) writeFileSync(at(`a/deep/${name}`), "x");
    rmSync(at("a"), { recursive: true });
    expectTrue();
    expect(harness.mirror.entries.has("a" as RelativePath)).toBe(false);
  });
});

describe.skipIf(!hasFanotify)("a tree that is asked for nothing but its own", () => {
  it("is not asked twice where a directory elsewhere lies, until something comes from there", () => {
    let asked = 0;
    const { harness, at, outside, expectTrue } = stage({
      wrap: (grounds) => ({
        ...grounds,
        locate: (handle) => {
          asked++;
          return grounds.locate(handle);
        },
      }),
    });
    for (let i = 0; i < 20; i++) {
      writeFileSync(outside("o/deep/file"), String(i));
      harness.read();
    }
    expect(asked).toBe(1);
    renameSync(outside("o"), at("o"));
    expectTrue();
    writeFileSync(at("o/deep/file"), "inside");
    expectTrue();
  });

  it("tells what changes a directory itself by that, the root too", () => {
    const { harness, at, expectTrue } = stage();
    chmodSync(at("a/deep"), 0o700);
    chmodSync(at(""), 0o711);
    expectTrue();
    expect(Object.fromEntries(harness.mirror.kinds)).toEqual({
      "a/deep": Kind.Attributes | Kind.Directory,
      "": Kind.Attributes | Kind.Directory,
    });
  });

  it("tells both whole where a directory is exchanged with one outside", () => {
    const { at, outside, expectTrue } = stage();
    exchange(at("a"), outside("o"));
    expectTrue();
    writeFileSync(at("a/deep/file"), "heard");
    writeFileSync(outside("o/deep/file"), "not heard");
    expectTrue();
  });
});

import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileFilter } from "../../src/filter/filter.js";
import type { RelativePath } from "../../src/model/path.js";
import { exchange } from "../support/exchange.js";
import { ownDisk } from "../support/own-disk.js";
import { makeTempDir } from "../support/temp.js";
import { watchers } from "../support/watchers.js";
import { FanotifyHarness } from "./fanotify/harness.js";
import { Harness } from "./harness.js";
import type { HarnessOptions } from "./harness.js";

type Source = (typeof watchers)[number];

/** A tree with files at every depth, and a way to say what happens in it. */
function stage(source: Source, options: HarnessOptions = {}) {
  const base = source === "inotify" ? makeTempDir() : ownDisk();
  const [root, outside] = [join(base, "root"), join(base, "outside")];
  for (const name of ["a", "b"]) {
    mkdirSync(join(root, name, `of-${name}/deep`), { recursive: true });
    writeFileSync(join(root, name, "file"), name);
    writeFileSync(join(root, name, `of-${name}/deep/file`), name);
  }
  mkdirSync(outside);
  const harness =
    source === "inotify"
      ? new Harness(root, options)
      : new FanotifyHarness(root, { filter: options.filter, moves: options.moves });
  harness.start();
  harness.settle();
  const at = (path: string) => join(root, path);
  return {
    harness,
    at,
    outside: (path: string) => join(outside, path),
    mv: (from: string, to: string) => renameSync(at(from), at(to)),
    [Symbol.dispose]: () => harness[Symbol.dispose](),
  };
}

/** The mirror is true, every directory is watched, and these renames were told. */
function expectMoves(harness: Harness | FanotifyHarness, ...moves: readonly string[]): void {
  harness.settle();
  expect(harness.mirror.differences()).toEqual([]);
  expect(harness.wrongWatches()).toEqual([]);
  expect(harness.mirror.moves).toEqual(moves);
}

describe.each(watchers)("a renamed directory, by %s,", (source) => {
  it("is told as its two names and one rename, whatever lies in it", () => {
    using s = stage(source);
    s.mv("a", "c");
    expectMoves(s.harness, "a → c");
    expect([...s.harness.mirror.kinds.keys()].sort()).toEqual(["a", "c"]);
    s.mv("c/of-a", "b/of-b/new");
    expectMoves(s.harness, "a → c", "c/of-a → b/of-b/new");
    expect(s.harness.mirror.told).toBe(4);
  });

  it("is told as new with everything in it where renames are not wanted", () => {
    using s = stage(source, { moves: "untold" });
    s.mv("a", "c");
    expectMoves(s.harness);
    expect([...s.harness.mirror.kinds.keys()].sort()).toEqual(
      ["a", "c", "c/file", "c/of-a", "c/of-a/deep", "c/of-a/deep/file"].sort(),
    );
  });

  it("is followed along a chain that is read at once, with what changed on the way", () => {
    using s = stage(source);
    writeFileSync(s.at("a/before"), "1");
    s.mv("a", "c");
    writeFileSync(s.at("c/between"), "2");
    s.mv("c", "b/d");
    appendFileSync(s.at("b/d/of-a/deep/file"), "3");
    symlinkSync("x", s.at("b/d/link"));
    expectMoves(s.harness, "a → c", "c → b/d");
  });

  it("is followed when two change places by way of a third name, read at once or in between", () => {
    using s = stage(source);
    const swap = (between: () => void) => {
      s.mv("a", "t");
      between();
      s.mv("b", "a");
      between();
      s.mv("t", "b");
    };
    swap(() => undefined);
    expectMoves(s.harness, "a → t", "b → a", "t → b");
    swap(() => s.harness.settle());
    expectMoves(s.harness, ...["a → t", "b → a", "t → b"], ...["a → t", "b → a", "t → b"]);
  });

  it("is told for one of two that are exchanged at a stroke; the other is told whole", () => {
    using s = stage(source);
    exchange(s.at("a"), s.at("b"));
    expectMoves(s.harness, "a → b");
    writeFileSync(s.at("b/of-a/deep/after"), "heard");
    writeFileSync(s.at("a/of-b/deep/after"), "heard");
    expectMoves(s.harness, "a → b");
  });

  it("is told where it takes the place of an empty one", () => {
    using s = stage(source);
    mkdirSync(s.at("empty"));
    s.harness.settle();
    s.mv("a", "empty");
    expectMoves(s.harness, "a → empty");
  });

  it("is told where another is made at its old place, also before it is read", () => {
    using s = stage(source);
    s.mv("a", "c");
    mkdirSync(s.at("a/other"), { recursive: true });
    writeFileSync(s.at("a/file"), "another");
    expectMoves(s.harness, "a → c");
  });

  it.runIf(source === "inotify")("is told whole when its creation has not been looked at", () => {
    using s = stage(source);
    mkdirSync(s.at("new/deep"), { recursive: true });
    writeFileSync(s.at("new/deep/file"), "x");
    s.mv("new", "newer");
    expectMoves(s.harness);
    s.mv("newer", "newest");
    expectMoves(s.harness, "newer → newest");
  });

  it("is gone when it leaves the tree, and new when it returns", () => {
    using s = stage(source);
    renameSync(s.at("a"), s.outside("a"));
    s.harness.settle();
    writeFileSync(s.outside("a/unheard"), "x");
    renameSync(s.outside("a"), s.at("c"));
    expectMoves(s.harness);
  });

  it("is told whole when it changed while it was outside, however quick it was", () => {
    using s = stage(source);
    renameSync(s.at("a"), s.outside("a"));
    writeFileSync(s.outside("a/of-a/deep/file"), "changed outside");
    rmSync(s.outside("a/file"));
    renameSync(s.outside("a"), s.at("c"));
    expectMoves(s.harness);
  });

  it.runIf(source === "inotify")(
    "is told although the two halves of its rename come in two readings",
    () => {
      using s = stage(source);
      const long = "x".repeat(200);
      s.mv("a", `a-${long}`);
      s.harness.settle();
      // A record with such a name fills the smallest reading by itself.
      s.mv(`a-${long}`, `b-${long}`);
      expect(s.harness.read(272)).toBeGreaterThan(200);
      s.harness.deliver();
      expect(s.harness.mirror.moves).toEqual([`a → a-${long}`]);
      expect(s.harness.mirror.entries.has(`a-${long}` as RelativePath)).toBe(true);
      expectMoves(s.harness, `a → a-${long}`, `a-${long} → b-${long}`);
    },
  );

  it("keeps apart what it was before and what takes its new place afterwards", () => {
    using s = stage(source);
    rmSync(s.at("b"), { recursive: true });
    s.mv("a", "b");
    renameSync(s.at("b"), s.outside("b"));
    mkdirSync(s.at("b/of-b"), { recursive: true });
    writeFileSync(s.at("b/of-b/file"), "the third");
    s.harness.settle();
    expect(s.harness.mirror.differences()).toEqual([]);
    expect(s.harness.wrongWatches()).toEqual([]);
  });

  it("is told with links and fifos that were made in it just before", () => {
    using s = stage(source);
    symlinkSync("x", s.at("a/of-a/link"));
    s.mv("a", "c");
    expectMoves(s.harness, "a → c");
    expect(s.harness.mirror.entries.has("c/of-a/link" as RelativePath)).toBe(true);
  });

  it("takes along a file that is open", () => {
    using s = stage(source);
    const file = openSync(s.at("a/log"), "w");
    writeSync(file, "one");
    s.harness.settle();
    s.mv("a", "c");
    s.harness.settle();
    writeSync(file, "two");
    closeSync(file);
    expectMoves(s.harness, "a → c");
  });

  it.runIf(source === "inotify")("is told whole where something below could not be watched", () => {
    let refused = true;
    using s = stage(source, {
      wrap: (calls) => ({
        ...calls,
        addWatch: (path) => (refused && path === "a/of-a" ? -28 : calls.addWatch(path)),
      }),
    });
    refused = false;
    s.mv("a", "c");
    expectMoves(s.harness);
  });

  it("is told over and over in bounded space while nobody listens", () => {
    using s = stage(source);
    for (let round = 0; round < 3000; round++) {
      s.mv("a", "c");
      s.mv("c", "a");
      s.harness.read();
    }
    writeFileSync(s.at("a/last"), "x");
    s.harness.settle();
    expect(s.harness.mirror.differences()).toEqual([]);
    expect(s.harness.mirror.moves.length).toBeLessThan(2000);
    expect(s.harness.mirror.told).toBeLessThan(200);
  });
});

describe.each(watchers)("a renamed directory under rules, by %s,", (source) => {
  it("is gone when its new name is excluded, and new when that is taken back", () => {
    using s = stage(source, { filter: compileFilter(["- *.tmp"]) });
    const { mirror } = s.harness;
    s.mv("a", "a.tmp");
    s.harness.settle();
    expect(mirror.moves).toEqual([]);
    expect(mirror.entries.has("a" as RelativePath)).toBe(false);
    s.mv("a.tmp", "c");
    s.harness.settle();
    expect(mirror.moves).toEqual([]);
    expect(mirror.differences()).toEqual([]);
  });

  it("is told as one while the rules go by last names, and whole where they know places", () => {
    using byName = stage(source, { filter: compileFilter(["- *.tmp", "- .git/"]) });
    byName.mv("a", "c");
    expectMoves(byName.harness, "a → c");
    using elsewhere = stage(source, { filter: compileFilter(["- /x/cache"]) });
    elsewhere.mv("a", "c");
    expectMoves(elsewhere.harness, "a → c");
    using byPlace = stage(source, { filter: compileFilter(["- /c/of-a/deep"]) });
    byPlace.mv("a", "c");
    byPlace.harness.settle();
    expect(byPlace.harness.mirror.moves).toEqual([]);
    expect([...byPlace.harness.mirror.entries.keys()]).toEqual(
      expect.arrayContaining(["c/file", "c/of-a"]),
    );
    expect([...byPlace.harness.mirror.entries.keys()]).not.toContain("c/of-a/deep");
  });
});

describe.each(watchers)("a renamed file, by %s,", (source) => {
  it("is told as its two names and a rename", () => {
    using s = stage(source);
    s.mv("a/file", "b/moved");
    expectMoves(s.harness, "a/file → b/moved");
  });

  it("is no rename when its content is new, as with a save by way of a temporary name", () => {
    using s = stage(source);
    writeFileSync(s.at("a/.file.tmp"), "new");
    s.mv("a/.file.tmp", "a/file");
    expectMoves(s.harness);
  });

  it("is no rename into a directory that is not watched, or out of it", () => {
    using s = stage(source, { filter: compileFilter(["- out/"]) });
    mkdirSync(s.at("out"));
    s.harness.settle();
    s.mv("a/file", "out/file");
    s.mv("out/file", "b/again");
    s.harness.settle();
    expect(s.harness.mirror.moves).toEqual([]);
    expect(s.harness.mirror.entries.has("b/again" as RelativePath)).toBe(true);
  });
});

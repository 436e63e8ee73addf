import { rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Errno } from "../../src/kernel/libc.js";
import type { TreeCalls } from "../../src/watch/calls.js";
import { makeTempDir } from "../support/temp.js";
import { diskStep, fullTree, movingStep } from "./disk-steps.js";
import type { DiskStep } from "./disk-steps.js";
import { Harness } from "./harness.js";
import type { HarnessOptions } from "./harness.js";
import { setScene, tell } from "./stories.js";
import type { Story, StoryStep } from "./stories.js";

const scratch = makeTempDir();
let rounds = 0;

const step: fc.Arbitrary<StoryStep> = fc.oneof(
  { weight: 6, arbitrary: diskStep },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("read" as const), bytes: fc.nat(600) }) },
  { weight: 2, arbitrary: fc.constant({ do: "step" as const }) },
  { weight: 1, arbitrary: fc.constantFrom({ do: "settle" as const }, { do: "deliver" as const }) },
);

const stepWithLoss: fc.Arbitrary<StoryStep> = fc.oneof(
  { weight: 12, arbitrary: step },
  { weight: 1, arbitrary: fc.constant({ do: "overflow" as const }) },
);

function story(each: fc.Arbitrary<StoryStep>): fc.Arbitrary<Story> {
  return fc.record({
    before: fc.array(diskStep, { maxLength: 12 }),
    steps: fc.array(each, { minLength: 1, maxLength: 25 }),
    between: fc.array(fc.option(diskStep, { nil: undefined }), { maxLength: 25 }),
  });
}

const movingStory: fc.Arbitrary<Story> = fc.record({
  before: fc.constant(fullTree),
  steps: fc.array(
    fc.oneof(
      { weight: 5, arbitrary: movingStep },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("read" as const), bytes: fc.nat(600) }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom({ do: "step" as const }, { do: "deliver" as const }),
      },
      { weight: 1, arbitrary: fc.constant({ do: "settle" as const }) },
    ),
    { minLength: 1, maxLength: 25 },
  ),
  between: fc.array(fc.option(movingStep, { nil: undefined }), { maxLength: 12 }),
});

const rename = (at: string, to: string): DiskStep => ({ do: "rename", at, to });
const exchange = (at: string, to: string): DiskStep => ({ do: "exchange", at, to });
const read: StoryStep = { do: "read", bytes: 400 };

/** Stories that went wrong once. */
const HARD_STORIES: readonly Story[] = [
  {
    before: [],
    steps: [{ do: "mkdir", at: "c/a" }, read],
    between: [undefined, { do: "out", at: "c" }, { do: "in", at: "c" }],
  },
  {
    before: [],
    steps: [{ do: "mkdir", at: "a" }, { do: "settle" }],
    between: [
      ...[undefined, { do: "mkdir", at: "a/a/a" } as const],
      ...[undefined, { do: "out", at: "a" } as const, undefined, { do: "in", at: "a" } as const],
    ],
  },
];

const HARD_MOVES: readonly Story[] = (
  [
    [[exchange("a", "c/a")], [rename("c", "d")]],
    [[{ do: "mkdir", at: "c/a/b" }, exchange("a", "c/a/b")], [rename("c", "d")]],
    [[{ do: "symlink", at: "b/f" }], [rename("b", "a/a/b")]],
    [
      [read, rename("a", "b/e"), { do: "swap", at: "b", to: "a" }, { do: "settle" }],
      [{ do: "symlink", at: "b" }],
    ],
    [[exchange("b", "a"), read, rename("a/a", "d")], []],
    [
      [rename("a", "d"), read],
      [undefined, exchange("d", "c/a"), undefined, undefined, undefined, rename("c", "a")],
    ],
    [
      [rename("a", "d"), rename("b", "d/d")],
      [rename("c/a", "a"), rename("c", "b"), rename("b/c", "c")],
    ],
  ] as const
).map(([steps, between]) => ({ before: fullTree, steps, between }));

/** What is wrong after a story; empty when the watch has kept up. */
function play(each: Story, options: HarnessOptions = {}, { scans = false } = {}): string[] {
  const base = join(scratch, String(rounds++));
  const scene = setScene(each, base);
  using harness = new Harness(scene.root, options);
  tell(each, harness, scene);
  if (scans) harness.scan();
  const wrong = harness.mirror.differences();
  // Not everything is watched under a limit.
  if (!scans) wrong.push(...harness.wrongWatches());
  rmSync(base, { recursive: true, force: true });
  return wrong;
}

const ofStories = (stories: readonly Story[]): [Story][] => stories.map((each) => [each]);

/** How many of `count` stories go wrong; each would have to go right. */
function failures(count: number, options: HarnessOptions): number {
  return fc
    .sample(story(step), { numRuns: count, seed: 20 })
    .filter((each) => play(each, options).length > 0).length;
}

describe("a watched tree", () => {
  it.each(["honoured", "ignored", "untold"] as const)(
    "tells every difference, whatever happens between its system calls: renames %s",
    { timeout: 120_000 },
    (moves) => {
      fc.assert(
        fc.property(story(step), (each) => {
          expect(play(each, { moves })).toEqual([]);
        }),
        { numRuns: Number(process.env["TREECAST_RUNS"] ?? 150), examples: ofStories(HARD_STORIES) },
      );
    },
  );

  it("is whole again after events were lost", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(story(stepWithLoss), (each) => {
        expect(play(each)).toEqual([]);
      }),
      { numRuns: Number(process.env["TREECAST_RUNS"] ?? 120) },
    );
  });
});

describe("a watched tree under a limit", () => {
  /** What may be watched is a matter of chance, and changes. */
  function limited(calls: TreeCalls): TreeCalls {
    let asked = 0;
    return {
      ...calls,
      addWatch: (path) =>
        path !== "" && (asked++ + path.length) % 3 === 0 ? -Errno.ENOSPC : calls.addWatch(path),
    };
  }

  it("finds by scanning what it could not watch", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(story(step), (each) => {
        expect(play(each, { wrap: limited }, { scans: true })).toEqual([]);
      }),
      { numRuns: Number(process.env["TREECAST_RUNS"] ?? 120) },
    );
  });
});

describe("renames in a tree that is known", () => {
  it.each(["honoured", "ignored", "untold"] as const)(
    "leave nothing wrong, whatever happens between system calls and readings: %s",
    { timeout: 120_000 },
    (moves) => {
      fc.assert(
        fc.property(movingStory, (each) => {
          expect(play(each, { moves })).toEqual([]);
        }),
        { numRuns: Number(process.env["TREECAST_RUNS"] ?? 80), examples: ofStories(HARD_MOVES) },
      );
    },
  );

  it("are told as such: who neither carries them out nor compares is wrong", () => {
    const wrong = fc
      .sample(movingStory, { numRuns: 60, seed: 20 })
      .filter((each) => play(each, { moves: "missed" }).length > 0);
    expect(wrong.length).toBeGreaterThan(5);
  });
});

describe("the order of watching and listing", () => {
  it("matters: without the list after the watch, entries are missed", () => {
    const unlisted = (calls: TreeCalls): TreeCalls => ({ ...calls, list: () => 0 });
    expect(failures(40, { wrap: unlisted })).toBeGreaterThan(20);
  });

  it("matters: listed before it is watched, a directory misses entries", () => {
    expect(failures(150, { wrap: listedFirst })).toBeGreaterThan(5);
  });

  it("is right as it is: the same stories go well", () => {
    expect(failures(150, {})).toBe(0);
  });
});

/** Reads the list before the watch is added, and shows that list afterwards. */
function listedFirst(calls: TreeCalls): TreeCalls {
  const lists = new Map<
    string,
    { error: number; entries: [string, "directory" | "file" | "other"][] }
  >();
  return {
    ...calls,
    addWatch(path) {
      const entries: [string, "directory" | "file" | "other"][] = [];
      const error = calls.list(path, true, (name, type) => entries.push([name, type]));
      lists.set(path, { error, entries });
      return calls.addWatch(path);
    },
    list(path, files, visit) {
      const list = lists.get(path) ?? { error: 0, entries: [] };
      for (const [name, type] of list.entries) if (files || type === "directory") visit(name, type);
      return list.error;
    },
  };
}

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { hasFanotify } from "../../support/own-disk.js";
import { diskStep, fullTree, movingStep } from "../disk-steps.js";
import type { DiskStep } from "../disk-steps.js";
import { setScene, tell } from "../stories.js";
import type { Story, StoryStep } from "../stories.js";
import { FanotifyHarness } from "./harness.js";
import type { FanotifyHarnessOptions } from "./harness.js";

const constant = (step: "step" | "settle" | "deliver" | "overflow"): fc.Arbitrary<StoryStep> =>
  fc.constant({ do: step });
const reading = fc.record({ do: fc.constant("read" as const), bytes: fc.nat(2000) });

function story(
  disk: fc.Arbitrary<DiskStep>,
  before: fc.Arbitrary<readonly DiskStep[]>,
  overflow = 0,
): fc.Arbitrary<Story> {
  const step: fc.Arbitrary<StoryStep> = fc.oneof(
    { weight: 12, arbitrary: disk },
    { weight: 4, arbitrary: reading },
    { weight: 3, arbitrary: constant("step") },
    { weight: 1, arbitrary: fc.oneof(constant("settle"), constant("deliver")) },
    { weight: overflow, arbitrary: constant("overflow") },
  );
  return fc.record({
    before,
    steps: fc.array(step, { minLength: 1, maxLength: 25 }),
    between: fc.array(fc.option(disk, { nil: undefined }), { maxLength: 25 }),
  });
}

const anyStory = story(diskStep, fc.array(diskStep, { maxLength: 12 }));
const lossyStory = story(diskStep, fc.array(diskStep, { maxLength: 12 }), 1);
const movingStory = story(movingStep, fc.constant(fullTree));

/** Stories that went wrong once. */
const HARD_STORIES: readonly Story[] = [
  // The directory above is found on the disk where a rename that is still to be read has put it.
  {
    before: fullTree,
    steps: [{ do: "rename", at: "a/a", to: "e" }],
    between: [{ do: "exchange", at: "b", to: "a" }],
  },
];

const runs = (standard: number) => Number(process.env["TREECAST_RUNS"] ?? standard);

describe.skipIf(!hasFanotify)("a tree under fanotify", () => {
  const disk = mkdtempSync(join(tmpdir(), "treecast-disk-"));
  if (hasFanotify) execFileSync("mount", ["-t", "tmpfs", "treecast-test", disk]);
  let rounds = 0;

  afterAll(() => {
    if (hasFanotify) execFileSync("umount", ["-l", disk]);
    rmdirSync(disk);
  });

  /** What is wrong after a story; empty when the tree has kept up. */
  function play(each: Story, options: FanotifyHarnessOptions = {}): string[] {
    const base = join(disk, String(rounds++));
    const scene = setScene(each, base);
    using harness = new FanotifyHarness(scene.root, options);
    tell(each, harness, scene);
    const wrong = harness.mirror.differences();
    rmSync(base, { recursive: true, force: true });
    return wrong;
  }

  it.each(["honoured", "ignored", "untold"] as const)(
    "tells every difference, whatever happens between its looks at the disk: renames %s",
    { timeout: 120_000 },
    (moves) => {
      fc.assert(
        fc.property(anyStory, (each) => {
          expect(play(each, { moves })).toEqual([]);
        }),
        { numRuns: runs(150) },
      );
    },
  );

  it.each(HARD_STORIES.map((each) => [each]))("keeps up in hard story %#", (each) => {
    for (const moves of ["honoured", "ignored", "untold"] as const) {
      expect(play(each, { moves }), moves).toEqual([]);
    }
  });

  it("is whole again after events were lost", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(lossyStory, (each) => {
        expect(play(each)).toEqual([]);
      }),
      { numRuns: runs(120) },
    );
  });

  it.each(["honoured", "ignored", "untold"] as const)(
    "leaves nothing wrong where directories are renamed all the time: %s",
    { timeout: 120_000 },
    (moves) => {
      fc.assert(
        fc.property(movingStory, (each) => {
          expect(play(each, { moves })).toEqual([]);
        }),
        { numRuns: runs(120) },
      );
    },
  );

  it("needs its looks into what has arrived: without them the same stories go wrong", () => {
    const stories = fc.sample(movingStory, { numRuns: 60, seed: 20 });
    const wrong = (options: FanotifyHarnessOptions) =>
      stories.filter((each) => play(each, { moves: "untold", ...options }).length > 0).length;
    expect(wrong({})).toBe(0);
    expect(wrong({ wrap: (grounds) => ({ ...grounds, list: () => 0 }) })).toBeGreaterThan(5);
  });

  it("tells renames as such: who neither carries them out nor compares is wrong", () => {
    const wrong = fc
      .sample(movingStory, { numRuns: 60, seed: 20 })
      .filter((each) => play(each, { moves: "missed" }).length > 0);
    expect(wrong.length).toBeGreaterThan(5);
  });
});

/** Whatever the options: who looks where the events point knows in the end what is there. */
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { watch, type Watching, type WatchOptions } from "../../src/index.js";
import { LibraryMirror, treeOf } from "../support/library-mirror.js";
import { RandomWork } from "../support/random-work.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

/** Takes events as they come, each after a while; answers how to know that there are no more. */
function follow(changes: Watching, mirror: LibraryMirror, draw: (below: number) => number) {
  let taken = 0;
  let isWaiting = false;
  const reading = (async () => {
    for (;;) {
      isWaiting = true;
      const next = await changes.next();
      isWaiting = false;
      if (next.done === true) return;
      for (let turns = draw(4); turns > 0; turns--) await turn();
      mirror.take(next.value);
      taken++;
    }
  })();
  const hasAll = async () => {
    const before = taken;
    await changes.drain();
    await turn();
    return isWaiting && taken === before;
  };
  return { reading, hasAll };
}

async function mirrorRandomWork(seed: number, options: WatchOptions): Promise<LibraryMirror> {
  const root = makeTempDir();
  const work = new RandomWork(root, seed);
  if (options.initial === true) for (let at = 0; at < 60; at++) work.step();
  const mirror = new LibraryMirror(root, options.initial === true);
  await using changes: Watching = watch(root, options);
  if (options.initial !== true) await changes.ready;
  const reader = new RandomWork(root, seed + 1_000);
  const { reading, hasAll } = follow(changes, mirror, (below) => reader.draw(below));
  for (let step = 0; step < 300; step++) {
    work.step();
    if (work.draw(3) === 0) await turn();
    if (work.draw(40) === 0) await changes.drain();
  }
  await until(hasAll, { what: "the last event" });
  await changes.close();
  await reading;
  expect([...mirror.copy].sort(), `seed ${seed}`).toEqual([...treeOf(root)].sort());
  return mirror;
}

/** Among them some that once found a mistake. */
const SEEDS = [1, 2, 24, 31, 39];

/** Each with a kind of event that it is about. */
const CASES: readonly (readonly [string, string, WatchOptions])[] = [
  ["changes alone", "gone", {}],
  ["renames", "moved", { moves: true }],
  ["what is there", "found", { initial: true }],
  ["renames and what is there", "moved", { initial: true, moves: true }],
  ["what is there and a small buffer", "gap", { initial: true, moves: true, buffer: 6 }],
  ["renames and a small buffer", "gap", { moves: true, buffer: 6 }],
  ["what has settled", "gone", { settle: 20, longestWait: 60 }],
  ["renames and what has settled", "moved", { moves: true, settle: 20, longestWait: 60 }],
  ["all of it", "listed", { initial: true, moves: true, settle: 5, longestWait: 20, buffer: 10 }],
];

describe("a reader of watch()", () => {
  it.each(CASES)("knows what is there in the end, by %s", async (_, kind, options) => {
    let count = 0;
    for (const seed of SEEDS) {
      const { counts } = await mirrorRandomWork(seed, options);
      count += counts.get(kind) ?? 0;
    }
    expect(count).toBeGreaterThan(0);
  });
});

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLimits } from "../../src/kernel/limits.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { WatchChild } from "../support/watch-child.js";

/** Three events a file; a host with a huge queue would need too many. */
const queue = readLimits().queuedEvents.value ?? Infinity;
const files = Math.ceil(queue / 2) + 500;

const DIRECTORIES = 50;

function prepare(root: string): void {
  for (let i = 0; i < DIRECTORIES; i++) mkdirSync(join(root, `d${i}`));
}

/** Fills the queue through directories that are watched, and makes others that it has no room for. */
function storm(root: string, round: number): void {
  for (let i = 0; i < files; i++) {
    writeFileSync(join(root, `d${i % DIRECTORIES}`, `f${round}-${i}`), "x");
  }
  for (let i = 0; i < DIRECTORIES; i++) {
    const directory = join(root, `d${i}`, `new${round}`);
    mkdirSync(directory);
    writeFileSync(join(directory, "file"), "x");
  }
}

describe.skipIf(files > 50_000)("a watch whose queue overflows", () => {
  it("tells a gap and is whole afterwards, also below directories it never heard of", async () => {
    const root = makeTempDir();
    await using child = new WatchChild();
    prepare(root);
    mkdirSync(join(root, "known"));
    await child.start(root);
    child.pause();
    storm(root, 0);
    rmSync(join(root, "known"), { recursive: true });
    mkdirSync(join(root, "last/deep"), { recursive: true });
    child.resume();
    const state = await child.state();
    expect(state.recent.some((line) => line.includes("Q_OVERFLOW"))).toBe(true);
    expect(state.gaps.map(({ path, reason }) => ({ path, reason }))).toEqual([
      { path: "", reason: "overflow" },
    ]);
    expect(state.differences).toEqual([]);
    // Every directory has its watch: what happens now is heard.
    writeFileSync(join(root, "last/deep/after"), "x");
    writeFileSync(join(root, "d7/new0/after"), "x");
    const after = await child.state();
    expect(after.differences).toEqual([]);
    expect(after.gaps).toHaveLength(1);
    await until(async () => (await child.state()).coverage.watched === 1 + 2 * DIRECTORIES + 2);
  });

  it("heals every one of several overflows, and does not run in circles", async () => {
    const root = makeTempDir();
    prepare(root);
    await using child = new WatchChild();
    await child.start(root);
    for (let round = 0; round < 3; round++) {
      child.pause();
      storm(root, round);
      child.resume();
    }
    const state = await child.state();
    expect(state.differences).toEqual([]);
    expect(state.gaps.length).toBeGreaterThanOrEqual(1);
    expect(state.gaps.length).toBeLessThanOrEqual(4);
    writeFileSync(join(root, "d3/new2/after"), "x");
    const after = await child.state();
    expect(after.differences).toEqual([]);
    expect(after.gaps).toHaveLength(state.gaps.length);
  });
});

/** 100,000 directories: how long until they are watched, and what does each one cost? */
import { dirname } from "node:path";
import { realtime } from "../realtime.js";
import { observeOpens } from "../opens.js";
import type { Contestant } from "../contestants/contestant.js";
import { memoryOf } from "../group.js";
import { attempt, turns, type Question, type Row } from "../question.js";
import { seeded } from "../random.js";
import { rest, startRaw } from "../running.js";
import { setStage, settleDisk, type Stage } from "../stage.js";
import { plantDirectories, type Tree } from "../tree.js";
import { waitFor } from "../waiting.js";
import { requireWatches, watchesOf } from "../watches.js";

const SAMPLE = 500;
const WATCH_LIMIT_MS = 120_000;

/** Longer than a look of a script's loop, so that its sleep is not taken for the end. */
const QUIET_MS = 2_000;

export const directories: Question = {
  name: "directories",
  title: "100,000 directories",
  method: `A tree of 101,010 directories, equal on both sides, caches warm. Watching: from the start of the process until the
last of 500 directories chosen at random has been opened by the walk that sets the watches; they are chosen among those that
hold others, as one that holds none need not be opened to be watched. In step: until the start-up
pass is over and the contestant rests. Memory is resident memory of the process that watches, once at rest; bytes a directory is that, less what it needs for an empty tree,
per directory. Watches are counted in \`/proc\`; none where another means than inotify is used.`,
  columns: [
    { key: "watching", heading: "watching after", unit: "s", primary: true },
    { key: "settled", heading: "in step after", unit: "s" },
    { key: "rss", heading: "resident", unit: "MB" },
    { key: "each", heading: "bytes a directory", unit: "bytes" },
    { key: "cpu", heading: "CPU to start", unit: "s" },
    { key: "watches", heading: "watches", unit: "count" },
  ],
  without: ["lsyncd as shipped", "per-event script"],
  async ask(run) {
    const rows: Row[] = [];
    await using empty = await setStage({ road: "module", below: run.below });
    await using full = await setStage({ road: "module", below: run.below });
    const tree = plantDirectories(full.source, run.quick ? [10, 10, 20] : [10, 100, 100]);
    requireWatches(tree.directories);
    for (let round = 0; round < run.rounds; round++) {
      for (const contestant of turns(run.contestants, round)) {
        run.log(`directories: ${contestant.name}`);
        const matter = `${tree.directories.toLocaleString("en")} directories`;
        rows.push(
          await attempt({ contestant: contestant.name, matter, round }, async () => ({
            figures: await measure(contestant, empty, full, tree, run.seed + round),
          })),
        );
      }
    }
    return rows;
  },
};

async function measure(
  contestant: Contestant,
  empty: Stage,
  full: Stage,
  tree: Tree,
  seed: number,
): Promise<Record<string, number | null>> {
  const base = await restingMemory(contestant, empty);
  full.level();
  const random = seeded(seed);
  const inner = [...new Set(tree.leaves.map((leaf) => dirname(leaf)))];
  const sample = new Set<string>();
  while (sample.size < Math.min(SAMPLE, inner.length)) sample.add(random.pick(inner));
  settleDisk();
  await using opens = await observeOpens([...sample]);
  const startedAt = realtime();
  await using running = startRaw(contestant, full);
  const times = contestant.passesBeforeWatch + 1;
  await waitFor(
    () => opens.allOpenedAt(times) !== undefined || !running.alive(),
    WATCH_LIMIT_MS,
    20,
  );
  const { busyAt } = await rest(running, { quietMs: QUIET_MS });
  if (!running.alive()) throw new Error(`it ended by itself: ${running.output()}`);
  const watchingAt = opens.allOpenedAt(times);
  const cpu = running.group.cpuSeconds();
  const { leaderRss } = memoryOf(running.group, running.watcher());
  return {
    watching: watchingAt === undefined ? null : (watchingAt - startedAt) / 1000,
    settled: (busyAt - startedAt) / 1000,
    rss: leaderRss / 1e6,
    each: (leaderRss - base) / tree.directories,
    cpu,
    watches: watchesOf(running.group),
  };
}

async function restingMemory(contestant: Contestant, stage: Stage): Promise<number> {
  await using running = startRaw(contestant, stage);
  await rest(running, { quietMs: QUIET_MS });
  return memoryOf(running.group, running.watcher()).leaderRss;
}

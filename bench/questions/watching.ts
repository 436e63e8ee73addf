/** inotifywait's own trade: how soon is a tree watched, for how much memory, and how fast are events read? */
import { rmSync } from "node:fs";
import { type Watcher, watchers } from "../contestants/watchers.js";
import { memoryOf } from "../group.js";
import { attempt, type Question, type Row, type Run, turns } from "../question.js";
import { realtime } from "../realtime.js";
import { rest } from "../running.js";
import { setStage, settleDisk, type Stage } from "../stage.js";
import { plantDirectories, type Tree } from "../tree.js";
import { requireWatches } from "../watches.js";
import { startWatching, type WatchingRun } from "../watching-run.js";
import { filesOf, type WritePlan } from "../write-plan.js";
import { startWriter } from "../writing.js";

const QUIET_MS = 1_000;
/** The storm goes to so many directories. */
const STORM_DIRECTORIES = 100;
const FILES = 100_000;
const QUICK_FILES = 2_000;
/** Created, modified, closed. */
const EVENTS_PER_FILE = 3;
const EVENTS_OF_STORM = (FILES * EVENTS_PER_FILE).toLocaleString("en");
/** A rate that no machine comes near: each file follows the one before at once. */
const AT_ONCE = 1e9;

export const watching: Question = {
  name: "watching",
  title: "Watching alone",
  method: `Programs that print events, without any replication, each with \`-e create,modify,close_write\` and its lines going to a
file. The trees have no files, and caches are warm. Start: from the start of the process until it says "Watches
established.", the start of Node.js included; setting up: from "Setting up watches" on. Heap is memory that is no part
of a file, less what the same program needs for an empty tree, per directory; the kernel's own part of a watch is not in it.
Then a storm: one process creates, writes and closes files of 1 KB as fast as it can in 100 of the deepest directories,
${EVENTS_OF_STORM} events in all. Events a second are counted from its start until the last line is written, and missed are those
that no line tells of; the writer is quicker in a tree nobody has written in yet, which is a gift of chance to whoever is
asked first: CPU an event is what compares. To be reached: a start no slower than inotifywait's, at most 250 bytes of heap a directory, and for
fanotify under 50 ms to set up, whatever the tree.`,
  reference: "treecast wait -mr",
  columns: [
    { key: "start", heading: "start", unit: "s", primary: true },
    { key: "setup", heading: "setting up", unit: "ms" },
    { key: "startCpu", heading: "CPU to start", unit: "s" },
    { key: "rss", heading: "resident", unit: "MB" },
    { key: "heap", heading: "heap a directory", unit: "bytes" },
    { key: "perSecond", heading: "events/s", unit: "count" },
    { key: "each", heading: "CPU an event", unit: "µs", primary: true },
    { key: "missed", heading: "events missed", unit: "count" },
  ],
  async ask(run) {
    const present = watchers.filter((watcher) => watcher.version() !== undefined);
    const trees = run.quick
      ? [[10, 10, 10]]
      : [
          [10, 100, 100],
          [10, 100, 1_000],
        ];
    const rows: Row[] = [];
    for (const levels of trees) rows.push(...(await askOfTree(present, levels, run)));
    return rows;
  },
};

async function askOfTree(
  present: readonly Watcher[],
  levels: readonly number[],
  run: Run,
): Promise<Row[]> {
  await using empty = await setStage({ road: "local", below: run.below });
  await using full = await setStage({ road: "local", below: run.below });
  const tree = plantDirectories(full.source, levels);
  settleDisk();
  const files = run.quick ? QUICK_FILES : FILES;
  const scene = { empty, full, tree, files, seed: run.seed };
  const matter = `${tree.directories.toLocaleString("en")} directories`;
  const rows: Row[] = [];
  for (let round = 0; round < run.rounds; round++) {
    for (const watcher of turns(present, round)) {
      run.log(`watching: ${watcher.name}, ${matter}`);
      rows.push(
        await attempt({ contestant: watcher.name, matter, round }, async () => {
          if (watcher.byInotify) requireWatches(tree.directories);
          return { figures: await measure(watcher, scene) };
        }),
      );
    }
  }
  return rows;
}

export interface Scene {
  readonly empty: Stage;
  readonly full: Stage;
  readonly tree: Tree;
  readonly files: number;
  readonly seed: number;
}

export async function measure(watcher: Watcher, { empty, full, tree, files, seed }: Scene) {
  const base = await restingMemory(watcher, empty);
  await using one = await startWatching(watcher, full.source, full.scratch("watcher"));
  const startCpu = one.group.cpuSeconds();
  await rest(one, { quietMs: QUIET_MS });
  const { leaderRss, leaderAnonymous } = memoryOf(one.group, one.pid);
  return {
    start: one.startMs / 1000,
    setup: one.setupMs,
    startCpu,
    rss: leaderRss / 1e6,
    heap: (leaderAnonymous - base) / tree.directories,
    ...(await storm(one, full.source, { directories: spread(tree.leaves), files, seed })),
  };
}

async function restingMemory(watcher: Watcher, stage: Stage): Promise<number> {
  await using one = await startWatching(watcher, stage.source, stage.scratch("watcher"));
  await rest(one, { quietMs: QUIET_MS });
  return memoryOf(one.group, one.pid).leaderAnonymous;
}

/** What is written is taken away again: whoever comes next finds the tree as it was. */
async function storm(
  one: WatchingRun,
  root: string,
  work: Pick<WritePlan, "directories" | "files" | "seed">,
) {
  const plan = { ...work, perSecond: AT_ONCE, leastBytes: 1_000, mostBytes: 1_001 };
  const writer = await startWriter();
  await rest(one, { quietMs: QUIET_MS });
  const cpu = one.group.cpuSeconds();
  const since = realtime();
  await writer.write(plan);
  await rest(one, { quietMs: QUIET_MS });
  const used = one.group.cpuSeconds() - cpu;
  const took = one.toldAt() - since;
  const told = one.lines().flatMap((line) => eventsOf(line, root));
  for (const file of filesOf(plan)) rmSync(file);
  settleDisk();
  return {
    perSecond: told.length / (took / 1000),
    each: told.length === 0 ? null : (used / told.length) * 1e6,
    missed: work.files * EVENTS_PER_FILE - new Set(told).size,
  };
}

/** Some of them, from all over the tree. */
function spread(leaves: readonly string[]): string[] {
  const step = Math.max(1, Math.floor(leaves.length / STORM_DIRECTORIES));
  return leaves.filter((_, at) => at % step === 0).slice(0, STORM_DIRECTORIES);
}

const EVENTS: ReadonlySet<string> = new Set(["CREATE", "MODIFY", "CLOSE_WRITE"]);

/** One line may tell of several events of a file, and of files elsewhere. */
function eventsOf(line: string, root: string): string[] {
  const at = line.indexOf(" ");
  const path = line.slice(at + 1);
  if (!path.startsWith(`${root}/`) || !path.includes("/file-")) return [];
  const names = line.slice(0, at).split(",");
  return names.filter((name) => EVENTS.has(name)).map((name) => `${name} ${path}`);
}

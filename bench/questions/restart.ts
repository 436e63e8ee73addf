/** A restart over a large tree that changed a little meanwhile: how soon is the replica right again? */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Contestant } from "../contestants/contestant.js";
import { treecast, treecastWith } from "../contestants/treecast.js";
import { differ } from "../census.js";
import { untilEqual } from "../equality.js";
import { memoryOf } from "../group.js";
import { attempt, turns, type Question, type Row, type Run } from "../question.js";
import { seeded } from "../random.js";
import { realtime } from "../realtime.js";
import { rest, start, startRaw } from "../running.js";
import { setStage, settleDisk, type Stage } from "../stage.js";
import { plantTree, type Tree } from "../tree.js";
import { rsyncOnce, YARDSTICK } from "../yardstick.js";

const CHANGES = 20;

/** Longer than the sleep of a script's loop, so that it is not taken for the end. */
const QUIET_MS = 2_000;

/** What the index is worth: the same program, which then compares with the replica at each start. */
const withoutIndex = treecastWith({
  name: "treecast, index: off",
  about: "treecast without its index",
  settings: { index: "off", guard: "off" },
});

interface Matter {
  readonly levels: readonly number[];
  /** Undefined: all contestants of the run. */
  readonly contestants?: readonly Contestant[];
  readonly hasYardstick: boolean;
}

const FILES_PER_LEAF = 100;

const MATTERS: readonly Matter[] = [
  { levels: [10, 100], hasYardstick: false },
  { levels: [100, 100], contestants: [treecast, withoutIndex], hasYardstick: true },
];

const QUICK_MATTERS: readonly Matter[] = MATTERS.map((matter, index) => ({
  ...matter,
  levels: index === 0 ? [10, 10] : [10, 30],
}));

export const restart: Question = {
  name: "restart",
  title: "Restart over a large tree",
  method: `Many files of 100–2,000 bytes, a hundred in a directory, in step. The contestant is stopped in good order,
twenty files are changed, and it is started again with whatever state it keeps. Time is from its start until the replica
equals the source, and until it rests; CPU on both ends until then; bytes are what the daemon received; resident memory
is that of the process that watches, at rest. Caches are warm. Over a million files treecast is asked with and without
its index, beside one \`rsync -a --delete\` of the same twenty changes.`,
  columns: [
    { key: "equal", heading: "equal after", unit: "s", primary: true },
    { key: "settled", heading: "at rest after", unit: "s" },
    { key: "cpu", heading: "CPU, sender", unit: "s" },
    { key: "receiverCpu", heading: "CPU, receiver", unit: "s" },
    { key: "sent", heading: "received", unit: "MB" },
    { key: "rss", heading: "resident", unit: "MB" },
    { key: "left", heading: "entries that differ", unit: "count" },
  ],
  without: ["lsyncd as shipped", "per-event script"],
  async ask(run) {
    const rows: Row[] = [];
    for (const matter of run.quick ? QUICK_MATTERS : MATTERS)
      rows.push(...(await askOf(run, matter)));
    return rows;
  },
};

async function askOf(run: Run, { levels, contestants, hasYardstick }: Matter): Promise<Row[]> {
  const asked = contestants ?? run.contestants;
  if (!asked.some(({ name }) => run.contestants.some((each) => each.name === name))) return [];
  const rows: Row[] = [];
  await using stage = await setStage({ road: "module", below: run.below });
  const tree = plantTree(stage.source, {
    levels,
    filesPerLeaf: FILES_PER_LEAF,
    leastBytes: 100,
    mostBytes: 2_000,
    seed: run.seed,
  });
  const matter = `${tree.files.toLocaleString("en")} files`;
  for (let round = 0; round < run.rounds; round++) {
    for (const contestant of turns(asked, round)) {
      run.log(`restart: ${matter}: ${contestant.name}`);
      rows.push(
        await attempt({ contestant: contestant.name, matter, round }, async () => ({
          figures: await measure(contestant, stage, tree, run.seed + round),
        })),
      );
    }
    if (!hasYardstick) continue;
    run.log(`restart: ${matter}: ${YARDSTICK}`);
    stage.level();
    changeSome(tree, run.seed + round);
    const { tookMs, cpu } = await rsyncOnce(stage);
    const figures = { equal: tookMs / 1000, settled: tookMs / 1000, cpu };
    rows.push({ contestant: YARDSTICK, matter, round, figures });
  }
  return rows;
}

function changeSome(tree: Tree, seed: number): void {
  const random = seeded(seed);
  for (let change = 0; change < CHANGES; change++) {
    appendFileSync(join(random.pick(tree.leaves), "f0"), "changed while nobody looked\n");
  }
  settleDisk();
}

async function measure(contestant: Contestant, stage: Stage, tree: Tree, seed: number) {
  stage.level();
  const scratch = await runOnce(contestant, stage);
  changeSome(tree, seed);
  const rsyncd = stage.rsyncd!;
  const before = { cpu: rsyncd.group.cpuSeconds(), bytes: rsyncd.traffic().receivedBytes };
  const since = realtime();
  await using running = startRaw(contestant, stage, scratch);
  const { afterMs, left } = await untilEqual(stage.source, stage.replica, {
    since,
    patienceMs: contestant.patienceMs + 10_000,
    limitMs: 120_000,
  });
  const { busyAt } = await rest(running, { quietMs: QUIET_MS });
  if (!running.alive()) throw new Error(`it ended by itself: ${running.output()}`);
  return {
    equal: afterMs === null ? null : afterMs / 1000,
    settled: (busyAt - since) / 1000,
    cpu: running.group.cpuSeconds(),
    receiverCpu: rsyncd.group.cpuSeconds() - before.cpu,
    sent: (rsyncd.traffic().receivedBytes - before.bytes) / 1e6,
    rss: memoryOf(running.group, running.watcher()).leaderRss / 1e6,
    left: differ(left),
  };
}

/** Lets it get in step and stops it; returns where its state lies. */
async function runOnce(contestant: Contestant, stage: Stage): Promise<string> {
  await using running = await start(contestant, stage);
  await rest(running, { quietMs: QUIET_MS });
  return running.scratch;
}

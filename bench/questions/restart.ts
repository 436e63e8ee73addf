/** A restart over a large tree that changed a little meanwhile: how soon is the replica right again? */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Contestant } from "../contestants/contestant.js";
import { differ } from "../census.js";
import { untilEqual } from "../equality.js";
import { attempt, turns, type Question, type Row } from "../question.js";
import { seeded } from "../random.js";
import { realtime } from "../realtime.js";
import { rest, start, startRaw } from "../running.js";
import { setStage, settleDisk, type Stage } from "../stage.js";
import { plantTree, type Tree } from "../tree.js";

const CHANGES = 20;

/** Longer than the sleep of a script's loop, so that it is not taken for the end. */
const QUIET_MS = 2_000;

export const restart: Question = {
  name: "restart",
  title: "Restart over 100,000 files",
  method: `100,000 files in 1,000 directories, in step. The contestant is stopped in good order, twenty files are
changed, and it is started again with whatever state it keeps. Time is from its start until the replica equals the
source, and until it rests; CPU on both ends until then; bytes are what the daemon received. Caches are warm.`,
  columns: [
    { key: "equal", heading: "equal after", unit: "s", primary: true },
    { key: "settled", heading: "at rest after", unit: "s" },
    { key: "cpu", heading: "CPU, sender", unit: "s" },
    { key: "receiverCpu", heading: "CPU, receiver", unit: "s" },
    { key: "sent", heading: "received", unit: "MB" },
    { key: "left", heading: "entries that differ", unit: "count" },
  ],
  without: ["lsyncd as shipped", "per-event script"],
  async ask(run) {
    const rows: Row[] = [];
    await using stage = await setStage({ road: "module", below: run.below });
    const tree = plantTree(stage.source, {
      levels: run.quick ? [10, 10] : [10, 100],
      filesPerLeaf: 100,
      leastBytes: 100,
      mostBytes: 2_000,
      seed: run.seed,
    });
    for (let round = 0; round < run.rounds; round++) {
      for (const contestant of turns(run.contestants, round)) {
        run.log(`restart: ${contestant.name}`);
        const matter = `${tree.files.toLocaleString("en")} files`;
        rows.push(
          await attempt({ contestant: contestant.name, matter, round }, async () => ({
            figures: await measure(contestant, stage, tree, run.seed + round),
          })),
        );
      }
    }
    return rows;
  },
};

async function measure(contestant: Contestant, stage: Stage, tree: Tree, seed: number) {
  stage.level();
  const scratch = await runOnce(contestant, stage);
  const random = seeded(seed);
  for (let change = 0; change < CHANGES; change++) {
    appendFileSync(join(random.pick(tree.leaves), "f0"), "changed while nobody looked\n");
  }
  settleDisk();
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
    left: differ(left),
  };
}

/** Lets it get in step and stops it; returns where its state lies. */
async function runOnce(contestant: Contestant, stage: Stage): Promise<string> {
  await using running = await start(contestant, stage);
  await rest(running, { quietMs: QUIET_MS });
  return running.scratch;
}

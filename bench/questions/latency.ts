/** How long does a single change take, from close to visible? */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { observe, type Observer } from "../arrivals.js";
import { isSlow, type Contestant } from "../contestants/contestant.js";
import { attempt, turns, type Question, type Row, type Run } from "../question.js";
import { seeded } from "../random.js";
import { realtime } from "../realtime.js";
import { start } from "../running.js";
import { setStage, settleDisk, type Road, type Stage } from "../stage.js";
import { quantile } from "../statistics.js";
import { plantTree, type TreePlan } from "../tree.js";
import { pause, waitFor } from "../waiting.js";

interface Matter {
  readonly name: string;
  readonly road: Road;
  readonly tree: TreePlan;
}

const small = { levels: [10], filesPerLeaf: 10, leastBytes: 1000, mostBytes: 20_000, seed: 1 };
const large = { levels: [10, 100], filesPerLeaf: 100, leastBytes: 100, mostBytes: 2_000, seed: 1 };

const MATTERS: readonly Matter[] = [
  { name: "rsync module", road: "module", tree: small },
  { name: "ssh", road: "ssh", tree: small },
  { name: "local path", road: "local", tree: small },
  { name: "rsync module, tree of 100,000 files", road: "module", tree: large },
];

const BYTES = 20_000;

export const latency: Question = {
  name: "latency",
  title: "One change: close → visible on the replica",
  method: `A file of 20 KB is written and closed; the time to its appearance under its final name on the replica is
taken by an inotify watch of the bench's own. One change at a time, at irregular intervals of 0.15–0.85 s after the last
one arrived; half of them new files, half rewrites of files already there. The contestant is idle before each change.`,
  columns: [
    { key: "p50", heading: "p50", unit: "ms", primary: true },
    { key: "p95", heading: "p95", unit: "ms" },
    { key: "max", heading: "max", unit: "ms" },
    { key: "changes", heading: "changes", unit: "count" },
    { key: "missed", heading: "missed", unit: "count" },
  ],
  async ask(run) {
    const matters = run.quick ? MATTERS.slice(0, 2) : MATTERS;
    const rows: Row[] = [];
    for (const matter of matters) {
      await using stage = await setStage({ road: matter.road, below: run.below });
      plantTree(stage.source, matter.tree);
      mkdirSync(join(stage.source, "changing"));
      for (let round = 0; round < run.rounds; round++) {
        for (const contestant of turns(run.contestants, round)) {
          if (!contestant.roads.includes(matter.road)) continue;
          if (isSlow(contestant) && matter !== matters[0]) continue;
          run.log(`latency: ${matter.name}: ${contestant.name}`);
          rows.push(await measure(contestant, stage, matter.name, round, run));
        }
      }
    }
    return rows;
  },
};

function changesFor(contestant: Contestant, run: Run): number {
  if (isSlow(contestant)) return run.quick ? 1 : 4;
  return run.quick ? 12 : 50;
}

function measure(contestant: Contestant, stage: Stage, matter: string, round: number, run: Run) {
  return attempt({ contestant: contestant.name, matter, round }, async () => {
    stage.level();
    await using running = await start(contestant, stage);
    await using observer = await observe([join(stage.replica, "changing")]);
    settleDisk();
    const random = seeded(run.seed + round);
    const changes = changesFor(contestant, run);
    const delays: number[] = [];
    for (let number = 0; number < changes; number++) {
      await pause(random.between(150, 850));
      const name = `file-${round}-${number % Math.ceil(changes / 2)}`;
      const delay = await oneChange(stage, observer, name, number, contestant.patienceMs * 2);
      if (delay !== undefined) delays.push(delay);
      if (!running.alive()) throw new Error(`it ended by itself: ${running.output()}`);
    }
    return {
      figures: {
        p50: quantile(delays, 0.5),
        p95: quantile(delays, 0.95),
        max: quantile(delays, 1),
        changes,
        missed: changes - delays.length,
      },
    };
  });
}

async function oneChange(
  stage: Stage,
  observer: Observer,
  name: string,
  filling: number,
  limitMs: number,
): Promise<number | undefined> {
  observer.forget();
  const content = Buffer.alloc(BYTES + filling, filling + 1);
  const descriptor = openSync(join(stage.source, "changing", name), "w");
  writeSync(descriptor, content);
  closeSync(descriptor);
  const closedAt = realtime();
  const path = join(stage.replica, "changing", name);
  if (!(await waitFor(() => observer.arrivals.has(path), limitMs, 10))) return undefined;
  return observer.arrivals.get(path)!.first - closedAt;
}

/** More happened than the kernel's queue holds: what is lost, and how soon is it right again? */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Contestant } from "../contestants/contestant.js";
import { differ, samplesOf } from "../census.js";
import { untilEqual } from "../equality.js";
import { attempt, turns, type Question, type Row } from "../question.js";
import { realtime } from "../realtime.js";
import { rest, start } from "../running.js";
import { setStage, settleDisk, type Stage } from "../stage.js";
import { plantTree } from "../tree.js";
import { rsyncOnce, YARDSTICK } from "../yardstick.js";

/** A new file is told at least as created and as closed. */
const EVENTS_PER_FILE = 2;
const LIMIT_MS = 180_000;
/** The tree that is there before: an overflow names no place, so all of it is in doubt. */
const KNOWN_FILES = 100_000;

export const overflow: Question = {
  name: "overflow",
  title: "An overflow of the kernel's queue",
  method: `100,000 files in step. Every process of the contestant is stopped (SIGSTOP), as on a machine that is far too
busy; meanwhile 100,000 files of 1 KB are made in 100 directories that are there already (200,000 events or more; the
queue holds 16,384), and a tenth of the known tree is deleted. Then it goes on. Time is from there until the replica
equals the source. The yardstick is one \`rsync -a --delete\` of the same differences.`,
  columns: [
    { key: "after", heading: "equal after", unit: "s", primary: true },
    { key: "left", heading: "entries that differ", unit: "count" },
    { key: "sent", heading: "received", unit: "MB" },
    { key: "cpu", heading: "CPU", unit: "s" },
  ],
  without: ["lsyncd as shipped", "per-event script"],
  async ask(run) {
    const rows: Row[] = [];
    const files = run.quick ? 12_000 : 100_000;
    const matter = `${(files * EVENTS_PER_FILE).toLocaleString("en")} events`;
    const known = run.quick ? KNOWN_FILES / 20 : KNOWN_FILES;
    for (let round = 0; round < run.rounds; round++) {
      for (const contestant of [...turns(run.contestants, round), undefined]) {
        const name = contestant?.name ?? YARDSTICK;
        run.log(`overflow: ${name}`);
        await using stage = await setStage({ road: "module", below: run.below });
        plant(stage, known, run.seed);
        rows.push(
          await attempt({ contestant: name, matter, round }, () =>
            contestant === undefined ? plain(stage, files) : measure(contestant, stage, files),
          ),
        );
      }
    }
    return rows;
  },
};

function plant(stage: Stage, files: number, seed: number): void {
  plantTree(join(stage.source, "known"), {
    levels: [10, files / 1_000],
    filesPerLeaf: 100,
    leastBytes: 100,
    mostBytes: 2_000,
    seed,
  });
  for (let number = 0; number < DIRECTORIES; number++) mkdirSync(directory(stage, number));
  stage.level();
}

const DIRECTORIES = 100;

function directory({ source }: Stage, number: number): string {
  return join(source, `new-${number % DIRECTORIES}`);
}

function change(stage: Stage, files: number): void {
  const content = Buffer.alloc(1_000, "x");
  for (let number = 0; number < files; number++) {
    writeFileSync(join(directory(stage, number), `file-${number}`), content);
  }
  rmSync(join(stage.source, "known/d000"), { recursive: true });
}

async function measure(contestant: Contestant, stage: Stage, files: number) {
  await using running = await start(contestant, stage);
  settleDisk();
  const before = stage.rsyncd!.traffic();
  const cpu = running.group.cpuSeconds();
  signal(running.group.pids(), "SIGSTOP");
  change(stage, files);
  signal(running.group.pids(), "SIGCONT");
  const { afterMs, left } = await untilEqual(stage.source, stage.replica, {
    since: realtime(),
    patienceMs: contestant.patienceMs + 10_000,
    limitMs: LIMIT_MS,
  });
  await rest(running, { limitMs: 20_000 });
  if (!running.alive()) throw new Error(`it ended by itself: ${running.output()}`);
  return {
    figures: {
      after: afterMs === null ? null : afterMs / 1000,
      left: differ(left),
      sent: (stage.rsyncd!.traffic().receivedBytes - before.receivedBytes) / 1e6,
      cpu: running.group.cpuSeconds() - cpu,
    },
    samples: samplesOf(left),
  };
}

async function plain(stage: Stage, files: number) {
  change(stage, files);
  settleDisk();
  const { tookMs, cpu } = await rsyncOnce(stage);
  return { figures: { after: tookMs / 1000, left: 0, cpu } };
}

function signal(pids: readonly number[], name: "SIGSTOP" | "SIGCONT"): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It ended between the look and the signal.
    }
  }
}

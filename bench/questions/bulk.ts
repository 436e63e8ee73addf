/** A whole tree at once: copied in, renamed, deleted. How soon is the replica the same? */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { differ, samplesOf } from "../census.js";
import { untilEqual } from "../equality.js";
import type { Contestant } from "../contestants/contestant.js";
import { attempt, turns, type Question, type Row } from "../question.js";
import { realtime } from "../realtime.js";
import { rest, start, type Running } from "../running.js";
import { setStage, settleDisk, type Stage } from "../stage.js";
import { plantTree } from "../tree.js";
import { waitFor } from "../waiting.js";
import { rsyncOnce, YARDSTICK } from "../yardstick.js";

const LIMIT_MS = 180_000;

/** Who has everything across and is busy for longer than this is not waited for. */
const BUSY_LIMIT_MS = 20_000;

interface Step {
  readonly matter: string;
  command(stage: Stage, template: string): readonly [string, ...string[]];
}

const STEPS: readonly [Step, ...Step[]] = [
  { matter: "cp -a", command: ({ source }, from) => ["cp", "-a", from, join(source, "tree")] },
  {
    matter: "rename",
    command: ({ source }) => ["mv", join(source, "tree"), join(source, "renamed")],
  },
  { matter: "rm -rf", command: ({ source }) => ["rm", "-rf", join(source, "renamed")] },
];

export const bulk: Question = {
  name: "bulk",
  title: "A tree of 20,000 files: copied in, renamed, deleted",
  method: `1,000 directories, nested, with 20,000 files of 1–20 KB. One command at the source, then the time from the
command's end until the replica equals the source: the same entries, kinds, sizes and links, then compared byte by byte.
The moment is read from the newest change time on the replica (exact to some ms). Bytes are what the daemon received,
names and content. The yardstick is one \`rsync -a --delete\` started when the command has ended. A step that was not
finished within three minutes, or that came to rest unequal, is shown with the number of entries that differ. CPU and
rsync runs of who is still busy twenty seconds later are lower bounds.`,
  columns: [
    { key: "after", heading: "equal after", unit: "s", primary: true },
    { key: "left", heading: "entries that differ", unit: "count" },
    { key: "sent", heading: "received", unit: "MB" },
    { key: "cpu", heading: "CPU", unit: "s" },
    { key: "sessions", heading: "rsync runs", unit: "count" },
  ],
  without: ["lsyncd as shipped"],
  async ask(run) {
    const rows: Row[] = [];
    await using stage = await setStage({ road: "module", below: run.below });
    const template = join(stage.directory, "template");
    const levels = run.quick ? [10, 10] : [10, 10, 10];
    plantTree(template, {
      levels,
      filesPerLeaf: 20,
      leastBytes: 1_000,
      mostBytes: 20_000,
      seed: run.seed,
    });
    for (let round = 0; round < run.rounds; round++) {
      for (const contestant of turns(run.contestants, round)) {
        run.log(`bulk: ${contestant.name}`);
        stage.clear();
        rows.push(...(await walkThrough(contestant, stage, template, round)));
      }
      run.log(`bulk: ${YARDSTICK}`);
      stage.clear();
      for (const step of STEPS) rows.push(await plain(stage, step, template, round));
    }
    return rows;
  },
};

/** All steps, one after the other, by one running contestant. */
async function walkThrough(
  contestant: Contestant,
  stage: Stage,
  template: string,
  round: number,
): Promise<Row[]> {
  const rows: Row[] = [];
  const [first] = STEPS;
  const whole = await attempt(
    { contestant: contestant.name, matter: first.matter, round },
    async () => {
      await using running = await start(contestant, stage);
      for (const step of STEPS) {
        const row = await watched(running, stage, step, template, round);
        rows.push(row);
        if (row.note !== undefined) break;
      }
      return { figures: {} };
    },
  );
  return whole.note === undefined ? rows : [...rows, whole];
}

function watched(running: Running, stage: Stage, step: Step, template: string, round: number) {
  const { contestant } = running;
  return attempt({ contestant: contestant.name, matter: step.matter, round }, async () => {
    settleDisk();
    const before = meters();
    const since = await runCommand(step.command(stage, template));
    const { afterMs, left } = await untilEqual(stage.source, stage.replica, {
      since,
      patienceMs: contestant.patienceMs,
      limitMs: LIMIT_MS,
    });
    // The daemon counts a session's bytes when it ends; a script may have a backlog of thousands.
    const { resting } = await rest(running, { limitMs: BUSY_LIMIT_MS });
    const after = meters();
    // What one step left undone must not be held against the next one.
    if (afterMs === null) stage.level();
    return {
      figures: {
        after: afterMs === null ? null : afterMs / 1000,
        left: differ(left),
        sent: (after.receivedBytes - before.receivedBytes) / 1e6,
        cpu: after.cpu - before.cpu,
        sessions: after.sessions - before.sessions,
      },
      samples: samplesOf(left),
      ...(resting ? {} : { note: "still at work on a backlog of events, so not asked further" }),
    };
  });

  function meters() {
    const { sessions = 0, receivedBytes = 0 } = stage.rsyncd?.traffic() ?? {};
    return { sessions, receivedBytes, cpu: running.group.cpuSeconds() };
  }
}

function plain(stage: Stage, step: Step, template: string, round: number) {
  return attempt({ contestant: YARDSTICK, matter: step.matter, round }, async () => {
    settleDisk();
    await runCommand(step.command(stage, template));
    const before = stage.rsyncd!.traffic();
    const { tookMs, cpu } = await rsyncOnce(stage);
    // The daemon writes its log a moment after the client has ended.
    await waitFor(() => stage.rsyncd!.traffic().ended > before.ended, 5_000);
    const sent = stage.rsyncd!.traffic().receivedBytes - before.receivedBytes;
    return { figures: { after: tookMs / 1000, left: 0, sent: sent / 1e6, cpu, sessions: 1 } };
  });
}

/** Runs one command to its end and returns the time of that. */
async function runCommand([program, ...args]: readonly [string, ...string[]]): Promise<number> {
  const child = spawn(program, args, { stdio: "ignore" });
  const status = await new Promise((resolve, reject) => {
    child.once("exit", resolve);
    child.once("error", reject);
  });
  const at = realtime();
  if (status !== 0) throw new Error(`Cannot run ${program}: it ended with ${String(status)}`);
  return at;
}

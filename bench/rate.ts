/** New files at an even rate, measured at the replica: the core of two questions. */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { observe } from "./arrivals.js";
import { census, compare } from "./census.js";
import type { Contestant } from "./contestants/contestant.js";
import type { Column } from "./question.js";
import { rest, start } from "./running.js";
import { settleDisk, type Stage } from "./stage.js";
import { quantile } from "./statistics.js";
import { pause } from "./waiting.js";
import { filesOf } from "./write-plan.js";
import { startWriter } from "./writing.js";

export interface RatePlan {
  readonly perSecond: number;
  readonly seconds: number;
  readonly seed: number;
}

/** The tutorials' sizes. */
const LEAST_BYTES = 10 * 1024;
const MOST_BYTES = 50 * 1024;

/** Files are spread over so many directories, made beforehand: one huge directory is another test. */
const DIRECTORIES = 20;

/** Longer than this after the last write, nobody waits for the rest. */
const DRAIN_LIMIT_MS = 90_000;

/** Who works on a backlog for longer than this is stopped; its CPU time is then a lower bound. */
export const BUSY_LIMIT_MS = 20_000;

export interface RateFigures extends Record<string, number | null> {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  /** Not on the replica, or not as at the source, when the contestant had come to rest. */
  readonly missed: number;
  /** From the last close to the last arrival, s; null when something was missed. */
  readonly drain: number | null;
  /** From the last close until the contestant came to rest, s; it may work long after the arrivals. */
  readonly busy: number;
  readonly cpu: number;
  readonly receiverCpu: number | null;
  /** rsync clients started, counted by the daemon. */
  readonly sessions: number | null;
  /** How late the writer was at worst, ms. */
  readonly behind: number;
}

/** The figures as a table shows them. */
export const RATE_COLUMNS: readonly Column[] = [
  { key: "p50", heading: "p50", unit: "ms", primary: true },
  { key: "p99", heading: "p99", unit: "ms" },
  { key: "max", heading: "max", unit: "ms" },
  { key: "missed", heading: "missed", unit: "count" },
  { key: "drain", heading: "drain", unit: "s" },
  { key: "busy", heading: "busy", unit: "s" },
  { key: "cpu", heading: "CPU", unit: "s" },
  { key: "sessions", heading: "rsync runs", unit: "count" },
  { key: "behind", heading: "writer late by", unit: "ms" },
];

function directoriesBelow(root: string): string[] {
  return Array.from({ length: DIRECTORIES }, (_, number) => join(root, `d${number}`));
}

export function rateStage(stage: Stage): void {
  stage.clear();
  for (const side of [stage.source, stage.replica]) {
    for (const directory of directoriesBelow(side)) mkdirSync(directory);
  }
}

export function ratePlan(stage: Stage, { perSecond, seconds, seed }: RatePlan) {
  return {
    directories: directoriesBelow(stage.source),
    files: Math.round(perSecond * seconds),
    perSecond,
    leastBytes: LEAST_BYTES,
    mostBytes: MOST_BYTES,
    seed,
  };
}

/** The stage must be fresh from `rateStage`. */
export async function measureRate(
  contestant: Contestant,
  stage: Stage,
  plan: RatePlan,
): Promise<RateFigures> {
  const writing = ratePlan(stage, plan);
  await using running = await start(contestant, stage);
  await using observer = await observe(directoriesBelow(stage.replica));
  const writer = await startWriter();
  settleDisk();
  const before = meters();
  const { closedAt, behindMs } = await writer.write(writing);
  const names = filesOf(writing).map((file) => file.slice(stage.source.length));
  await untilQuiet(
    () => observer.arrivals.size >= names.length,
    () => observer.arrivals.size,
  );
  // What follows a delivery (rsync's end, bookkeeping, a backlog of events) belongs to its cost.
  const { busyAt } = await rest(running, { limitMs: BUSY_LIMIT_MS });
  const after = meters();

  const delays: number[] = [];
  let lastArrival = 0;
  let absent = 0;
  for (const [number, name] of names.entries()) {
    const at =
      observer.arrivals.get(stage.replica + name)?.first ?? unobserved(stage.replica + name);
    if (at === undefined) absent++;
    else {
      delays.push(at - closedAt[number]!);
      lastArrival = Math.max(lastArrival, at);
    }
  }
  const left = compare(census(stage.source), census(stage.replica), { contents: true });
  return {
    p50: quantile(delays, 0.5),
    p99: quantile(delays, 0.99),
    max: quantile(delays, 1),
    missed: left.missing.length + left.wrong.length,
    drain: absent > 0 ? null : Math.max(0, lastArrival - closedAt.at(-1)!) / 1000,
    busy: Math.max(0, busyAt - closedAt.at(-1)!) / 1000,
    cpu: after.cpu - before.cpu,
    receiverCpu: difference(after.receiverCpu, before.receiverCpu),
    sessions: difference(after.sessions, before.sessions),
    behind: behindMs,
  };

  function meters() {
    return {
      cpu: running.group.cpuSeconds(),
      receiverCpu: (stage.rsyncd ?? stage.sshd)?.group.cpuSeconds() ?? null,
      sessions: stage.rsyncd?.traffic().sessions ?? null,
    };
  }

  async function untilQuiet(done: () => boolean, progress: () => number): Promise<void> {
    const giveUpAt = performance.now() + DRAIN_LIMIT_MS;
    let seen = -1;
    let movedAt = performance.now();
    while (!done() && performance.now() < giveUpAt) {
      if (progress() !== seen) {
        seen = progress();
        movedAt = performance.now();
      }
      if (performance.now() - movedAt > contestant.patienceMs || !running.alive()) return;
      await pause(50);
    }
  }
}

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}

/** The observer's own queue may overflow; the file's ctime is then the next best witness. */
function unobserved(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ctimeMs;
}

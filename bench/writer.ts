/**
 * The writing process: makes new files at an even rate and notes when each one was closed.
 *
 * The rate is open-loop: a file is due at its time whatever happened to the ones before, so a slow
 * moment is caught up and not hidden. Runs as a child of the bench and speaks over its channel.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { seeded } from "./random.js";
import { realtime } from "./realtime.js";

export interface WritePlan {
  /** These exist already; files go to them in turn. */
  readonly directories: readonly string[];
  readonly files: number;
  readonly perSecond: number;
  readonly leastBytes: number;
  readonly mostBytes: number;
  readonly seed: number;
}

export interface WriteResult {
  /** When each file was closed, ms; in the order of `filesOf`. */
  readonly closedAt: readonly number[];
  /** The most a file came after its due time, ms: what the writer itself could not hold. */
  readonly behindMs: number;
}

/** The names a plan writes, in order. */
export function filesOf(plan: WritePlan): string[] {
  return Array.from({ length: plan.files }, (_, number) => {
    const directory = plan.directories[number % plan.directories.length] ?? "";
    return join(directory, `file-${String(number).padStart(6, "0")}`);
  });
}

function write(plan: WritePlan): WriteResult {
  const random = seeded(plan.seed);
  // One block of noise; each file is a window of it, so no two neighbours are alike.
  const noise = Buffer.from(Uint8Array.from({ length: 1 << 18 }, () => random.below(256)));
  const closedAt: number[] = [];
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const start = realtime();
  let behindMs = 0;
  for (const [number, file] of filesOf(plan).entries()) {
    const due = start + (number * 1000) / plan.perSecond;
    const early = due - realtime();
    if (early > 0) Atomics.wait(sleeper, 0, 0, early);
    const size = random.between(plan.leastBytes, plan.mostBytes);
    const from = random.below(noise.length - size);
    const descriptor = openSync(file, "wx");
    writeSync(descriptor, noise, from, size);
    closeSync(descriptor);
    const at = realtime();
    closedAt.push(at);
    behindMs = Math.max(behindMs, at - due);
  }
  return { closedAt, behindMs };
}

if (process.send !== undefined) {
  process.on("message", (plan: WritePlan) => {
    process.send?.(write(plan));
    process.disconnect();
  });
  process.send("ready");
}

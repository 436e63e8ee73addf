/**
 * The writing process: makes new files at an even rate and notes when each one was closed.
 *
 * The rate is open-loop: a file is due at its time whatever happened to the ones before, so a slow
 * moment is caught up and not hidden. The entry of a child of the bench, which speaks over its channel;
 * nobody imports it.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { seeded } from "./random.js";
import { realtime } from "./realtime.js";
import { filesOf, type WritePlan, type WriteResult } from "./write-plan.js";

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

process.on("message", (plan: WritePlan) => {
  // The channel is closed only once the answer has left: it may be long.
  process.send?.(write(plan), () => process.disconnect());
});
process.send?.("ready");

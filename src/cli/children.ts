/**
 * The last resort at the end of the process: nothing it has started outlives it.
 *
 * In the ordinary course sessions end by themselves. This is for the other courses: a second signal,
 * an uncaught error. What we start inherits a mark in its environment, so that even what has left its
 * group and its parent, as ssh's shared connection does, is known for ours.
 */
import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";

const MARK = "TREECAST_STARTED_BY";

/** A child that forks while we look is found in the next round. */
const ROUNDS = 5;

/** From now on every end of this process that Node can see kills what it has started since. */
export function endChildrenAtExit(): void {
  const mark = `${process.pid}-${randomUUID()}`;
  process.env[MARK] = mark;
  process.on("exit", () => {
    for (let round = 0; round < ROUNDS; round++) {
      const marked = processesWith(`${MARK}=${mark}`);
      if (marked.length === 0) return;
      for (const pid of marked) kill(pid);
    }
  });
}

/** Our own environment as /proc shows it is the one we were started with, without the mark. */
function processesWith(variable: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(variable))
    .map(Number);
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
  } catch {
    return []; // it has ended, or is another user's
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

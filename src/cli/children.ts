/**
 * The last resort at the end of the process: nothing it has started outlives it.
 *
 * In the ordinary course sessions end by themselves. This is for the other courses: a second signal,
 * an uncaught error.
 */
import { readFileSync, readdirSync } from "node:fs";

/** From now on every end of this process that Node can see kills what it has started. */
export function endChildrenAtExit(): void {
  process.on("exit", killChildren);
}

/** Kills the process groups of all children; each child leads a group of its own. */
function killChildren(): void {
  for (const child of childrenOf(process.pid)) {
    try {
      process.kill(-child, "SIGKILL");
    } catch {
      // It has ended, or leads no group and is none of ours to kill by group.
    }
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === parent)
    .map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in brackets may hold anything; the state and the parent follow it.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

/** Which processes there are, read from /proc: to prove that none is left behind. */
import { readdirSync, readFileSync } from "node:fs";

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly arguments: readonly string[];
}

export function processes(): RunningProcess[] {
  const found: RunningProcess[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const [state = "Z", parent = "0"] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z") continue;
      const words = readFileSync(`/proc/${name}/cmdline`, "latin1").split("\0").slice(0, -1);
      found.push({ pid: Number(name), parent: Number(parent), arguments: words });
    } catch {
      // It ended while we read.
    }
  }
  return found;
}

/** Processes of which an argument contains the text; a test's own directory makes a good one. */
export function processesNaming(text: string): RunningProcess[] {
  return processes().filter((each) => each.arguments.some((word) => word.includes(text)));
}

/** All processes a process has started, and theirs. */
export function descendantsOf(pid: number): RunningProcess[] {
  const all = processes();
  const below = (parent: number): RunningProcess[] =>
    all.filter((each) => each.parent === parent).flatMap((each) => [each, ...below(each.pid)]);
  return below(pid);
}

/** Signals each of them; one that ended by itself since it was found is passed over. */
export function signalAll(
  found: readonly Pick<RunningProcess, "pid">[],
  signal: NodeJS.Signals,
): void {
  for (const { pid } of found) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

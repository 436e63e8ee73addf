/** The name of this process among others: `pidof inotifywait` and `pkill inotifywait` go by it. */
import { writeFileSync } from "node:fs";

/** `program` is the name of the link it was called by; a name with a blank in it is none. */
export function showProcessName(program: string): void {
  if (program.includes(" ")) return;
  try {
    writeFileSync("/proc/self/comm", program);
  } catch {
    // Nothing depends on it here.
  }
}

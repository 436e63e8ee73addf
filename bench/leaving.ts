/**
 * What must be undone even when the bench is stopped halfway: children run in groups of their own
 * and would outlive it.
 */

const duties = new Set<() => void>();

/** Runs `duty` (synchronous) when the process ends, unless the returned function was called before. */
export function onLeaving(duty: () => void): () => void {
  duties.add(duty);
  return () => duties.delete(duty);
}

process.once("exit", () => {
  // The latest first: a contestant before the stage it plays on.
  for (const duty of [...duties].reverse()) {
    try {
      duty();
    } catch (error) {
      console.error(`Cannot clean up: ${String(error)}`);
    }
  }
});

/** Called by the program, not by importing: a test that uses a part keeps its own signals. */
export function leaveOnSignals(): void {
  for (const [name, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
  ] as const) {
    // 128 + the signal's number is what a shell reports of a program that a signal ended.
    process.once(name, () => process.exit(128 + number));
  }
}

/** Waiting until a replica equals its source, and telling when that was. */
import { census, compare, differ, type Differences } from "./census.js";
import { pause } from "./waiting.js";

export interface Equality {
  /** From `since` to the last change that made them equal, ms; null when they never were. */
  readonly afterMs: number | null;
  /** What was left at the end, contents compared byte by byte. */
  readonly left: Differences;
}

export interface EqualityOptions {
  /** `realtime()` of the moment the source had its final state. */
  readonly since: number;
  /** Gives up when the replica has not changed for so long, ms. */
  readonly patienceMs: number;
  readonly limitMs: number;
}

/**
 * The source must be at rest. Looks from time to time, and rarely, so as to disturb little: the
 * moment itself is read from the newest ctime on the replica, not from the look that found it equal.
 */
export async function untilEqual(
  source: string,
  replica: string,
  { since, patienceMs, limitMs }: EqualityOptions,
): Promise<Equality> {
  const expected = census(source);
  const start = performance.now();
  let lastChange = start;
  let changedAt = 0;
  while (true) {
    const before = performance.now();
    const found = census(replica);
    const cost = performance.now() - before;
    if (differ(compare(expected, found, { contents: false })) === 0) {
      const left = compare(expected, found, { contents: true });
      if (differ(left) === 0) return { afterMs: Math.max(0, found.changedAt - since), left };
    }
    const now = performance.now();
    if (found.changedAt !== changedAt) {
      changedAt = found.changedAt;
      lastChange = now;
    }
    if (now - lastChange > patienceMs || now - start > limitMs) {
      return { afterMs: null, left: compare(expected, found, { contents: true }) };
    }
    await pause(Math.max(50, cost * 5));
  }
}

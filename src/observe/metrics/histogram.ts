/** Lengths of time, counted by how long they were. To take one in costs nanoseconds, and no memory. */

/** Upper bounds in seconds: from what is instant to what somebody should have been told of. */
export const BOUNDS: readonly number[] = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600,
];

const BOUNDS_MS = Float64Array.from(BOUNDS, (seconds) => seconds * 1000);

export class Histogram {
  /** One more than there are bounds: the last is for what is longer. */
  readonly #counts = new Float64Array(BOUNDS.length + 1);
  #sumMs = 0;

  observe(ms: number): void {
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && ms > (BOUNDS_MS[bucket] ?? 0)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    // A clock that is put back must not make a sum smaller.
    if (ms > 0) this.#sumMs += ms;
  }

  get sumSeconds(): number {
    return this.#sumMs / 1000;
  }

  /** How many were as long as each bound at most, and at last how many there were. */
  cumulative(): number[] {
    let sum = 0;
    return Array.from(this.#counts, (count) => (sum += count));
  }
}

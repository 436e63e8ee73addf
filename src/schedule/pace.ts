/**
 * When the next batch may start, and how many warm sessions that takes.
 *
 * While the sessions at hand are enough for the load, a change goes at once. When they run short,
 * batches start at an interval that follows them: it grows as they are used up, and the two meet where
 * half of them are busy. Nothing has to be tuned; `paceMs` only sets a floor, which trades CPU for
 * delay.
 */

export interface SessionsAtHand {
  /** Warm sessions that wait for a list. */
  readonly ready: number;
  /** Runs under way. */
  readonly busy: number;
  /** How long one session is taken up by one batch, from its start to the next one's readiness, ms. */
  readonly cycleMs: number;
}

/** The weight of the latest interval in the running mean. */
const WEIGHT = 0.2;

/** After this many cycles without a batch the load is over, and a new one starts from nothing. */
const QUIET_CYCLES = 20;

export class Pace {
  readonly #paceMs: number;
  #lastStart = -Infinity;
  #meanInterval = Infinity;

  /** @param paceMs the shortest time between the starts of two batches */
  constructor(paceMs: number) {
    this.#paceMs = paceMs;
  }

  /**
   * The earliest time for the next start, ms since the epoch; undefined where it must wait until a
   * session is ready or a run has ended.
   */
  earliestStart({ ready, busy, cycleMs }: SessionsAtHand): number | undefined {
    if (ready === 0) return busy === 0 ? this.#lastStart + this.#paceMs : undefined;
    const isEnough = 2 * ready >= this.wantedSessions(cycleMs);
    return this.#lastStart + (isEnough ? this.#paceMs : Math.max(this.#paceMs, cycleMs / ready));
  }

  started(now: number, cycleMs: number): void {
    const interval = now - this.#lastStart;
    this.#lastStart = now;
    if (interval > QUIET_CYCLES * cycleMs) this.#meanInterval = Infinity;
    else if (this.#meanInterval === Infinity) this.#meanInterval = interval;
    else this.#meanInterval += WEIGHT * (interval - this.#meanInterval);
  }

  /** Sessions this load takes: those that are busy, and as many again that wait. */
  wantedSessions(cycleMs: number): number {
    return Math.ceil((2 * cycleMs) / Math.max(this.#meanInterval, 1));
  }
}

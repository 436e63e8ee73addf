/**
 * How often one list is tried again before the caller hears of it: with waits that grow while the
 * house is full, for a session of ours may be about to end there; and once after oversleeping.
 */
import type { Clock } from "../model/clock.js";

const FIRST_WAIT_MS = 30;
const LONGEST_WAIT_MS = 1000;

export class Patience {
  readonly #clock: Clock;
  readonly #until: number;
  #nextMs = FIRST_WAIT_MS;
  #overslept = false;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#until = clock.now() + limitMs;
  }

  /** True the first time; whoever breaks again did not oversleep. */
  oversleeps(): boolean {
    const first = !this.#overslept;
    this.#overslept = true;
    return first;
  }

  /** False when the time is used up. */
  async wait(signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#clock.now() + this.#nextMs > this.#until) return false;
    await this.#clock.sleep(this.#nextMs, signal);
    this.#nextMs = Math.min(this.#nextMs * 2, LONGEST_WAIT_MS);
    return true;
  }
}

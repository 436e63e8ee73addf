/** A clock that stands still until a test moves it; timers ring in their order on the way. */
import { type Clock, sleepBy } from "../../src/model/clock.js";

interface Timer {
  readonly at: number;
  readonly action: () => void;
}

export class HandClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();

  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Timers that have not rung. */
  get waiting(): number {
    return this.#timers.size;
  }

  after(ms: number, action: () => void): () => void {
    const timer = { at: this.#now + ms, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepBy(this, ms, signal);
  }

  /** Moves on by `ms`; what waits for promises gets its turn after every timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turns();
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.action();
      await turns();
    }
    this.#now = end;
  }
}

/** Enough for chains of settled promises; nothing here waits for the machine. */
async function turns(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise(setImmediate);
}

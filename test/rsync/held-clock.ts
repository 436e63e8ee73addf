/** The real clock, but for long timers: those wait until the test lets them ring. */
import { systemClock, type Clock } from "../../src/model/clock.js";

export class HeldClock implements Clock {
  readonly #held = new Set<{ readonly ms: number; readonly action: () => void }>();
  readonly #longerThan: number;
  /** Added to the time. */
  offsetMs = 0;

  constructor(longerThanMs: number) {
    this.#longerThan = longerThanMs;
  }

  now(): number {
    return systemClock.now() + this.offsetMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }

  after(ms: number, action: () => void): () => void {
    if (ms < this.#longerThan) return systemClock.after(ms, action);
    const timer = { ms, action };
    this.#held.add(timer);
    return () => this.#held.delete(timer);
  }

  /** Lets every timer within these bounds ring; returns how many there were. */
  ring(fromMs: number, toMs: number): number {
    const due = [...this.#held].filter(({ ms }) => ms >= fromMs && ms <= toMs);
    for (const timer of due) {
      this.#held.delete(timer);
      timer.action();
    }
    return due.length;
  }
}

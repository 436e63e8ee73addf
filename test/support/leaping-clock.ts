/** The time of the machine, that a test can make leap ahead: what was to ring meanwhile rings at once. */
import { type Clock, sleepBy, systemClock } from "../../src/model/clock.js";

interface Timer {
  readonly at: number;
  readonly action: () => void;
  handle: NodeJS.Timeout;
}

export class LeapingClock implements Clock {
  #ahead = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return systemClock.now() + this.#ahead;
  }

  leap(ms: number): void {
    this.#ahead += ms;
    for (const timer of this.#timers) {
      clearTimeout(timer.handle);
      timer.handle = this.#set(timer);
    }
  }

  after(ms: number, action: () => void): () => void {
    const timer = { at: this.now() + ms, action } as Timer;
    this.#timers.add(timer);
    timer.handle = this.#set(timer);
    return () => {
      this.#timers.delete(timer);
      clearTimeout(timer.handle);
    };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepBy(this, ms, signal);
  }

  #set(timer: Timer): NodeJS.Timeout {
    const ring = () => {
      this.#timers.delete(timer);
      timer.action();
    };
    return setTimeout(ring, Math.max(0, timer.at - this.now()));
  }
}

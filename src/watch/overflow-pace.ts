/**
 * When the tree is looked at anew after the kernel's queue ran over: one look at a time, and while
 * overflows go on, with longer and longer pauses between. A look costs time in which the queue is
 * read less often, so looking at once each time would keep a storm going.
 */

export const FIRST_PAUSE_MS = 200;
export const LONGEST_PAUSE_MS = 10_000;

export class OverflowPace {
  #due = Infinity;
  #pauseMs = FIRST_PAUSE_MS;
  #isLooking = false;
  #lookedAt = -Infinity;

  /** When a look that was put off is due; Infinity for none. */
  get due(): number {
    return this.#due;
  }

  /** The queue ran over. True when the tree is to be looked at now. */
  overflowed(now: number): boolean {
    if (this.#due !== Infinity) return false;
    const isRecent = now - this.#lookedAt < 2 * this.#pauseMs;
    if (!this.#isLooking && !isRecent) {
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#isLooking = true;
      return true;
    }
    this.#due = now + this.#pauseMs;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * this.#pauseMs);
    return false;
  }

  /** True, once, when the look that was put off is due. */
  takeDue(now: number): boolean {
    if (now < this.#due) return false;
    this.#due = Infinity;
    this.#isLooking = true;
    return true;
  }

  /** The look is done. */
  looked(now: number): void {
    if (!this.#isLooking) return;
    this.#isLooking = false;
    this.#lookedAt = now;
  }

  /** The tree is another one. */
  reset(): void {
    this.#due = Infinity;
    this.#isLooking = false;
  }
}

/**
 * How long the reader pauses between two readings. Idle, it reads at once: latency is what counts.
 * In a burst it lets events gather: one reading of many costs less than many readings of one, for
 * us and for the writer, whom every wake-up slows down.
 */

/** Events this close to the last ones are part of a burst. */
const BURST_GAP_MS = 3;
/** A file that is made, written and closed may wake the reader this often and is no burst. */
const FREE_WAKES = 4;
/** The pause grows by a millisecond each so many readings. */
const WAKES_PER_MS = 12;
/** At 500,000 events a second this gathers 2,500; the shortest common queue holds 16,384. */
const LONGEST_MS = 5;
/** So much in one reading means that the queue fills quickly: come back soon. */
const MUCH_BYTES = 128 * 1024;

export class Pace {
  #streak = 0;

  /** The pause, in whole ms, after a reading of `bytes` for which the thread had slept `sleptMs`. */
  pauseAfter(bytes: number, sleptMs: number): number {
    if (bytes === 0) return 0;
    this.#streak = sleptMs >= BURST_GAP_MS ? 0 : this.#streak + 1;
    if (this.#streak < FREE_WAKES) return 0;
    if (bytes >= MUCH_BYTES) return 1;
    return Math.min(LONGEST_MS, 1 + Math.floor((this.#streak - FREE_WAKES) / WAKES_PER_MS));
  }
}

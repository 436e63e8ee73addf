/**
 * How many connections the server grants us, learnt from its refusals (`max connections`).
 *
 * The number is not known, others use it up as well, and the server counts a connection a little
 * longer than we do. So after a refusal it is what we hold; after a while one more is tried.
 */
import type { Clock } from "../model/clock.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;

export class ConnectionGrant {
  readonly #clock: Clock;
  readonly #onMore: () => void;
  #connections = Infinity;
  #waitMs = FIRST_WAIT_MS;
  #callOff: (() => void) | undefined;

  /** `onMore` is called when one more may be tried. */
  constructor(clock: Clock, onMore: () => void) {
    this.#clock = clock;
    this.#onMore = onMore;
  }

  /** At least one: with none there would be nothing to learn from. */
  get connections(): number {
    return this.#connections;
  }

  get limited(): boolean {
    return this.#connections !== Infinity;
  }

  /** The server refused while we held so many. */
  refusedBeyond(held: number): void {
    // Refused again at the same height: longer until the next try.
    const again = this.limited && held <= this.#connections;
    this.#connections = Math.max(1, held);
    this.#waitMs = again ? Math.min(this.#waitMs * 2, LONGEST_WAIT_MS) : FIRST_WAIT_MS;
    this.#tryMoreLater();
  }

  close(): void {
    this.#callOff?.();
  }

  #tryMoreLater(): void {
    this.#callOff?.();
    this.#callOff = this.#clock.after(this.#waitMs, () => {
      this.#connections++;
      this.#onMore();
      this.#tryMoreLater();
    });
  }
}

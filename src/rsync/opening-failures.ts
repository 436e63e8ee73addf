/**
 * What follows when sessions cannot be opened ahead of need: a second try, a pause, or a halt until
 * somebody says that it is worth trying again.
 */
import type { Clock } from "../model/clock.js";
import type { Trouble } from "./trouble.js";

const SECOND_TRY_MS = 250;
/** Failures in a row that mean trouble. */
const MANY_FAILURES = 2;
/** The server counts a connection of ours for a moment after it ended; a house full for longer is. */
const FULL_HOUSE_MS = 2000;

export class OpeningFailures {
  readonly #clock: Clock;
  #count = 0;
  #fullSince: number | undefined;
  #pausedUntil = 0;
  #halted = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True while nothing is tried. */
  get halted(): boolean {
    return this.#halted;
  }

  /** ms until the next try; 0 or less for now. */
  get pauseMs(): number {
    return this.#pausedUntil - this.#clock.now();
  }

  /** One more; `alone` where no other session stands. True where that means trouble, and a halt. */
  add(trouble: Trouble, { alone }: { readonly alone: boolean }): boolean {
    if (this.#isBearable(trouble, alone)) return false;
    this.#halted = true;
    return true;
  }

  /** Opening works. */
  forget(): void {
    this.#pausedUntil = 0;
    this.#count = 0;
    this.#fullSince = undefined;
  }

  /** Ends a halt. */
  resume(): void {
    this.#halted = false;
    this.forget();
  }

  #isBearable(trouble: Trouble, alone: boolean): boolean {
    const now = this.#clock.now();
    if (trouble.kind === "too-many-connections") {
      // With connections of our own there is work, and the grant says when to try for more.
      if (!alone) return true;
      this.#fullSince ??= now;
      if (now - this.#fullSince >= FULL_HOUSE_MS) return false;
    } else if (alone || trouble.retry === "never-alone" || ++this.#count >= MANY_FAILURES) {
      return false;
    }
    this.#pausedUntil = now + SECOND_TRY_MS;
    return true;
  }
}

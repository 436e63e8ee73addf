/** Which kinds of sessions should stand waiting for a list, and how many of each. */
import type { Profile } from "./settings.js";

/** Sessions of one variant are alike; a list of another kind needs another session. */
export interface Variant {
  readonly profile: Profile;
  readonly deletes: boolean;
}

/** The lists that come most often: content, without deletions. As many as wanted wait for them. */
export const MAIN: Variant = { profile: "content", deletes: false };

export function isSameVariant(a: Variant | undefined, b: Variant | undefined): boolean {
  return a?.profile === b?.profile && a?.deletes === b?.deletes;
}

interface Wish {
  readonly variant: Variant;
  count: number;
}

export class Demand {
  readonly #idle: number;
  readonly #max: number;
  /** Kinds of lists that were asked for lately besides the main one. */
  readonly #others: Wish[] = [];
  #wanted: number;

  constructor({ idle, max }: { readonly idle: number; readonly max: number }) {
    this.#idle = idle;
    this.#max = max;
    this.#wanted = idle;
  }

  /** How many should wait for lists of the main kind. */
  get wanted(): number {
    return this.#wanted;
  }

  want(count: number): void {
    this.#wanted = Math.min(this.#max, Math.max(this.#idle, Math.ceil(count)));
  }

  /** Something happens: no fewer than should wait at any time. */
  awaken(): void {
    this.#wanted = Math.max(this.#wanted, this.#idle);
  }

  /** Nothing has happened for long: one is enough. */
  fallAsleep(): void {
    this.#wanted = 1;
    this.#others.length = 0;
  }

  /** What is asked for now will be asked for again; where nobody stood ready, one more should. */
  learn(variant: Variant, wasReady: boolean): void {
    if (variant.profile === "large" || isSameVariant(variant, MAIN)) return;
    const wish = this.#others.find((other) => isSameVariant(other.variant, variant));
    if (wish === undefined) this.#others.push({ variant, count: 1 });
    else if (!wasReady) wish.count++;
  }

  /** The main kind first. */
  *wishes(): Generator<Readonly<Wish>> {
    yield { variant: MAIN, count: this.#wanted };
    for (const { variant, count } of this.#others) {
      yield { variant, count: Math.min(count, this.#wanted) };
    }
  }
}

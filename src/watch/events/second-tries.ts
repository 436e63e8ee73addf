/**
 * What failed because a place is not where the table has it: a directory above it has been renamed,
 * and the record that says so is still to come. When the place has its new name, it is tried again.
 */
import { NO_NODE, type NodeId, type Places } from "./places.js";

/** The second half of a rename may come as much later, and more. */
const LONGEST_MS = 1000;

interface Failed {
  readonly watch: number;
  /** What the place was called when it failed. */
  readonly called: string;
  readonly again: (node: NodeId) => void;
  readonly until: number;
  /** How often the kernel's queue had been read. */
  readonly readings: number;
}

export class SecondTries {
  readonly #places: Places;
  /** In the order in which they failed. */
  #failed: Failed[] = [];
  /** How many places had moved when it was looked at last. */
  #movesSeen = 0;

  constructor(places: Places) {
    this.#places = places;
  }

  /** `again` is called when the place goes by another name; never, where it was no rename. */
  add(node: NodeId, readings: number, again: (node: NodeId) => void): void {
    this.#failed.push({
      watch: this.#places.watchOf(node),
      called: this.#places.nameOf(node),
      again,
      until: performance.now() + LONGEST_MS,
      readings,
    });
  }

  /** To be called when all records that have been read have been taken. */
  settle(readings: number): void {
    if (this.#failed.length === 0) return;
    const { moves } = this.#places;
    if (moves === this.#movesSeen) this.#giveUp(readings);
    else this.#tryAgain();
    this.#movesSeen = moves;
  }

  #tryAgain(): void {
    const failed = this.#failed;
    // What is tried again may fail again.
    this.#failed = [];
    for (const each of failed) {
      const node = this.#places.byWatch(each.watch);
      if (node === NO_NODE) continue;
      if (this.#places.nameOf(node) === each.called) this.#failed.push(each);
      else each.again(node);
    }
  }

  /** Nothing has been renamed for so long: they are gone. */
  #giveUp(readings: number): void {
    const now = performance.now();
    const kept = this.#failed.findIndex((each) => readings === each.readings || now < each.until);
    if (kept !== 0) this.#failed = kept < 0 ? [] : this.#failed.slice(kept);
  }
}

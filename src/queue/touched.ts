/** Paths whose debt may have changed since the journal asked last: a list, and each path once or little more. */
import type { RelativePath } from "../model/path.js";
import type { Mark, Node } from "./mark.js";

/** Paths named twice that are put up with before the list is sifted. */
const SLACK = 4_096;

export class Touched {
  #paths: RelativePath[] = [];
  #round = 0;
  #siftAbove = SLACK;

  add(path: RelativePath): void {
    this.#paths.push(path);
    if (this.#paths.length <= this.#siftAbove) return;
    this.#paths = [...new Set(this.#paths)];
    this.#siftAbove = 2 * this.#paths.length + SLACK;
  }

  /** The same, where the mark remembers that it was added in this round. */
  addMarked(mark: Mark, at: Node | RelativePath): void {
    if (mark.touchedIn === this.#round) return;
    mark.touchedIn = this.#round;
    this.add(typeof at === "string" ? at : at.path);
  }

  take(): Set<RelativePath> {
    const taken = new Set(this.#paths);
    this.#paths = [];
    this.#round++;
    this.#siftAbove = SLACK;
    return taken;
  }

  /** Forgets those that do not pass the test. */
  keep(test: (path: RelativePath) => boolean): void {
    const kept = [...new Set(this.#paths)].filter(test);
    this.#paths = kept;
    this.#round++;
  }
}

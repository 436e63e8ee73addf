/**
 * What looks have seen since the last commit: per path the last word wins, and what was seen below
 * a directory before it went away does not count.
 */
import { ancestorsOf, parentOf, ROOT } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import type { IndexWriter } from "./index-writer.js";
import { type Appearance, isDirectory } from "./print.js";

interface Seen {
  /** Undefined where nothing was there. */
  readonly now: Appearance | undefined;
  readonly order: number;
  /** When it was last seen to be missing, or no directory, in the order of all; 0 for never. */
  readonly emptyAt: number;
}

export class Sightings {
  readonly #seen = new Map<RelativePath, Seen>();
  #order = 0;

  get size(): number {
    return this.#seen.size;
  }

  /** Undefined where nothing was seen; `now` is undefined where it was seen to be missing. */
  at(path: RelativePath): { readonly now: Appearance | undefined } | undefined {
    return this.#seen.get(path);
  }

  see(path: RelativePath, now: Appearance | undefined): void {
    const order = ++this.#order;
    const isEmpty = now === undefined || !isDirectory(now.body);
    const emptyAt = isEmpty ? order : (this.#seen.get(path)?.emptyAt ?? 0);
    this.#seen.set(path, { now, order, emptyAt });
  }

  /** What lies strictly below one of these was compared as a whole: what was seen before is old. */
  forgetBelow(subtrees: ReadonlySet<RelativePath>): void {
    if (subtrees.size === 0) return;
    for (const path of this.#seen.keys()) {
      for (let above = path; above !== ROOT;) {
        above = parentOf(above);
        if (subtrees.has(above)) this.#seen.delete(path);
      }
    }
  }

  /** Adds what was seen later. */
  take(later: Sightings): void {
    for (const [path, { now, emptyAt }] of later.#seen) {
      if (emptyAt > 0) this.see(path, undefined);
      if (now !== undefined) this.see(path, now);
    }
  }

  clear(): void {
    this.#seen.clear();
  }

  /** To be called within a transaction. Sorted, as neighbours lie on the same pages. */
  write(index: IndexWriter): void {
    for (const path of [...this.#seen.keys()].sort()) {
      const seen = this.#seen.get(path);
      if (seen === undefined || this.#isOvertaken(path, seen.order)) continue;
      if (seen.now === undefined) index.remove(path);
      else index.put(path, seen.now, seen.emptyAt > 0);
    }
  }

  #isOvertaken(path: RelativePath, order: number): boolean {
    if (path === ROOT) return false;
    for (const above of ancestorsOf(path)) {
      if ((this.#seen.get(above)?.emptyAt ?? 0) > order) return true;
    }
    return (this.#seen.get(ROOT)?.emptyAt ?? 0) > order;
  }
}

/**
 * Changes on their way out of the reader: one entry for each path, however many events it had.
 * It keeps the order in which paths were first named, and knows nothing of their meaning.
 */
import type { Changes, Kinds } from "../model/change.js";
import { Kind } from "../model/change.js";
import type { RelativePath } from "../model/path.js";

/** What a path may wait with: its close, or a longest wait, is awaited downstream anyway. */
const PATIENT = Kind.Writing | Kind.Directory;

export class Outbox {
  readonly #kinds = new Map<RelativePath, Kinds>();
  #urgent = false;
  #lastPath: RelativePath | undefined;
  #lastKinds: Kinds = 0;

  get size(): number {
    return this.#kinds.size;
  }

  /** True when something in it is ready to be sent, and not only being written. */
  get isUrgent(): boolean {
    return this.#urgent;
  }

  add(path: RelativePath, kinds: Kinds): void {
    if (path === this.#lastPath) {
      // A file's events come in runs; most add nothing new.
      if ((kinds & ~this.#lastKinds) === 0) return;
      kinds |= this.#lastKinds;
    } else {
      kinds |= this.#kinds.get(path) ?? 0;
      this.#lastPath = path;
    }
    this.#lastKinds = kinds;
    this.#kinds.set(path, kinds);
    if ((kinds & ~PATIENT) !== 0) this.#urgent = true;
  }

  /** The union of what was said of a path since it was last taken; 0 for nothing. */
  kindsOf(path: RelativePath): Kinds {
    return this.#kinds.get(path) ?? 0;
  }

  /** Takes the oldest entries, `limit` at most; undefined when there are none. */
  take(limit: number, at: number): Changes | undefined {
    if (this.#kinds.size === 0) return undefined;
    this.#lastPath = undefined;
    const paths: RelativePath[] = [];
    const kinds: Kinds[] = [];
    for (const [path, kind] of this.#kinds) {
      if (paths.length === limit) break;
      paths.push(path);
      kinds.push(kind);
    }
    if (paths.length === this.#kinds.size) {
      this.#kinds.clear();
      this.#urgent = false;
    } else {
      for (const path of paths) this.#kinds.delete(path);
    }
    return { at, paths, kinds };
  }

  clear(): void {
    this.#kinds.clear();
    this.#urgent = false;
    this.#lastPath = undefined;
  }
}

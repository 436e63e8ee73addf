/**
 * What a full pass may delete on a replica that holds more than the source.
 *
 * A target that was never ours may hold somebody's files. The first pass leaves everything it finds
 * there, and remembers it by name; from then on the target is mirrored fully, but for those names.
 */
import { type RelativePath, ancestorsOf } from "../model/path.js";

/** More names than this are not remembered: then passes delete nothing there until it is adopted. */
export const MOST_KEPT_NAMES = 10_000;

/** What is known of a target from earlier contacts. */
export interface Acquaintance {
  /** Topmost entries that were there before us. */
  readonly kept: readonly RelativePath[];
  /** There were too many to remember. */
  readonly keptMore: boolean;
}

export class KeptNames {
  readonly #names = new Set<RelativePath>();
  #more = false;

  constructor(known?: Acquaintance) {
    for (const name of known?.kept ?? []) this.#names.add(name);
    this.#more = known?.keptMore ?? false;
  }

  get acquaintance(): Acquaintance {
    return { kept: [...this.#names], keptMore: this.#more };
  }

  get size(): number {
    return this.#names.size;
  }

  /** Remembers an entry that was there before us, unless a directory above it is remembered already. */
  remember(path: RelativePath): void {
    if (this.#covers(path)) return;
    if (this.#names.size >= MOST_KEPT_NAMES) this.#more = true;
    else this.#names.add(path);
  }

  /** We have sent something by this name, so it is ours now. */
  release(path: RelativePath): void {
    if (this.#names.size > 0) this.#names.delete(path);
  }

  /** True when a pass must not delete this entry of the replica: it, or something in it, was there before us. */
  protects(path: RelativePath): boolean {
    return this.#more || this.#covers(path) || this.holdsBelow(path);
  }

  /** True when it must not be deleted, whoever asks: it was there before us, or holds what was. */
  spares(path: RelativePath): boolean {
    return this.#names.has(path) || this.holdsBelow(path);
  }

  /** True when something that was there before us lies below this directory. */
  holdsBelow(path: RelativePath): boolean {
    for (const name of this.#names) if (name.startsWith(`${path}/`)) return true;
    return false;
  }

  #covers(path: RelativePath): boolean {
    if (this.#names.has(path)) return true;
    for (const above of ancestorsOf(path)) if (this.#names.has(above)) return true;
    return false;
  }
}

/** Paths a working target would not take, for people to see. What is owed is the dirty set's business. */
import { type RelativePath, isBelow } from "../model/path.js";

export interface FailedPath {
  readonly path: RelativePath;
  /** rsync's own words. */
  readonly reason: string;
  readonly attempts: number;
  /** ms since the epoch. */
  readonly retryAt: number;
}

/** More are not listed; they are retried all the same. */
const MOST_LISTED = 1_000;

export class FailedPaths {
  readonly #paths = new Map<RelativePath, FailedPath>();

  failed(failure: FailedPath): void {
    if (this.#paths.size < MOST_LISTED || this.#paths.has(failure.path)) {
      this.#paths.set(failure.path, failure);
    }
  }

  has(path: RelativePath): boolean {
    return this.#paths.has(path);
  }

  delivered(path: RelativePath): void {
    this.#paths.delete(path);
  }

  /** What is gone cannot fail any more, nor can anything below it. */
  deleted(path: RelativePath): void {
    this.#paths.delete(path);
    for (const each of this.#paths.keys()) if (isBelow(each, path)) this.#paths.delete(each);
  }

  reasonOf(path: RelativePath): string {
    return this.#paths.get(path)?.reason ?? "";
  }

  list(): readonly FailedPath[] {
    return [...this.#paths.values()];
  }
}

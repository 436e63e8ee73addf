/** Paths a working target would not take, for people to see. What is owed is the dirty set's business. */
import type { RelativePath } from "../model/path.js";

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

  list(): readonly FailedPath[] {
    return [...this.#paths.values()];
  }
}

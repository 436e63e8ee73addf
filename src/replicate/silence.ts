/**
 * Finds out whether the watch hears nothing where a replica was found to differ: then the disk differs
 * from the index, too, although every event was taken in. Such a place is scanned from then on.
 */
import type { Journal } from "../journal/journal.js";
import { type RelativePath, parentOf } from "../model/path.js";

export interface SilenceHooks {
  journal(): Journal;
  /** Where to read; undefined while the root is lost. */
  root(): string | undefined;
  /** Brings the index up to date with all that was told; false where that cannot be. */
  checkpoint(): Promise<boolean>;
  now(): number;
  /** Nothing was told of a change of this path. */
  unheard(path: RelativePath): void;
}

/** Directories looked through for one suspicion. */
const MOST_PLACES = 10;

/** It reads whole subtrees, so it is not done for every difference. */
const PAUSE_MS = 600_000;

export class Silence {
  readonly #hooks: SilenceHooks;
  #nextAt = -Infinity;

  constructor(hooks: SilenceHooks) {
    this.#hooks = hooks;
  }

  /** Rejects never: a suspicion that cannot be followed is dropped, for the next round finds it again. */
  async suspect(paths: readonly RelativePath[]): Promise<void> {
    const now = this.#hooks.now();
    if (now < this.#nextAt || !this.#hooks.journal().hasIndex) return;
    this.#nextAt = now + PAUSE_MS;
    const places = new Set(paths.map((path) => parentOf(path)));
    try {
      for (const place of [...places].slice(0, MOST_PLACES)) await this.#listen(place);
    } catch {
      // The journal or the root is not to be had just now.
    }
  }

  async #listen(place: RelativePath): Promise<void> {
    const first = await this.#differences(place);
    if (first.size === 0) return;
    // What changed between a checkpoint and its scan differs as well, but was told: it is in the index
    // by the next checkpoint.
    const second = await this.#differences(place);
    for (const path of first) if (second.has(path)) this.#hooks.unheard(path);
  }

  /** What differs from the index although all that was told is in it. */
  async #differences(place: RelativePath): Promise<ReadonlySet<RelativePath>> {
    const found = new Set<RelativePath>();
    const root = this.#hooks.root();
    if (root === undefined || !(await this.#hooks.checkpoint())) return found;
    await this.#hooks.journal().scan(place, {
      root,
      fill: false,
      onDifferences: (paths) => {
        for (const path of paths) found.add(path);
        return Promise.resolve();
      },
    });
    return found;
  }
}

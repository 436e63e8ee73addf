/**
 * Counts what is gone once, however it is told: file by file, then the directory as a whole, and
 * perhaps once more by whoever looked before it was told.
 */
import { type RelativePath, ancestorsOf } from "../model/path.js";

interface Round {
  /** Counted at and below each path. */
  readonly sums: Map<RelativePath, number>;
  /** Paths of which everything at and below is counted. */
  readonly wholes: Set<RelativePath>;
}

export class Tally {
  /** Two rounds: while the index is being brought up to date, it may still count what was told before. */
  #rounds: readonly [Round, Round] = [newRound(), newRound()];

  /**
   * How many entries are gone with this path that were not counted yet.
   *
   * @param entries in the index at and below the path
   */
  add(path: RelativePath, entries: number): number {
    const above = [...ancestorsOf(path)];
    const isCounted = (at: RelativePath) => this.#rounds.some(({ wholes }) => wholes.has(at));
    if (isCounted(path) || above.some(isCounted)) return 0;
    const [{ sums, wholes }, before] = this.#rounds;
    wholes.add(path);
    const fresh = entries - (sums.get(path) ?? 0) - (before.sums.get(path) ?? 0);
    if (fresh <= 0) return 0;
    for (const at of [path, ...above]) sums.set(at, (sums.get(at) ?? 0) + fresh);
    return fresh;
  }

  /** The index was brought up to date: what it counts from now on has not been counted here. */
  indexed(): void {
    this.#rounds = [newRound(), this.#rounds[0]];
  }
}

function newRound(): Round {
  return { sums: new Map(), wholes: new Set() };
}

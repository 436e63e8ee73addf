/**
 * Counts what is gone once, however it is told: file by file, then the directory as a whole, and
 * perhaps once more by whoever looked before it was told.
 */
import { type RelativePath, ancestorsOf } from "../model/path.js";

/** What was told between two beginnings of bringing the index up to date. */
export interface TallyRound {
  /** Counted at and below each path. */
  readonly sums: Map<RelativePath, number>;
  /** Paths of which everything at and below is counted. */
  readonly wholes: Set<RelativePath>;
}

export class Tally {
  /** What the index will count no more when it has been brought up to date. */
  #looked: TallyRound[] = [];
  /** What was told since that was begun: the index counts it still. */
  #since = newRound();

  /** What is told now belongs here, however late it is counted. */
  get round(): TallyRound {
    return this.#since;
  }

  /**
   * How many entries are gone with this path that were not counted yet.
   *
   * @param entries in the index at and below the path
   * @param round that of the moment when it was told
   */
  add(path: RelativePath, entries: number, round = this.#since): number {
    const above = [...ancestorsOf(path)];
    const rounds = [...this.#looked, this.#since];
    const isCounted = (at: RelativePath) => rounds.some(({ wholes }) => wholes.has(at));
    if (isCounted(path) || above.some(isCounted)) return 0;
    round.wholes.add(path);
    const fresh = rounds.reduce((rest, { sums }) => rest - (sums.get(path) ?? 0), entries);
    if (fresh <= 0) return 0;
    for (const at of [path, ...above]) round.sums.set(at, (round.sums.get(at) ?? 0) + fresh);
    return fresh;
  }

  /** The index begins to be brought up to date with all that was told so far. */
  looks(): void {
    // The last attempt may have failed.
    this.#looked.push(this.#since);
    this.#since = newRound();
  }

  /** It was: what was told before it began, it counts no more. */
  indexed(): void {
    this.#looked = [];
  }
}

function newRound(): TallyRound {
  return { sums: new Map(), wholes: new Set() };
}

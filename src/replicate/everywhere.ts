/**
 * Which paths have arrived on every replica. What is owed to another one is told when that has it; what
 * is still unsure there, because it is being compared, is remembered until the comparison has ended.
 */
import { type RelativePath, isBelow } from "../model/path.js";

/** What is asked of a lane: whether its replica has what was last seen at a path. */
export interface ArrivalLane {
  readonly settings: { readonly name: string };
  /** It does not, and will be sent it. */
  owes(path: RelativePath): boolean;
  /** It is being compared there, and may have it. */
  isComparing(path: RelativePath): boolean;
}

/** Beyond, the oldest are forgotten. */
const MOST_UNSURE = 10_000;

export class Everywhere<T> {
  readonly #lanes: () => readonly ArrivalLane[];
  readonly #unsure = new Map<RelativePath, T>();
  #revision = 0;

  constructor(lanes: () => readonly ArrivalLane[]) {
    this.#lanes = lanes;
  }

  /** Changes whenever `memory` does. */
  get revision(): number {
    return this.#revision;
  }

  /** It has arrived on one target; true where that was the last. */
  arrived(target: string, path: RelativePath, what: T): boolean {
    this.#forget(path);
    let isUnsure = false;
    for (const lane of this.#lanes()) {
      if (lane.settings.name === target) continue;
      if (lane.owes(path)) return false;
      isUnsure ||= lane.isComparing(path);
    }
    if (isUnsure) this.#remember(path, what);
    return !isUnsure;
  }

  /**
   * A target's comparison of all at and below a path has ended, and what it lacks is owed: what has
   * turned out to be everywhere.
   */
  compared(target: string, top: RelativePath): T[] {
    const found: T[] = [];
    const lanes = this.#lanes();
    const others = lanes.filter(({ settings }) => settings.name !== target);
    for (const [path, what] of this.#unsure) {
      if (path !== top && !isBelow(path, top)) continue;
      if (others.some((lane) => lane.isComparing(path))) continue;
      this.#forget(path);
      // Whoever is owed it will tell.
      if (!lanes.some((lane) => lane.owes(path))) found.push(what);
    }
    return found;
  }

  /** For the journal, as plain JSON. */
  get memory(): readonly (readonly [RelativePath, T])[] {
    return [...this.#unsure];
  }

  restore(memory: readonly (readonly [RelativePath, T])[]): void {
    for (const [path, what] of memory) this.#remember(path, what);
  }

  #forget(path: RelativePath): void {
    if (this.#unsure.delete(path)) this.#revision++;
  }

  #remember(path: RelativePath, what: T): void {
    this.#unsure.set(path, what);
    this.#revision++;
    if (this.#unsure.size <= MOST_UNSURE) return;
    const [oldest] = this.#unsure.keys();
    if (oldest !== undefined) this.#unsure.delete(oldest);
  }
}

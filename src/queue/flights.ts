/** Batches in flight, and what they keep others from. */
import type { Batch, BatchEntry, Sight } from "../model/batch.js";
import type { RelativePath } from "../model/path.js";
import { type Mark, type Node, type Ready, blankMark, fliesAsDirectory, isBlank } from "./mark.js";
import type { Move } from "./moves.js";

/** Large files travel beside the others, one at a time; so does what a pass found. */
export type Lane = "normal" | "large" | "background";

export interface Flight {
  readonly batch: Batch;
  readonly lane: Lane;
  readonly place: Ready;
  /** The oldest change it carries. */
  oldest: number;
  /** In the order of the batch's entries. */
  readonly nodes: Node[];
  /** Paths that must not start before it has ended. */
  readonly blocked: Node[];
}

export class Flights {
  readonly #all = new Map<number, Flight>();
  /** Paths held back by something in flight, or a move, below them. */
  #blockedFromBelow: Node[] = [];
  #lastId = 0;

  get lastId(): number {
    return this.#lastId;
  }

  newId(): number {
    return ++this.#lastId;
  }

  get blockedFromBelow(): Node[] {
    return this.#blockedFromBelow;
  }

  takeBlockedFromBelow(): Node[] {
    const blocked = this.#blockedFromBelow;
    this.#blockedFromBelow = [];
    return blocked;
  }

  /** True where nothing is in flight, the background not counted. */
  get isEmpty(): boolean {
    return this.#all.size === 0 || this.#all.size === this.count("background");
  }

  count(lane: Lane): number {
    let count = 0;
    for (const flight of this.#all.values()) if (flight.lane === lane) count++;
    return count;
  }

  some(test: (flight: Flight) => boolean): boolean {
    for (const flight of this.#all.values()) if (test(flight)) return true;
    return false;
  }

  /** The oldest change in flight, the background not counted; Infinity for none. */
  get oldest(): number {
    let oldest = Infinity;
    for (const flight of this.#all.values()) {
      if (flight.lane !== "background") oldest = Math.min(oldest, flight.oldest);
    }
    return oldest;
  }

  start(flight: Flight): void {
    this.#all.set(flight.batch.id, flight);
  }

  /** Takes a batch out; its entries land one by one. */
  end(batch: Batch): Flight {
    const flight = this.#all.get(batch.id);
    if (flight === undefined) throw new Error(`Cannot end batch ${batch.id}: it is not in flight`);
    this.#all.delete(batch.id);
    return flight;
  }

  takeOff(node: Node, mark: Mark, flight: Flight, entry: BatchEntry): void {
    mark.flight = flight;
    mark.entry = entry;
    flight.nodes.push(node);
    flight.oldest = Math.min(flight.oldest, entry.since);
    if (flight.batch.profile === "large") return;
    for (let above = node.parent; above !== undefined; above = above.parent) {
      (above.mark ??= blankMark()).flyingBelow++;
    }
  }

  land(node: Node, mark: Mark, flight: Flight): void {
    mark.flight = undefined;
    mark.entry = undefined;
    if (flight.batch.profile === "large") return;
    for (let above = node.parent; above !== undefined; above = above.parent) {
      if (above.mark === undefined) continue;
      above.mark.flyingBelow--;
      if (isBlank(above.mark)) above.mark = undefined;
    }
  }

  /** True when something is in flight at or below a path, or would take it away from above. */
  touches(node: Node, isAtOrBelow: (path: RelativePath) => boolean): boolean {
    if (node.mark?.flight !== undefined || (node.mark?.flyingBelow ?? 0) > 0) return true;
    for (let above = node.parent; above !== undefined; above = above.parent) {
      if (above.mark?.flight !== undefined && !fliesAsDirectory(above.mark)) return true;
    }
    return this.some(
      ({ batch }) =>
        batch.profile === "large" && batch.entries.some(({ path }) => isAtOrBelow(path)),
    );
  }
}

/**
 * What in flight a path must wait for: itself, something that is no directory above it, or, for what
 * is no directory any more, anything below it, the places of moves included.
 */
export function obstacleFor(node: Node, sight: Sight): Flight | "below" | undefined {
  const { mark } = node;
  if (mark?.flight !== undefined) return mark.flight;
  for (let above = node.parent; above !== undefined; above = above.parent) {
    if (above.mark?.flight !== undefined && !fliesAsDirectory(above.mark)) return above.mark.flight;
  }
  if (mark === undefined || sight.type === "directory") return undefined;
  return mark.flyingBelow + mark.movesBelow > 0 ? "below" : undefined;
}

/** The last move that waits or is under way from or to a place at or above this one. */
export function moveOver(node: Node): Move | undefined {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    const move = at.mark?.moves?.at(-1);
    if (move !== undefined) return move;
  }
  return undefined;
}

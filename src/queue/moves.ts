/**
 * Renames that are carried on the replica itself: they wait in their order, one is under way at a
 * time. From the first word of it until its end, a move reserves both its places and all below them.
 * Whatever was true of the old place is then true of the new one; see `DirtySet.addMove`.
 */
import { type RelativePath, isBelow } from "../model/path.js";
import { type Node, type Mark, blankMark, isBlank } from "./mark.js";
import type { PathTree } from "./path-tree.js";

/** One move, handed out to be carried. */
export interface MoveBatch {
  readonly id: number;
  readonly from: RelativePath;
  readonly to: RelativePath;
  readonly isDirectory: boolean;
  /** When it was seen, ms since the epoch. */
  readonly since: number;
}

export interface Move extends MoveBatch {
  readonly fromNode: Node;
  readonly toNode: Node;
  /** Paths that must not start before it has ended. */
  readonly blocked: Node[];
  /** Marks that were copied to its new place. */
  readonly copied: number;
}

export interface Lacking {
  readonly path: RelativePath;
  readonly isDirectory: boolean;
}

export interface Failing {
  readonly moves: readonly Move[];
  readonly lacking: readonly Lacking[];
}

/**
 * Two names that changed places at one stroke are reported as two moves, there and back, at one time.
 * Carried one after the other they would lose what was at the second.
 */
const EXCHANGE_MS = 1_000;

export class Moves {
  readonly #tree: PathTree<Mark>;
  readonly #queue: Move[] = [];
  #flying: Move | undefined;
  #lastId = 0;

  constructor(tree: PathTree<Mark>) {
    this.#tree = tree;
  }

  /** Those that wait, and the one under way. */
  get size(): number {
    return this.#queue.length;
  }

  get all(): readonly Move[] {
    return this.#queue;
  }

  get flying(): Move | undefined {
    return this.#flying;
  }

  /** Marks that those which wait have copied. */
  get copied(): number {
    return this.#queue.reduce((sum, { copied }) => sum + copied, 0);
  }

  add(move: Omit<MoveBatch, "id">, copied: number): void {
    const fromNode = this.#tree.reach(move.from);
    const toNode = this.#tree.reach(move.to);
    const added: Move = { ...move, id: ++this.#lastId, fromNode, toNode, blocked: [], copied };
    this.#queue.push(added);
    reserve(fromNode, added);
    reserve(toNode, added);
  }

  /** Starts the next one, if it may. */
  start(mayStart: (move: Move) => boolean): Move | undefined {
    const [next] = this.#queue;
    if (this.#flying !== undefined || next === undefined || !mayStart(next)) return undefined;
    this.#flying = next;
    return next;
  }

  /** Takes moves out; their places are free again. */
  remove(moves: readonly Move[]): void {
    for (const move of moves) {
      if (move === this.#flying) this.#flying = undefined;
      this.#queue.splice(this.#queue.indexOf(move), 1);
      release(this.#tree, move.fromNode, move);
      release(this.#tree, move.toNode, move);
    }
  }

  /**
   * What cannot be carried if this move was not: later ones that begin where it ended, or below. And
   * where the things are by now that the replica lacks so.
   */
  failing(move: Move): Failing {
    const moves = [move];
    let lacking: Lacking[] = [{ path: move.to, isDirectory: move.isDirectory }];
    if (isAlone(move)) return { moves, lacking };
    for (const later of this.#after(move)) {
      const { from, to, isDirectory } = later;
      if (lacking.some(({ path }) => isAtOrBelow(from, path))) {
        moves.push(later);
        lacking.push({ path: to, isDirectory });
      } else {
        lacking = lacking.map((each) => ({
          ...each,
          path: moved(each.path, from, to) ?? each.path,
        }));
      }
    }
    return { moves, lacking };
  }

  /** The move under way or waiting whose way back this one is, told at the same time. */
  exchangedWith({ from, to, since }: Omit<MoveBatch, "id">): Move | undefined {
    return this.#tree
      .find(from)
      ?.mark?.moves?.find(
        (move) =>
          move.from === to && move.to === from && Math.abs(since - move.since) <= EXCHANGE_MS,
      );
  }

  /** Where what this move brought to its new place is now, as later moves have taken it on. */
  placeNow({ id, to }: MoveBatch): RelativePath {
    let now = to;
    for (let next = this.#nextFrom(now, id); next !== undefined;) {
      now = moved(now, next.from, next.to) ?? now;
      next = this.#nextFrom(now, next.id);
    }
    return now;
  }

  /** The first move after another one that takes a place away, by its own name or with one above. */
  #nextFrom(place: RelativePath, after: number): Move | undefined {
    let next: Move | undefined;
    for (const node of this.#tree.along(place)) {
      for (const move of node.mark?.moves ?? []) {
        const isFirst = move.id > after && (next === undefined || move.id < next.id);
        if (isFirst && move.fromNode === node) next = move;
      }
    }
    return next;
  }

  #after({ id }: MoveBatch): readonly Move[] {
    const first = this.#queue.findIndex((move) => move.id > id);
    return first < 0 ? [] : this.#queue.slice(first);
  }
}

/** A path at or below `from`, as it is below `to`; undefined for any other. */
export function moved(
  path: RelativePath,
  from: RelativePath,
  to: RelativePath,
): RelativePath | undefined {
  return isAtOrBelow(path, from) ? ((to + path.slice(from.length)) as RelativePath) : undefined;
}

export function isAtOrBelow(path: RelativePath, place: RelativePath): boolean {
  return path === place || isBelow(path, place);
}

/** True when no other move has a place at, above or below the new place of this one. */
function isAlone(move: Move): boolean {
  const { mark } = move.toNode;
  if ((mark?.movesBelow ?? 0) > 0) return false;
  for (let at: Node | undefined = move.toNode; at !== undefined; at = at.parent) {
    if (at.mark?.moves?.some((other) => other !== move) === true) return false;
  }
  return true;
}

function reserve(node: Node, move: Move): void {
  const mark = (node.mark ??= blankMark());
  (mark.moves ??= []).push(move);
  for (let above = node.parent; above !== undefined; above = above.parent) {
    (above.mark ??= blankMark()).movesBelow++;
  }
}

function release(tree: PathTree<Mark>, node: Node, move: Move): void {
  for (let above = node.parent; above !== undefined; above = above.parent) {
    if (above.mark === undefined) continue;
    above.mark.movesBelow--;
    if (isBlank(above.mark)) above.mark = undefined;
  }
  const { mark } = node;
  if (mark?.moves === undefined) return;
  const others = mark.moves.filter((other) => other !== move);
  mark.moves = others.length === 0 ? undefined : others;
  if (isBlank(mark)) node.mark = undefined;
  tree.prune(node);
}

/**
 * Renames that are carried on the replica itself: when one may start, what it means for what is owed,
 * and what becomes of it, and of those that rely on it, when it could not be carried.
 */
import { Kind, type Move as Rename } from "../model/change.js";
import type { RelativePath } from "../model/path.js";
import { type Flights, moveOver } from "./flights.js";
import type { Mark, Node } from "./mark.js";
import type { Marks } from "./marks.js";
import { type Move, type MoveBatch, type Moves, isAtOrBelow } from "./moves.js";
import { type CopiedMark, marksToCopy } from "./renamed-marks.js";

export interface RenameLimits {
  /** Moves that wait to be carried. */
  readonly waiting: number;
  /** Marks that they all together have copied to their new places. */
  readonly copied: number;
}

/**
 * Every move copies what is owed at its old place, what moves before it have copied included: with
 * nobody to carry them the marks would multiply. What is renamed beyond this is sent and compared.
 */
const STANDARD_LIMITS: RenameLimits = { waiting: 64, copied: 20_000 };

export class Renames {
  readonly #marks: Marks;
  readonly #flights: Flights;
  readonly #moves: Moves;
  readonly #limits: RenameLimits;

  constructor(marks: Marks, flights: Flights, moves: Moves, limits = STANDARD_LIMITS) {
    this.#marks = marks;
    this.#flights = flights;
    this.#moves = moves;
    this.#limits = limits;
  }

  add({ from, to, isDirectory }: Rename, at: number): void {
    const move = { from, to, isDirectory, since: at };
    const fromNode = this.#marks.tree.find(from);
    const copies = this.#copies(fromNode, move);
    if (copies === undefined) {
      this.#lacks(to, isDirectory, at);
      return;
    }
    this.#expectContent(to, isDirectory);
    const isUnsent = isDirectory && fromNode?.mark !== undefined && isNewHere(fromNode.mark);
    for (const { path, kinds, since } of copies) this.#marks.owe(path, kinds, since);
    const wayThere = this.#moves.exchangedWith(move);
    if (wayThere !== undefined) {
      if (wayThere !== this.#moves.flying) this.#giveUp(wayThere, at);
      this.#lacks(from, wayThere.isDirectory, at);
      this.#lacks(to, isDirectory, at);
    } else if (isUnsent) {
      this.#lacks(to, isDirectory, at);
    } else {
      this.#moves.add(move, copies.length);
      this.#marks.touchPath(from);
      this.#marks.touchPath(to);
    }
  }

  /** Starts the first move, if none is under way and nothing in flight is in its way. */
  start(): MoveBatch | undefined {
    const move = this.#moves.start(
      ({ from, to, fromNode, toNode }) =>
        !this.#flights.touches(fromNode, (path) => isAtOrBelow(path, from)) &&
        !this.#flights.touches(toNode, (path) => isAtOrBelow(path, to)) &&
        !awaitsParent(toNode),
    );
    if (move === undefined) return undefined;
    const { id, from, to, isDirectory, since } = move;
    return { id, from, to, isDirectory, since };
  }

  end({ id }: MoveBatch, outcome: "carried" | "fallback", now: number): void {
    const move = this.#moves.flying;
    if (move?.id !== id) throw new Error(`Cannot end move ${id}: it is not under way`);
    if (outcome === "fallback") this.#giveUp(move, now);
    else this.#finish([move], now);
  }

  /** Forgets the moves that wait. What stays marked, being in flight too, does not rely on them. */
  evict(): void {
    const waiting = this.#moves.all.filter((move) => move !== this.#moves.flying);
    for (const { to, isDirectory, since } of waiting) this.#lacks(to, isDirectory, since);
    this.#moves.remove(waiting);
    for (const { blocked, since } of waiting) this.#marks.unblock(blocked, since);
  }

  /** What is owed at the old place, for the new one; undefined where that is more than is worth it. */
  #copies(from: Node | undefined, move: Rename): readonly CopiedMark[] | undefined {
    const { waiting, copied } = this.#limits;
    if (this.#moves.size >= waiting) return undefined;
    if (from === undefined) return [];
    return marksToCopy(from, move, copied - this.#moves.copied);
  }

  /** It brings its content along: unless more is said of it, only its attributes are left to prove. */
  #expectContent(to: RelativePath, isDirectory: boolean): void {
    const place = this.#marks.tree.find(to);
    const directory = isDirectory ? Kind.Directory : 0;
    if (place?.mark?.kinds !== (Kind.Content | directory)) return;
    this.#marks.change(place, place.mark, Kind.Attributes | directory);
  }

  /** Ends a move that was not carried, and those that relied on it. */
  #giveUp(move: Move, now: number): void {
    const { moves, lacking } = this.#moves.failing(move);
    for (const { to, isDirectory, since } of moves) {
      this.#marks.owe(to, isDirectory ? Kind.Content | Kind.Directory : Kind.Content, since);
    }
    for (const { path, isDirectory } of lacking) this.#lacks(path, isDirectory, move.since);
    this.#finish(moves, now);
  }

  #finish(moves: readonly Move[], now: number): void {
    this.#moves.remove(moves);
    for (const { from, to, blocked } of moves) {
      this.#marks.touchPath(from);
      this.#marks.touchPath(to);
      this.#marks.unblock([...blocked, ...this.#flights.takeBlockedFromBelow()], now);
    }
  }

  /** The replica may hold anything at a path, and below it. */
  #lacks(path: RelativePath, isDirectory: boolean, since: number): void {
    const kinds = isDirectory ? Kind.Content | Kind.Directory | Kind.Subtree : Kind.Content;
    this.#marks.owe(path, kinds, since);
  }
}

/** A directory that is new, and nothing of it in flight: the replica has hardly anything to move. */
function isNewHere({ isNew, flight, flyingBelow, moves }: Mark): boolean {
  return isNew && flight === undefined && flyingBelow === 0 && moves === undefined;
}

/**
 * True while a directory above a new place is to be made on the replica, and is on its way. One that
 * is to be moved itself is not: it waits for this move.
 */
function awaitsParent(node: Node): boolean {
  for (let above = node.parent; above !== undefined; above = above.parent) {
    const { mark } = above;
    if (mark?.flight !== undefined) return true;
    const isReady = mark?.place === "first" || mark?.place === "content";
    const isDirectory = isReady && (mark.kinds & Kind.Directory) !== 0;
    if (isDirectory && moveOver(above) === undefined) return true;
  }
  return false;
}

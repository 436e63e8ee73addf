/**
 * One target's dirty set: paths that changed and have not yet reached the replica.
 *
 * It remembers that a path changed, not how; what stands there is looked up when a batch is cut.
 * Two batches in flight never hold the same path, nor a deletion (or a change of type) and something
 * below it. It is pure: the clock and the look at the disk come in as arguments. It survives no crash:
 * `debts` is what the journal has to keep.
 */
import type { Batch, BatchEntry, EntryOutcome } from "../model/batch.js";
import { Kind, type Kinds, type Move as Rename } from "../model/change.js";
import { ROOT, type RelativePath } from "../model/path.js";
import { type CutOptions, Cutter, type CutterSettings } from "./cutter.js";
import { type Owed, type OwedPath, allOwed, owedAt } from "./debts.js";
import type { OnMissing } from "./deletions.js";
import { type Flight, Flights, type Lane } from "./flights.js";
import type { Mark, Node, Ready } from "./mark.js";
import { type MarkOptions, Marks } from "./marks.js";
import { type MoveBatch, Moves } from "./moves.js";
import { type Rank, contentsIn } from "./places.js";
import { type RenameLimits, Renames } from "./renames.js";
import { Ripple } from "./ripple.js";
import { Turns } from "./turns.js";

export type { CutOptions, Look } from "./cutter.js";
export type { Owed, OwedPath } from "./debts.js";
export { DELETE_LONGEST_MS, DELETE_QUIET_MS, type OnMissing } from "./deletions.js";
export type { Lane } from "./flights.js";
export type { MarkOptions } from "./marks.js";
export type { MoveBatch } from "./moves.js";
export type { Rank } from "./places.js";
export type { RenameLimits } from "./renames.js";
export { LAST_AT_MOST_MS } from "./turns.js";

export interface DirtySetSettings extends CutterSettings {
  /** How long a file that stays open for writing waits for its close, ms. */
  readonly longestWaitMs: (path: RelativePath) => number;
  /** Whose content goes first, and whose last; 0 for all where absent. */
  readonly rankOf?: (path: RelativePath) => Rank;
  /** How many renames may wait; enough for all but a target that is away, where absent. */
  readonly renames?: RenameLimits;
}

export class DirtySet {
  readonly #marks: Marks;
  readonly #flights = new Flights();
  readonly #moves: Moves;
  readonly #turns: Turns;
  readonly #cutter: Cutter;
  readonly #renames: Renames;
  readonly #ripple = new Ripple();
  /**
   * Directories that are gone, with the number of that word. What waits below is swallowed by whatever
   * comes next, so that a move told in the same breath still finds what was changed below its old place.
   */
  #gone: { readonly node: Node; readonly serial: number }[] = [];
  #goneAt = 0;

  constructor(settings: DirtySetSettings) {
    this.#marks = new Marks(settings);
    this.#moves = new Moves(this.#marks.tree);
    const [marks, flights, moves] = [this.#marks, this.#flights, this.#moves];
    this.#turns = new Turns(marks, flights, moves);
    this.#cutter = new Cutter(settings, { marks, flights, moves, turns: this.#turns });
    this.#renames = new Renames(marks, flights, moves, settings.renames);
  }

  /** Paths that wait, without those in flight. */
  get size(): number {
    this.#absorbGone();
    return this.#marks.size;
  }

  /** True for a file known to be open for writing, which waits for its close. */
  awaitsClose(path: RelativePath): boolean {
    const mark = this.#marks.tree.find(path)?.mark;
    const waits = mark?.place === "open" || mark?.place === "delayed";
    return waits && (mark.kinds & Kind.Writing) !== 0;
  }

  /** Batches in flight in one lane. */
  flying(lane: Lane): number {
    return this.#flights.count(lane);
  }

  /**
   * True when nothing is in flight or being moved, and nothing waits but for a time, a close, or leave
   * to delete. What a pass found in the background is not counted.
   */
  isAtRest(missing: OnMissing): boolean {
    this.#absorbGone();
    const { normal } = this.#marks;
    const waiting = contentsIn(normal) + (missing === "hold" ? 0 : normal.count("deleting"));
    if (waiting + this.#moves.size > 0) return false;
    return this.#flights.isEmpty && this.#ripple.dueAt() === undefined;
  }

  /** True while something of the background is in flight or waits for anything but a time. */
  get hasBackground(): boolean {
    this.#absorbGone();
    const { background } = this.#marks;
    const waiting =
      contentsIn(background) + background.count("deleting") + background.count("blocked");
    return waiting + this.#flights.count("background") > 0;
  }

  /** Failed paths that wait for their time. */
  delayed(): number {
    return this.#marks.normal.count("delayed") + this.#marks.background.count("delayed");
  }

  /**
   * Marks a path. The cost is its depth, however much waits already. A debt that is loaded again is
   * given with its `retryAt`, be it 0.
   */
  add(path: RelativePath, kinds: Kinds, at: number, options?: MarkOptions): void {
    if (at !== this.#goneAt) this.#absorbGone();
    const node = this.#marks.owe(path, kinds, at, options);
    if ((kinds & Kind.Gone) === 0) return;
    this.#marks.deletions.gone(at);
    // Old news, and what a pass infers, may be overtaken by what is marked below.
    if (options?.retryAt !== undefined || options?.background === true) return;
    // Where new content is told as well, what waits below may be about the new directory.
    if ((kinds & (Kind.Directory | Kind.Content)) !== Kind.Directory) return;
    this.#gone.push({ node, serial: this.#marks.serial });
    this.#goneAt = at;
  }

  /**
   * Takes what is ready, looks at it, and hands it out as a batch in flight; undefined when nothing
   * is ready. Every batch must be ended by `end`.
   */
  cut(options: CutOptions): Batch | undefined {
    this.#absorbGone();
    this.#marks.release(options.now);
    if (options.lane === "normal") {
      for (const path of this.#ripple.take(options.now)) {
        this.#marks.owe(path, Kind.Attributes | Kind.Directory, options.now);
      }
    }
    const batch = this.#cutter.cut(options);
    if (batch === undefined || batch.profile === "large") return batch;
    for (const path of this.#ripple.started(batch, options.now)) this.#marks.touchPath(path);
    return batch;
  }

  /** When `cut` may next have something, ms since the epoch; undefined: not before a change or an end. */
  nextDueAt(lane: Lane, missing: OnMissing): number | undefined {
    this.#absorbGone();
    const { normal, background, nextDueAt } = this.#marks;
    if (lane === "large") return normal.count("large") > 0 ? -Infinity : undefined;
    const places = lane === "normal" ? normal : background;
    for (const place of AT_ONCE) if (places.count(place) > 0) return -Infinity;
    const lastDueAt = this.#turns.lastDueAt(places);
    if (lane === "normal") {
      return earliest(
        lastDueAt,
        nextDueAt,
        this.#ripple.dueAt(),
        this.#turns.deletesDueAt(missing),
      );
    }
    const isReady = background.count("large") > 0 || this.#turns.backgroundMayDelete(missing);
    return isReady ? -Infinity : lastDueAt;
  }

  /** Ends a batch: what was not delivered waits again. */
  end(batch: Batch, outcomeOf: (entry: BatchEntry) => EntryOutcome, now: number): void {
    this.#absorbGone();
    const flight = this.#flights.end(batch);
    this.#ripple.ended(batch.id);
    for (const [index, entry] of batch.entries.entries()) {
      const node = flight.nodes[index];
      if (node?.mark === undefined) continue;
      this.#flights.land(node, node.mark, flight);
      this.#settle(node, node.mark, outcomeOf(entry), { flight, entry, now });
    }
    this.#marks.unblock([...flight.blocked, ...this.#flights.takeBlockedFromBelow()], now);
  }

  /**
   * A rename that shall be carried on the replica itself. Until it has ended, nothing at or below its
   * places is put into a batch. What is marked at or below `from` may be about what is at or below
   * `to` now, so it is marked there too. It is told after the two paths themselves, with the same time.
   */
  addMove(rename: Rename, at: number): void {
    this.#renames.add(rename, at);
  }

  /** Hands out the first move, if none is under way and nothing in flight is in its way. */
  cutMove(now: number): MoveBatch | undefined {
    this.#absorbGone();
    this.#marks.release(now);
    return this.#renames.start();
  }

  /**
   * Ends a move. `fallback`: nothing is known of the new place; it is marked with `Kind.Subtree`, and
   * so are later moves' places that relied on it. Once such a path is delivered, all below it has to be
   * compared with the replica, by content.
   */
  endMove(batch: MoveBatch, outcome: "carried" | "fallback", now: number): void {
    this.#absorbGone();
    this.#renames.end(batch, outcome, now);
  }

  /** Where what a move has brought to its new place is now: later moves may have taken it on. */
  placeNow(move: MoveBatch): RelativePath {
    return this.#moves.placeNow(move);
  }

  /** The time of the oldest change that could go and has not arrived; undefined when there is none. */
  oldest(): number | undefined {
    this.#absorbGone();
    let oldest = this.#flights.oldest;
    for (const place of READY) {
      oldest = Math.min(oldest, this.#marks.normal.first(place)?.mark?.since ?? Infinity);
    }
    for (const { since } of this.#moves.all) oldest = Math.min(oldest, since);
    return oldest === Infinity ? undefined : oldest;
  }

  /**
   * True while anything that was changed at `time` or before is owed, whatever it waits for. Deletions
   * are not counted where they are held, nor what a pass found in the background.
   */
  hasBefore(time: number, missing: OnMissing): boolean {
    this.#absorbGone();
    if (this.#flights.some((one) => one.lane !== "background" && one.oldest <= time)) return true;
    if (this.#moves.all.some(({ since }) => since <= time)) return true;
    return this.#marks.hasBefore(time, missing !== "hold");
  }

  /** Files that await their close go as they are now. */
  release(): void {
    this.#absorbGone();
    this.#marks.releaseOpen();
  }

  /** Failed paths go before their time; answers how many. */
  retryNow(filter: (path: RelativePath) => boolean = () => true): number {
    this.#absorbGone();
    return this.#marks.retryNow(filter);
  }

  /** Every path whose debt may have begun, ended or changed since the last call. */
  takeTouched(): Set<RelativePath> {
    this.#absorbGone();
    return this.#marks.takeTouched();
  }

  /** What is owed at a path, in flight or not; undefined when nothing is. */
  debtOf(path: RelativePath): Owed | undefined {
    const owed = this.#owedAt(path);
    const { paths, since } = this.#ripple.doubts;
    return paths.has(path) ? inDoubt(owed, since) : owed;
  }

  /**
   * True while something is owed at a path, or above it in a way that reaches down to it: a deletion,
   * something that is no directory, a comparison of all below.
   */
  reaches(path: RelativePath): boolean {
    this.#absorbGone();
    const depth = path === ROOT ? 0 : path.split("/").length;
    for (const [level, node] of this.#marks.tree.along(path).entries()) {
      const kinds = owedAt(node)?.kinds ?? 0;
      if (kinds === 0) continue;
      const isAbove = level < depth;
      if (!isAbove || (kinds & (Kind.Gone | Kind.Subtree)) !== 0) return true;
      if ((kinds & Kind.Directory) === 0) return true;
    }
    return false;
  }

  /** All that is owed, in flight or not. */
  debts(): readonly OwedPath[] {
    this.#absorbGone();
    const { paths, since } = this.#ripple.doubts;
    const owed = allOwed(this.#marks.tree.root);
    if (paths.size === 0) return owed;
    const others = owed.filter(({ path }) => !paths.has(path));
    const doubted = [...paths].map((path) => ({ path, ...inDoubt(this.#owedAt(path), since) }));
    return [...others, ...doubted];
  }

  /**
   * Forgets every path that is not in flight, and the moves that wait: they are kept elsewhere. A path
   * that was changed again while in flight is not forgotten.
   */
  evict(): void {
    this.#absorbGone();
    this.#ripple.forget();
    this.#renames.evict();
    this.#marks.evict();
  }

  #owedAt(path: RelativePath): Owed | undefined {
    const node = this.#marks.tree.find(path);
    return node === undefined ? undefined : owedAt(node);
  }

  #settle(
    node: Node,
    mark: Mark,
    outcome: EntryOutcome,
    { flight, entry, now }: { flight: Flight; entry: BatchEntry; now: number },
  ): void {
    this.#marks.touch(node, entry.path);
    if (outcome.kind === "delivered") {
      mark.attempts = 0;
      this.#marks.drop(node);
      return;
    }
    const background = flight.lane === "background";
    this.#marks.giveBack(node, mark, entry, outcome, { background, now });
  }

  #absorbGone(): void {
    if (this.#gone.length === 0) return;
    const gone = this.#gone;
    this.#gone = [];
    for (const { node, serial } of gone) this.#marks.absorb(node, serial);
  }
}

/** Where a path waits for its turn alone. */
const READY: readonly Ready[] = [
  ...(["first", "content", "attributes", "deleting"] as const),
  ...(["large", "retry", "last", "lastRetry"] as const),
];

/** What may be cut whatever else is ready. */
const AT_ONCE: readonly Ready[] = ["first", "content", "attributes", "retry"];

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const soonest = Math.min(...times.map((time) => time ?? Infinity));
  return soonest === Infinity ? undefined : soonest;
}

function inDoubt(owed: Owed | undefined, since: number): Owed {
  const kinds = Kind.Attributes | Kind.Directory;
  if (owed === undefined) return { kinds, since, attempts: 0, retryAt: 0 };
  return { ...owed, kinds: owed.kinds | kinds, since: Math.min(owed.since, since) };
}

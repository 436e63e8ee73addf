/**
 * One target's dirty set: paths that changed and have not yet reached the replica.
 *
 * It remembers that a path changed, not how; what stands there is looked up when a batch is cut.
 * Two batches in flight never hold the same path, nor a deletion (or a change of type) and something
 * below it. It is pure: the clock and the look at the disk come in as arguments. It survives no crash:
 * `debts` is what the journal has to keep.
 */
import type { Batch, BatchEntry, EntryOutcome, Sight } from "../model/batch.js";
import { Kind, type Kinds, type Move as Rename } from "../model/change.js";
import type { RelativePath } from "../model/path.js";
import { type Owed, type OwedPath, allOwed, owedAt } from "./debts.js";
import { type Flight, Flights, type Lane, moveOver, obstacleFor } from "./flights.js";
import { type Mark, type Node, type Ready, blankMark } from "./mark.js";
import { type MarkOptions, Marks } from "./marks.js";
import { type Move, type MoveBatch, Moves, isAtOrBelow } from "./moves.js";
import { type Places, type Rank, placeFor, profileOf } from "./places.js";
import { marksToCopy } from "./renaming.js";
import { Ripple } from "./ripple.js";

export type { Owed, OwedPath } from "./debts.js";
export { DELETE_LONGEST_MS, DELETE_QUIET_MS } from "./deletions.js";
export type { Lane } from "./flights.js";
export type { MarkOptions } from "./marks.js";
export type { MoveBatch } from "./moves.js";
export type { Rank } from "./places.js";

export interface DirtySetSettings {
  /** How long a file that stays open for writing waits for its close, ms. */
  readonly longestWaitMs: (path: RelativePath) => number;
  /** Paths in one batch at most. */
  readonly batchPaths: number;
  /** Bytes of file content in one batch at most; a single larger file still goes, alone. */
  readonly batchBytes: number;
  /** Files above this many bytes travel in a lane of their own. */
  readonly largeFileBytes: number;
  /** Whose content goes first, and whose last; 0 for all where absent. */
  readonly rankOf?: (path: RelativePath) => Rank;
}

/**
 * The longest list of deletions, in bytes of names: what a pipe takes in one piece. A longer one could
 * be cut within a name if the program is killed, and the stump name something else.
 */
const DELETE_LIST_BYTES = 32 * 1024;

/** What goes last waits no longer than this for a stream of other changes to end. */
export const LAST_AT_MOST_MS = 5_000;

/**
 * What to do with a path that is missing when a batch is cut: delete it on the replica; delete it only
 * if it was marked as gone; keep it for later; or forget it.
 */
export type OnMissing = "send" | "marked" | "hold" | "drop";

export type Look = (path: RelativePath) => Sight;

export interface CutOptions {
  readonly now: number;
  readonly look: Look;
  readonly missing: OnMissing;
  readonly lane: Lane;
}

export class DirtySet {
  readonly #settings: DirtySetSettings;
  readonly #marks: Marks;
  readonly #flights = new Flights();
  readonly #moves: Moves;
  /** Paths held back by something in flight below them. */
  #blockedFromBelow: Node[] = [];
  readonly #ripple = new Ripple();
  #lastBatchId = 0;
  /**
   * Directories that are gone, with the number of that word. What waits below is swallowed by whatever
   * comes next, so that a move told in the same breath still finds what was changed below its old place.
   */
  #gone: { readonly node: Node; readonly serial: number }[] = [];
  #goneAt = 0;

  constructor(settings: DirtySetSettings) {
    this.#settings = settings;
    this.#marks = new Marks(settings);
    this.#moves = new Moves(this.#marks.tree);
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
    const waiting = contentsIn(background) + background.count("deleting", "blocked");
    return waiting + this.#flights.count("background") > 0;
  }

  /** Failed paths that wait for their time. */
  delayed(): number {
    return this.#marks.normal.count("delayed") + this.#marks.background.count("delayed");
  }

  /**
   * Marks a path. The cost is its depth, however much waits already. A debt that is loaded again and
   * had failed (`retryAt`) waits for its time.
   */
  add(path: RelativePath, kinds: Kinds, at: number, options?: MarkOptions): void {
    if (at !== this.#goneAt) this.#absorbGone();
    const node = this.#marks.owe(path, kinds, at, options);
    if ((kinds & Kind.Gone) === 0) return;
    this.#marks.deletions.gone(at);
    if ((kinds & Kind.Directory) === 0) return;
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
    const { normal, background } = this.#marks;
    if (options.lane === "large") return this.#cutFrom(normal, "large", options);
    if (options.lane === "background") {
      return (
        this.#cutContents(background, options) ??
        this.#cutFrom(background, "large", options) ??
        (this.#mayDeleteInBackground(options.missing)
          ? this.#cutFrom(background, "deleting", options)
          : undefined)
      );
    }
    for (const path of this.#ripple.take(options.now)) {
      this.add(path, Kind.Attributes | Kind.Directory, options.now);
    }
    return (
      (this.#deletesAreDue(options) ? this.#cutFrom(normal, "deleting", options) : undefined) ??
      this.#cutContents(normal, options)
    );
  }

  /** When `cut` may next have something, ms since the epoch; undefined: not before a change or an end. */
  nextDueAt(lane: Lane, missing: OnMissing): number | undefined {
    this.#absorbGone();
    const { normal, background, deletions, nextDueAt } = this.#marks;
    if (lane === "large") return normal.count("large") > 0 ? -Infinity : undefined;
    const places = lane === "normal" ? normal : background;
    if (places.count("first", "content", "attributes", "retry") > 0) return -Infinity;
    const times = [this.#lastDueAt(places)];
    if (lane === "background") {
      const deletes = background.count("deleting") > 0 && this.#mayDeleteInBackground(missing);
      if (deletes || background.count("large") > 0) return -Infinity;
    } else {
      times.push(nextDueAt, this.#ripple.dueAt());
      const deletes = normal.count("deleting") > 0 && missing !== "hold";
      if (deletes && !this.#deletesMustFollow()) {
        times.push(Math.max(deletions.dueAt, this.#deletesHeldByLast()));
      }
    }
    const soonest = Math.min(...times.map((time) => time ?? Infinity));
    return soonest === Infinity ? undefined : soonest;
  }

  /** Ends a batch: what was not delivered waits again. */
  end(batch: Batch, outcomeOf: (entry: BatchEntry) => EntryOutcome, now: number): void {
    this.#absorbGone();
    const flight = this.#flights.end(batch);
    this.#ripple.ended(batch.id);
    for (const entry of batch.entries) {
      const node = this.#marks.tree.find(entry.path);
      if (node?.mark === undefined) continue;
      this.#flights.land(node, node.mark, flight);
      this.#settle(node, node.mark, outcomeOf(entry), { flight, entry, now });
    }
    this.#unblock(flight.blocked, now);
  }

  /**
   * A rename that shall be carried on the replica itself. Until it has ended, nothing at or below its
   * places is put into a batch. What is marked at or below `from` may be about what is at or below
   * `to` now, so it is marked there too. It is told after the two paths themselves, with the same time.
   */
  addMove(rename: Rename, at: number): void {
    const { from, to, isDirectory } = rename;
    const move = { from, to, isDirectory, since: at };
    const fromNode = this.#marks.tree.find(from);
    const place = this.#marks.tree.find(to);
    const created = Kind.Content | (isDirectory ? Kind.Directory : 0);
    if (place?.mark?.kinds === created) {
      // It brings its content along: unless more is said of it, only its attributes are left to prove.
      this.#marks.change(place, place.mark, (created & ~Kind.Content) | Kind.Attributes);
    }
    const copies = fromNode === undefined ? [] : marksToCopy(fromNode, rename);
    const isNew = isDirectory && fromNode?.mark !== undefined && isUnsent(fromNode.mark);
    for (const { path, kinds, since } of copies) this.#marks.owe(path, kinds, since);
    const wayThere = this.#moves.exchangedWith(move);
    if (wayThere !== undefined) {
      if (wayThere !== this.#moves.flying) this.#giveUp(wayThere, at);
      this.#lacks(from, wayThere.isDirectory, at);
      this.#lacks(to, isDirectory, at);
    } else if (isNew) {
      this.#lacks(to, isDirectory, at);
    } else {
      this.#moves.add(move);
      this.#marks.touch(from);
      this.#marks.touch(to);
    }
  }

  /** Hands out the first move, if none is under way and nothing in flight is in its way. */
  cutMove(now: number): MoveBatch | undefined {
    this.#absorbGone();
    this.#marks.release(now);
    return this.#moves.start(
      ({ from, to, fromNode, toNode }) =>
        !this.#flights.touches(fromNode, (path) => isAtOrBelow(path, from)) &&
        !this.#flights.touches(toNode, (path) => isAtOrBelow(path, to)) &&
        !awaitsParent(toNode),
    );
  }

  /**
   * Ends a move. `fallback`: nothing is known of the new place; it is marked with `Kind.Subtree`, and
   * so are later moves' places that relied on it. Once such a path is delivered, all below it has to be
   * compared with the replica, by content.
   */
  endMove(batch: MoveBatch, outcome: "carried" | "fallback", now: number): void {
    this.#absorbGone();
    const move = this.#moves.flying;
    if (move?.id !== batch.id) {
      throw new Error(`Cannot end move ${batch.id}: it is not under way`);
    }
    if (outcome === "fallback") this.#giveUp(move, now);
    else this.#finish([move], now);
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
      for (const { mark } of this.#marks.normal.at(place)) {
        oldest = Math.min(oldest, mark?.since ?? Infinity);
        break;
      }
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
    if (this.#flights.oldest <= time) return true;
    if (this.#moves.all.some(({ since }) => since <= time)) return true;
    return this.#marks.hasBefore(
      time,
      missing === "hold" ? ({ place }) => place !== "deleting" : () => true,
    );
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
    this.#absorbGone();
    const node = this.#marks.tree.find(path);
    const owed = node === undefined ? undefined : owedAt(node);
    const { paths, since } = this.#ripple.doubts;
    return paths.has(path) ? inDoubt(owed, since) : owed;
  }

  /** All that is owed, in flight or not. To be read before the set is used again. */
  *debts(): Generator<OwedPath> {
    this.#absorbGone();
    const { paths, since } = this.#ripple.doubts;
    const doubted = new Set(paths);
    for (const owed of allOwed(this.#marks.tree.root)) {
      yield doubted.delete(owed.path) ? { path: owed.path, ...inDoubt(owed, since) } : owed;
    }
    for (const path of doubted) yield { path, ...inDoubt(undefined, since) };
  }

  /**
   * Forgets every path that is not in flight, and the moves that wait: they are kept elsewhere. A path
   * that was changed again while in flight is not forgotten.
   */
  evict(): void {
    this.#absorbGone();
    this.#ripple.forget();
    this.#moves.remove(this.#moves.all.filter((move) => move !== this.#moves.flying));
    this.#marks.evict();
  }

  #settle(
    node: Node,
    mark: Mark,
    outcome: EntryOutcome,
    { flight, entry, now }: { flight: Flight; entry: BatchEntry; now: number },
  ): void {
    this.#marks.touch(entry.path);
    if (outcome.kind === "delivered") {
      mark.attempts = 0;
      this.#marks.drop(node);
      return;
    }
    const background = flight.lane === "background";
    this.#marks.giveBack(node, mark, entry, outcome, { background, now });
  }

  #unblock(nodes: readonly Node[], now: number): void {
    const fromBelow = this.#blockedFromBelow;
    this.#blockedFromBelow = [];
    this.#marks.unblock(nodes, now);
    this.#marks.unblock(fromBelow, now);
  }

  /** Everything but deletions and large files, in the order of its ranks. */
  #cutContents(places: Places, options: CutOptions): Batch | undefined {
    const lastDueAt = this.#lastDueAt(places) ?? Infinity;
    const overdue = options.now - LAST_AT_MOST_MS;
    const lastIsOverdue = lastDueAt !== -Infinity && lastDueAt <= options.now;
    return (
      (lastIsOverdue ? this.#cutFrom(places, "last", options, overdue) : undefined) ??
      this.#cutFrom(places, "first", options) ??
      this.#cutFrom(places, "content", options) ??
      this.#cutFrom(places, "attributes", options) ??
      this.#cutFrom(places, "retry", options) ??
      this.#cutLast(places, options, overdue)
    );
  }

  #cutLast(places: Places, options: CutOptions, overdue: number): Batch | undefined {
    const changedUntil = this.#lastIsFree(places) ? Infinity : overdue;
    return (
      this.#cutFrom(places, "last", options, changedUntil) ??
      this.#cutFrom(places, "lastRetry", options, changedUntil)
    );
  }

  #cutFrom(
    places: Places,
    place: Ready,
    options: CutOptions,
    changedUntil = Infinity,
  ): Batch | undefined {
    const waiting = places.at(place);
    if (waiting.size === 0) return undefined;
    const profile = profileOf(place);
    const entries: BatchEntry[] = [];
    const batch: Batch = { id: ++this.#lastBatchId, profile, entries };
    const flight: Flight = { batch, lane: options.lane, place, oldest: Infinity, blocked: [] };
    const most = profile === "large" ? 1 : this.#settings.batchPaths;
    let bytes = 0;
    let nameBytes = 0;
    for (const node of waiting) {
      if (entries.length >= most || bytes >= this.#settings.batchBytes) break;
      if (place === "deleting" && nameBytes >= DELETE_LIST_BYTES) break;
      const { mark } = node;
      if (mark === undefined) continue;
      if (mark.since > changedUntil) break;
      if (this.#isReserved(node, mark)) continue;
      const sight = options.look(node.path);
      if (this.#belongsElsewhere(node, mark, sight, place, options)) continue;
      const entry = this.#board(node, mark, sight, flight);
      if (entry === undefined) continue;
      entries.push(entry);
      bytes += sight.size;
      nameBytes += entry.path.length;
    }
    if (entries.length === 0) return undefined;
    this.#flights.start(flight);
    if (profile !== "large") {
      for (const path of this.#ripple.started(batch, options.now)) this.#marks.touch(path);
    }
    return batch;
  }

  /** Lets a path wait for the move at or above it, without a look: what it shows may move yet. */
  #isReserved(node: Node, mark: Mark): boolean {
    if (this.#moves.size === 0) return false;
    const move = moveOver(node);
    if (move === undefined) return false;
    this.#marks.moveTo(node, mark, "blocked", mark.since);
    move.blocked.push(node);
    return true;
  }

  /** Moves a path to where it should be taken from, now that it has been looked at. */
  #belongsElsewhere(
    node: Node,
    mark: Mark,
    sight: Sight,
    from: Ready,
    options: CutOptions,
  ): boolean {
    const rank = () => this.#marks.rankOf(node);
    const to = placeFor(sight, from, rank, this.#settings.largeFileBytes);
    if (to === "deleting" && forgets(options.missing, mark.kinds)) {
      this.#marks.touch(node.path);
      this.#marks.clear(node, mark);
      this.#marks.drop(node);
      return true;
    }
    if (to === from) return false;
    this.#marks.moveTo(node, mark, to, options.now);
    return true;
  }

  /** Takes a path into a batch, or lets it wait for what stands in its way. */
  #board(node: Node, mark: Mark, sight: Sight, flight: Flight): BatchEntry | undefined {
    const { tree } = this.#marks;
    const named = sight.at === node.path ? node : tree.reach(sight.at);
    const obstacle = obstacleFor(named, sight);
    if (obstacle !== undefined) {
      this.#marks.moveTo(node, mark, "blocked", mark.since);
      (obstacle === "below" ? this.#blockedFromBelow : obstacle.blocked).push(node);
      tree.prune(named);
      return undefined;
    }
    const namedMark = (named.mark ??= blankMark());
    const entry: BatchEntry = {
      path: sight.at,
      kinds: mark.kinds | namedMark.kinds,
      sight,
      since: namedMark.kinds === 0 ? mark.since : Math.min(mark.since, namedMark.since),
      attempts: Math.max(mark.attempts, namedMark.attempts),
    };
    this.#flights.takeOff(named, namedMark, flight, entry);
    if (named !== node) this.#marks.touch(node.path);
    this.#marks.touch(entry.path);
    this.#marks.clear(node, mark);
    this.#marks.clear(named, namedMark);
    if (sight.type !== "directory") this.#marks.absorb(named);
    return entry;
  }

  /** When what goes last may be cut; -Infinity for at once. */
  #lastDueAt(places: Places): number | undefined {
    if (places.count("last", "lastRetry") === 0) return undefined;
    if (this.#lastIsFree(places)) return -Infinity;
    for (const place of ["last", "lastRetry"] as const) {
      for (const { mark } of places.at(place)) return (mark?.since ?? 0) + LAST_AT_MOST_MS;
    }
    return undefined;
  }

  /** True when nothing is ready or in flight that goes before what goes last. */
  #lastIsFree(places: Places): boolean {
    if (places.count("first", "content", "attributes", "large") > 0) return false;
    const isBackground = places === this.#marks.background;
    if (!isBackground && this.#moves.size > 0) return false;
    return !this.#flights.some(
      ({ lane, place }) => (lane === "background") === isBackground && GOES_BEFORE_LAST.has(place),
    );
  }

  #deletesAreDue({ now, missing }: CutOptions): boolean {
    const { normal, deletions } = this.#marks;
    if (normal.count("deleting") === 0 || missing === "hold") return false;
    if (now < Math.max(deletions.dueAt, this.#deletesHeldByLast())) return false;
    const writes = (["first", "content", "last"] as const).filter(
      (place) => normal.count(place) > 0,
    );
    deletions.follow(this.#lastBatchId + writes.length);
    return !this.#deletesMustFollow();
  }

  /** What goes last may be the new place of a name that is gone: it is given its time. */
  #deletesHeldByLast(): number {
    const { normal, deletions } = this.#marks;
    return normal.count("last") === 0 ? -Infinity : deletions.waitingSince + LAST_AT_MOST_MS;
  }

  /** True until every write that was ready before the deletions fell due has been carried. */
  #deletesMustFollow(): boolean {
    const { follows } = this.#marks.deletions;
    if (follows === undefined) return false;
    if (this.#lastBatchId < follows) return true;
    return this.#flights.some(({ batch, lane }) => lane === "normal" && batch.id <= follows);
  }

  #mayDeleteInBackground(missing: OnMissing): boolean {
    if (missing === "hold" || contentsIn(this.#marks.background) > 0) return false;
    return !this.#flights.some(({ lane, place }) => lane === "background" && place !== "deleting");
  }

  #absorbGone(): void {
    if (this.#gone.length === 0) return;
    const gone = this.#gone;
    this.#gone = [];
    for (const { node, serial } of gone) this.#marks.absorb(node, serial);
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
      this.#marks.touch(from);
      this.#marks.touch(to);
      this.#unblock(blocked, now);
    }
  }

  /** The replica may hold anything at a path, and below it. */
  #lacks(path: RelativePath, isDirectory: boolean, since: number): void {
    const kinds = isDirectory ? Kind.Content | Kind.Directory | Kind.Subtree : Kind.Content;
    this.#marks.owe(path, kinds, since);
  }
}

const READY = [
  "first",
  "content",
  "attributes",
  "deleting",
  "large",
  "retry",
  "last",
  "lastRetry",
] as const satisfies readonly Ready[];

const GOES_BEFORE_LAST = new Set<Ready>(["first", "content", "attributes", "large"]);

/** What is ready in some places and no deletion. */
function contentsIn(places: Places): number {
  return places.count("first", "content", "attributes", "large", "retry", "last", "lastRetry");
}

function forgets(policy: OnMissing, kinds: Kinds): boolean {
  return policy === "drop" || (policy === "marked" && (kinds & Kind.Gone) === 0);
}

/** A directory that is new since the last batch took something of it: the replica has nothing to move. */
function isUnsent({ kinds, replaced, flight, flyingBelow, moves }: Mark): boolean {
  const isNew = (kinds & Kind.Content) !== 0 && !replaced;
  return isNew && flight === undefined && flyingBelow === 0 && moves === undefined;
}

/** True while a directory above a new place is to be made on the replica, and is on its way. */
function awaitsParent(node: Node): boolean {
  for (let above = node.parent; above !== undefined; above = above.parent) {
    const { mark } = above;
    if (mark?.flight !== undefined) return true;
    const isReady = mark?.place === "first" || mark?.place === "content";
    if (isReady && (mark.kinds & Kind.Directory) !== 0) return true;
  }
  return false;
}

function inDoubt(owed: Owed | undefined, since: number): Owed {
  const kinds = Kind.Attributes | Kind.Directory;
  if (owed === undefined) return { kinds, since, attempts: 0, retryAt: 0 };
  return { ...owed, kinds: owed.kinds | kinds, since: Math.min(owed.since, since) };
}

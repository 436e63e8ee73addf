/**
 * One target's dirty set: paths that changed and have not yet reached the replica.
 *
 * It remembers that a path changed, not how; what stands there is looked up when a batch is cut.
 * Two batches in flight never hold the same path, nor a deletion (or a change of type) and something
 * below it. It is pure: the clock and the look at the disk come in as arguments. It survives no crash.
 */
import type { Batch, BatchEntry, EntryOutcome, Profile, Sight } from "../model/batch.js";
import { Kind, type Kinds } from "../model/change.js";
import type { RelativePath } from "../model/path.js";
import { DueHeap } from "./heap.js";
import { type PathNode, PathTree } from "./path-tree.js";
import { Ripple } from "./ripple.js";

export interface DirtySetSettings {
  /** How long a file that stays open for writing waits for its close, ms. */
  readonly longestWaitMs: (path: RelativePath) => number;
  /** Paths in one batch at most. */
  readonly batchPaths: number;
  /** Bytes of file content in one batch at most; a single larger file still goes, alone. */
  readonly batchBytes: number;
  /** Files above this many bytes travel in a lane of their own. */
  readonly largeFileBytes: number;
}

/**
 * Deletions wait until none has come for this long. It turns `rm -rf` into one name, and spares a
 * replica the moment in which an editor has moved the old file away and not yet made the new one.
 */
export const DELETE_QUIET_MS = 25;

/**
 * The longest list of deletions, in bytes of names: what a pipe takes in one piece. A longer one could
 * be cut within a name if the program is killed, and the stump name something else.
 */
const DELETE_LIST_BYTES = 32 * 1024;

/** Deletions never wait longer than this for a pause. */
export const DELETE_LONGEST_MS = 1_000;

/**
 * What to do with a path that is missing when a batch is cut: delete it on the replica; delete it only
 * if it was marked as gone; keep it for later; or forget it.
 */
export type OnMissing = "send" | "marked" | "hold" | "drop";

/** Large files travel beside the others, one at a time. */
export type Lane = "normal" | "large";

export type Look = (path: RelativePath) => Sight;

export interface CutOptions {
  readonly now: number;
  readonly look: Look;
  readonly missing: OnMissing;
  readonly lane: Lane;
}

type Ready = "content" | "attributes" | "deleting" | "large" | "retry";

/** What is known of one path; `kinds` is 0 where only something below it matters. */
interface Mark {
  kinds: Kinds;
  since: number;
  attempts: number;
  /** `waiting`: for a close or a time; `blocked`: for the end of a batch in flight. */
  place: Ready | "waiting" | "blocked" | undefined;
  /** When a waiting path falls due; tells a stale item of the heap from a true one. */
  dueAt: number;
  flight: Flight | undefined;
  /** The flight carries a directory, which minds nothing that happens below it. */
  flightIsDirectory: boolean;
  /** Entries in flight below this path, large files not counted: they mind nobody's deletion. */
  flyingBelow: number;
}

type Node = PathNode<Mark>;

/** A batch in flight, and the paths that must not start before it has ended. */
interface Flight {
  readonly batch: Batch;
  readonly blocked: Node[];
}

export class DirtySet {
  readonly #settings: DirtySetSettings;
  readonly #tree = new PathTree<Mark>();
  /** In the order of arrival. */
  readonly #ready: Record<Ready, Set<Node>> = {
    content: new Set(),
    attributes: new Set(),
    deleting: new Set(),
    large: new Set(),
    retry: new Set(),
  };
  /** Open files and failed paths, until they fall due. */
  readonly #waiting = new DueHeap<Node>();
  readonly #flights = new Map<number, Flight>();
  /** Paths held back by something in flight below them. */
  #blockedFromBelow: Node[] = [];
  readonly #ripple = new Ripple();
  #size = 0;
  #lastBatchId = 0;
  #lastGoneAt = -Infinity;
  #deletingSince = -Infinity;
  /** Deletions follow the batches up to this one: a rename's new place is there before the old one goes. */
  #deletesFollow: number | undefined;

  constructor(settings: DirtySetSettings) {
    this.#settings = settings;
  }

  /** Paths that wait, without those in flight. */
  get size(): number {
    return this.#size;
  }

  /** True for a file known to be open for writing, which waits for its close. */
  awaitsClose(path: RelativePath): boolean {
    const mark = this.#tree.find(path)?.mark;
    return mark?.place === "waiting" && (mark.kinds & Kind.Writing) !== 0;
  }

  /** Batches in flight in one lane. */
  flying(lane: Lane): number {
    let count = 0;
    for (const { batch } of this.#flights.values()) {
      if ((batch.profile === "large") === (lane === "large")) count++;
    }
    return count;
  }

  /** True when nothing is in flight and nothing waits but for a time, a close, or leave to delete. */
  isAtRest(missing: OnMissing): boolean {
    const { content, attributes, deleting, large, retry } = this.#ready;
    const ready = content.size + attributes.size + large.size + retry.size;
    const deletions = missing === "hold" ? 0 : deleting.size;
    return this.#flights.size + ready + deletions === 0 && this.#ripple.dueAt() === undefined;
  }

  /** Marks a path. The cost is its depth, however much waits already. */
  add(path: RelativePath, kinds: Kinds, at: number): void {
    const node = this.#tree.reach(path);
    const mark = (node.mark ??= blankMark());
    if (mark.kinds === 0) {
      mark.since = at;
      this.#size++;
    }
    mark.kinds |= kinds;
    if ((kinds & Kind.Gone) !== 0) {
      this.#lastGoneAt = Math.max(this.#lastGoneAt, at);
      if ((kinds & Kind.Directory) !== 0) this.#absorb(node);
    }
    if (mark.place !== "blocked") this.#put(node, mark, at);
  }

  /**
   * Takes what is ready, looks at it, and hands it out as a batch in flight; undefined when nothing
   * is ready. Every batch must be ended by `end`.
   */
  cut(options: CutOptions): Batch | undefined {
    this.#release(options.now);
    if (options.lane === "large") return this.#cutFrom("large", "large", options);
    for (const path of this.#ripple.take(options.now)) {
      this.add(path, Kind.Attributes | Kind.Directory, options.now);
    }
    return (
      (this.#deletesAreDue(options)
        ? this.#cutFrom("deleting", "attributes", options)
        : undefined) ??
      this.#cutFrom("content", "content", options) ??
      this.#cutFrom("attributes", "attributes", options) ??
      // What failed before travels apart, so that it does not spoil a batch of sound ones.
      this.#cutFrom("retry", "content", options)
    );
  }

  /** When `cut` may next have something, ms since the epoch; undefined: not before a change or an end. */
  nextDueAt(lane: Lane, missing: OnMissing): number | undefined {
    if (lane === "large") return this.#ready.large.size > 0 ? -Infinity : undefined;
    const { content, attributes, retry } = this.#ready;
    if (content.size + attributes.size + retry.size > 0) return -Infinity;
    const times = [this.#waiting.nextDueAt, this.#ripple.dueAt()];
    if (this.#ready.deleting.size > 0 && missing !== "hold" && !this.#deletesMustFollow()) {
      times.push(this.#deletesDueAt());
    }
    const soonest = Math.min(...times.map((time) => time ?? Infinity));
    return soonest === Infinity ? undefined : soonest;
  }

  /** Ends a batch: what was not delivered waits again. */
  end(batch: Batch, outcomeOf: (entry: BatchEntry) => EntryOutcome, now: number): void {
    const flight = this.#flights.get(batch.id);
    if (flight === undefined) throw new Error(`Cannot end batch ${batch.id}: it is not in flight`);
    this.#flights.delete(batch.id);
    this.#ripple.ended(batch.id);
    for (const entry of batch.entries) {
      const node = this.#tree.find(entry.path);
      if (node?.mark === undefined) continue;
      land(node, node.mark, batch.profile);
      this.#settle(node, node.mark, entry, outcomeOf(entry));
    }
    const blocked = [...flight.blocked, ...this.#blockedFromBelow];
    this.#blockedFromBelow = [];
    for (const node of blocked) {
      if (node.mark?.place !== "blocked") continue;
      node.mark.place = undefined;
      this.#put(node, node.mark, now);
    }
  }

  /** The time of the oldest change that could go and has not arrived; undefined when there is none. */
  oldest(): number | undefined {
    let oldest = Infinity;
    for (const { batch } of this.#flights.values()) {
      for (const entry of batch.entries) oldest = Math.min(oldest, entry.since);
    }
    for (const set of Object.values(this.#ready)) {
      for (const node of set) {
        oldest = Math.min(oldest, node.mark?.since ?? Infinity);
        break;
      }
    }
    return oldest === Infinity ? undefined : oldest;
  }

  #settle(node: Node, mark: Mark, entry: BatchEntry, outcome: EntryOutcome): void {
    const changedMeanwhile = mark.kinds !== 0;
    if (outcome.kind === "delivered") {
      mark.attempts = 0;
      this.#drop(node);
      return;
    }
    if (!changedMeanwhile) this.#size++;
    mark.since = entry.since;
    mark.kinds |= entry.kinds;
    mark.attempts = outcome.kind === "failed" ? entry.attempts + 1 : entry.attempts;
    if (mark.place === "blocked") return;
    if (outcome.kind === "again" || changedMeanwhile) this.#put(node, mark, entry.since);
    else this.#wait(node, mark, outcome.retryAt);
  }

  #cutFrom(place: Ready, profile: Profile, options: CutOptions): Batch | undefined {
    const entries: BatchEntry[] = [];
    const batch: Batch = { id: ++this.#lastBatchId, profile, entries };
    const flight: Flight = { batch, blocked: [] };
    const most = profile === "large" ? 1 : this.#settings.batchPaths;
    let bytes = 0;
    let nameBytes = 0;
    for (const node of this.#ready[place]) {
      if (entries.length >= most || bytes >= this.#settings.batchBytes) break;
      if (place === "deleting" && nameBytes >= DELETE_LIST_BYTES) break;
      const { mark } = node;
      if (mark === undefined) continue;
      const sight = options.look(node.path);
      if (this.#belongsElsewhere(node, mark, sight, place, options)) continue;
      const entry = this.#board(node, mark, sight, flight);
      if (entry === undefined) continue;
      entries.push(entry);
      bytes += sight.size;
      nameBytes += entry.path.length;
    }
    if (entries.length === 0) return undefined;
    this.#flights.set(batch.id, flight);
    if (profile !== "large") this.#ripple.started(batch, options.now);
    return batch;
  }

  /** Moves a path to where it should be taken from, now that it has been looked at. */
  #belongsElsewhere(
    node: Node,
    mark: Mark,
    sight: Sight,
    from: Ready,
    options: CutOptions,
  ): boolean {
    const to = placeFor(sight, from, this.#settings.largeFileBytes);
    if (to === "deleting" && forgets(options.missing, mark.kinds)) {
      this.#clear(node, mark);
      this.#drop(node);
      return true;
    }
    if (to === from) return false;
    this.#move(node, mark, to, options.now);
    return true;
  }

  /** Takes a path into a batch, or lets it wait for the batch in flight that stands in its way. */
  #board(node: Node, mark: Mark, sight: Sight, flight: Flight): BatchEntry | undefined {
    const named = sight.at === node.path ? node : this.#tree.reach(sight.at);
    const obstacle = obstacleFor(named, sight);
    if (obstacle !== undefined) {
      this.#leave(node, mark);
      mark.place = "blocked";
      (obstacle === "below" ? this.#blockedFromBelow : obstacle.blocked).push(node);
      this.#tree.prune(named);
      return undefined;
    }
    const namedMark = (named.mark ??= blankMark());
    const entry: BatchEntry = {
      path: sight.at,
      kinds: mark.kinds | namedMark.kinds,
      sight,
      since: namedMark.kinds === 0 ? mark.since : Math.min(mark.since, namedMark.since),
      attempts: mark.attempts,
    };
    takeOff(named, namedMark, flight, sight);
    this.#clear(node, mark);
    this.#clear(named, namedMark);
    if (sight.type !== "directory") this.#absorb(named);
    return entry;
  }

  #put(node: Node, mark: Mark, now: number): void {
    const { kinds } = mark;
    if ((kinds & Kind.Content) !== 0) {
      this.#move(node, mark, mark.attempts > 0 ? "retry" : "content", now);
    } else if ((kinds & Kind.Gone) !== 0) this.#move(node, mark, "deleting", now);
    else if ((kinds & Kind.Writing) === 0) this.#move(node, mark, "attributes", now);
    else if (mark.place === undefined) {
      this.#wait(node, mark, mark.since + this.#settings.longestWaitMs(node.path));
    }
  }

  #move(node: Node, mark: Mark, place: Ready, now: number): void {
    if (mark.place === place) return;
    if (place === "deleting" && this.#ready.deleting.size === 0) {
      this.#deletingSince = now;
      this.#deletesFollow = undefined;
    }
    this.#leave(node, mark);
    mark.place = place;
    this.#ready[place].add(node);
  }

  #leave(node: Node, mark: Mark): void {
    const { place } = mark;
    if (place !== undefined && place !== "waiting" && place !== "blocked") {
      this.#ready[place].delete(node);
    }
    mark.place = undefined;
  }

  #wait(node: Node, mark: Mark, dueAt: number): void {
    this.#leave(node, mark);
    mark.place = "waiting";
    mark.dueAt = dueAt;
    this.#waiting.add(dueAt, node);
  }

  /** Lets go what has waited long enough: a file still open is sent as it is now. */
  #release(now: number): void {
    for (let node = this.#waiting.take(now); node !== undefined; node = this.#waiting.take(now)) {
      const { mark } = node;
      if (mark?.place !== "waiting" || mark.dueAt > now) continue;
      if ((mark.kinds & Kind.Writing) !== 0) mark.kinds |= Kind.Content;
      mark.place = undefined;
      this.#put(node, mark, now);
    }
  }

  #deletesAreDue({ now, missing }: CutOptions): boolean {
    if (this.#ready.deleting.size === 0 || missing === "hold") return false;
    if (now < this.#deletesDueAt()) return false;
    this.#deletesFollow ??= this.#lastBatchId + (this.#ready.content.size > 0 ? 1 : 0);
    return !this.#deletesMustFollow();
  }

  /** True until every write that was ready before the deletions fell due has been carried. */
  #deletesMustFollow(): boolean {
    if (this.#deletesFollow === undefined) return false;
    if (this.#lastBatchId < this.#deletesFollow) return true;
    for (const { batch } of this.#flights.values()) {
      if (batch.profile !== "large" && batch.id <= this.#deletesFollow) return true;
    }
    return false;
  }

  #deletesDueAt(): number {
    return Math.min(this.#lastGoneAt + DELETE_QUIET_MS, this.#deletingSince + DELETE_LONGEST_MS);
  }

  /** What is said of the whole swallows what waits below it. */
  #absorb(node: Node): void {
    if (node.children === undefined) return;
    for (const below of [...node.descendants()]) {
      if (below.mark === undefined) continue;
      this.#clear(below, below.mark);
      this.#drop(below);
    }
  }

  #clear(node: Node, mark: Mark): void {
    if (mark.kinds === 0) return;
    this.#leave(node, mark);
    mark.kinds = 0;
    mark.attempts = 0;
    this.#size--;
  }

  #drop(node: Node): void {
    if (node.mark !== undefined && isBlank(node.mark)) node.mark = undefined;
    this.#tree.prune(node);
  }
}

function blankMark(): Mark {
  return {
    kinds: 0,
    since: 0,
    attempts: 0,
    place: undefined,
    dueAt: 0,
    flight: undefined,
    flightIsDirectory: false,
    flyingBelow: 0,
  };
}

function forgets(policy: OnMissing, kinds: Kinds): boolean {
  return policy === "drop" || (policy === "marked" && (kinds & Kind.Gone) === 0);
}

function isBlank(mark: Mark): boolean {
  return mark.kinds === 0 && mark.flight === undefined && mark.flyingBelow === 0;
}

/** Which set a path should be taken from, seen what stands there. */
function placeFor(sight: Sight, from: Ready, largeFileBytes: number): Ready {
  if (sight.type === "missing") return "deleting";
  if (from === "attributes" || from === "retry") return from;
  return sight.type === "file" && sight.size > largeFileBytes ? "large" : "content";
}

/** What in flight a path must wait for: itself, something that is no directory above it, or anything below a deletion. */
function obstacleFor(node: Node, sight: Sight): Flight | "below" | undefined {
  if (node.mark?.flight !== undefined) return node.mark.flight;
  for (const { mark } of node.ancestors()) {
    if (mark?.flight !== undefined && !mark.flightIsDirectory) return mark.flight;
  }
  const disturbs = sight.type !== "directory" && (node.mark?.flyingBelow ?? 0) > 0;
  return disturbs ? "below" : undefined;
}

function takeOff(node: Node, mark: Mark, flight: Flight, sight: Sight): void {
  mark.flight = flight;
  mark.flightIsDirectory = sight.type === "directory";
  if (flight.batch.profile === "large") return;
  for (const above of node.ancestors()) (above.mark ??= blankMark()).flyingBelow++;
}

function land(node: Node, mark: Mark, profile: Profile): void {
  mark.flight = undefined;
  if (profile === "large") return;
  for (const above of node.ancestors()) {
    if (above.mark === undefined) continue;
    above.mark.flyingBelow--;
    if (isBlank(above.mark)) above.mark = undefined;
  }
}

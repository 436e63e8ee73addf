/**
 * Cuts batches: takes paths from the places where they wait, looks at what stands there, and puts them
 * into a batch in flight, unless something in flight or a move stands in their way.
 */
import type { Batch, BatchEntry, Sight } from "../model/batch.js";
import type { Kinds } from "../model/change.js";
import { Kind } from "../model/change.js";
import type { RelativePath } from "../model/path.js";
import type { OnMissing } from "./deletions.js";
import { type Flight, type Flights, type Lane, moveOver, obstacleFor } from "./flights.js";
import { type Mark, type Node, type Ready, blankMark } from "./mark.js";
import type { Marks } from "./marks.js";
import type { Moves } from "./moves.js";
import { type Places, placeFor, profileOf } from "./places.js";
import { LAST_AT_MOST_MS, type Turns } from "./turns.js";

export interface CutterSettings {
  /** Paths in one batch at most. */
  readonly batchPaths: number;
  /** Bytes of file content in one batch at most; a single larger file still goes, alone. */
  readonly batchBytes: number;
  /** Files above this many bytes travel in a lane of their own. */
  readonly largeFileBytes: number;
}

/**
 * The longest list of deletions, in bytes of names: what a pipe takes in one piece. A longer one could
 * be cut within a name if the program is killed, and the stump name something else.
 */
const DELETE_LIST_BYTES = 32 * 1024;

export type Look = (path: RelativePath) => Sight;

export interface CutOptions {
  readonly now: number;
  readonly look: Look;
  readonly missing: OnMissing;
  readonly lane: Lane;
  /**
   * Told of a path that is missing though nobody has said that it is gone. It waits among the deletions,
   * so that whoever weighs those can do so first.
   */
  readonly onGone?: (path: RelativePath) => void;
  /** Nothing but what is gone: the replica has no room, and deletions make some. They follow nobody. */
  readonly onlyDeletions?: boolean;
}

export interface CutterParts {
  readonly marks: Marks;
  readonly flights: Flights;
  readonly moves: Moves;
  readonly turns: Turns;
}

export class Cutter {
  readonly #settings: CutterSettings;
  readonly #marks: Marks;
  readonly #flights: Flights;
  readonly #moves: Moves;
  readonly #turns: Turns;

  constructor(settings: CutterSettings, { marks, flights, moves, turns }: CutterParts) {
    this.#settings = settings;
    this.#marks = marks;
    this.#flights = flights;
    this.#moves = moves;
    this.#turns = turns;
  }

  cut(options: CutOptions): Batch | undefined {
    const { normal, background } = this.#marks;
    const { now, lane, missing } = options;
    if (lane === "large") return this.#cutFrom(normal, "large", options);
    if (options.onlyDeletions === true) {
      return missing === "hold" ? undefined : this.#cutFrom(normal, "deleting", options);
    }
    if (lane === "normal") {
      const deletes = this.#turns.deletesMayGo(now, missing);
      return (
        (deletes ? this.#cutFrom(normal, "deleting", options) : undefined) ??
        this.#cutContents(normal, options)
      );
    }
    return (
      this.#cutContents(background, options) ??
      this.#cutFrom(background, "large", options) ??
      (this.#turns.backgroundMayDelete(missing)
        ? this.#cutFrom(background, "deleting", options)
        : undefined)
    );
  }

  /** Everything but deletions and large files, in the order of its ranks. */
  #cutContents(places: Places, options: CutOptions): Batch | undefined {
    return (
      this.#cutLast(places, "last", options, false) ??
      this.#cutFrom(places, "first", options) ??
      this.#cutFrom(places, "content", options) ??
      this.#cutFrom(places, "attributes", options) ??
      this.#cutFrom(places, "retry", options) ??
      this.#cutLast(places, "last", options, true) ??
      this.#cutLast(places, "lastRetry", options, true)
    );
  }

  /** Of what goes last, what has waited too long, or all when it is its turn. */
  #cutLast(
    places: Places,
    place: "last" | "lastRetry",
    options: CutOptions,
    allWhenFree: boolean,
  ): Batch | undefined {
    if (places.count(place) === 0) return undefined;
    const all = allWhenFree && this.#turns.lastIsFree(places);
    return this.#cutFrom(places, place, options, all ? 0 : LAST_AT_MOST_MS);
  }

  #cutFrom(
    places: Places,
    place: Ready,
    options: CutOptions,
    afterWaitingMs = 0,
  ): Batch | undefined {
    const waiting = places.at(place);
    if (waiting.size === 0) return undefined;
    const { batchPaths, batchBytes } = this.#settings;
    const profile = profileOf(place);
    const entries: BatchEntry[] = [];
    const batch: Batch = { id: this.#flights.newId(), profile, entries };
    const flight: Flight = {
      batch,
      lane: options.lane,
      place,
      oldest: Infinity,
      nodes: [],
      blocked: [],
    };
    const most = profile === "large" ? 1 : batchPaths;
    let bytes = 0;
    let nameBytes = 0;
    const { serial } = this.#marks;
    const isTold = (mark: Mark | undefined) => (mark?.serial ?? 0) <= serial;
    for (const node of waiting) {
      if (entries.length >= most || bytes >= batchBytes) break;
      if (place === "deleting" && nameBytes >= DELETE_LIST_BYTES) break;
      const { mark } = node;
      if (mark === undefined) continue;
      if (afterWaitingMs > 0 && mark.since + afterWaitingMs > options.now) break;
      // A name that a look has just added to the deletions is to be weighed first.
      if (!isTold(mark)) continue;
      if (this.#isReserved(node, mark)) continue;
      const { path } = node;
      const sight = options.look(path);
      if (this.#belongsElsewhere(node, mark, { path, sight, place, options, isTold })) continue;
      const entry = this.#board(node, mark, { path, sight, flight });
      if (entry === undefined) continue;
      entries.push(entry);
      bytes += sight.size;
      nameBytes += entry.path.length;
    }
    if (entries.length === 0) return undefined;
    this.#flights.start(flight);
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
    found: {
      path: RelativePath;
      sight: Sight;
      place: Ready;
      options: CutOptions;
      /** False for a mark that was made since the cut began. */
      isTold: (mark: Mark | undefined) => boolean;
    },
  ): boolean {
    const { path, sight, place, options, isTold } = found;
    const { largeFileBytes } = this.#settings;
    // What stands where a directory above was is something new, whatever was said of this path.
    const from = place === "attributes" && sight.at !== path ? "content" : place;
    const to = placeFor(sight, from, largeFileBytes, () => this.#marks.rankOf(node));
    if (to === "deleting" && forgets(options.missing, mark.kinds)) {
      this.#marks.touch(node, path);
      this.#marks.clear(node, mark);
      this.#marks.drop(node);
      return true;
    }
    const missing = to === "deleting" ? this.#named(node, sight.at)?.mark : undefined;
    if (to === "deleting" && this.#isNews(missing, options)) {
      this.#marks.owe(sight.at, Kind.Gone, options.now, { background: mark.background });
      this.#marks.moveTo(node, mark, to, options.now);
      options.onGone?.(sight.at);
      return true;
    }
    // What another one below the same missing directory has just made known is not weighed yet.
    if (!isTold(missing)) {
      this.#marks.moveTo(node, mark, to, options.now);
      return true;
    }
    if (to === place) return false;
    this.#marks.moveTo(node, mark, to, options.now);
    return true;
  }

  #named(node: Node, at: RelativePath): Node | undefined {
    return node.path === at ? node : this.#marks.tree.find(at);
  }

  /** True where nobody has said that what is missing is gone. */
  #isNews(missing: Mark | undefined, { onGone, missing: policy }: CutOptions): boolean {
    if (onGone === undefined || policy === "hold") return false;
    return ((missing?.kinds ?? 0) & Kind.Gone) === 0;
  }

  /** Takes a path into a batch, or lets it wait for what stands in its way. */
  #board(
    node: Node,
    mark: Mark,
    { path, sight, flight }: { path: RelativePath; sight: Sight; flight: Flight },
  ): BatchEntry | undefined {
    const { tree } = this.#marks;
    const named = sight.at === path ? node : tree.reach(sight.at);
    const obstacle = obstacleFor(named, sight);
    if (obstacle !== undefined) {
      this.#marks.moveTo(node, mark, "blocked", mark.since);
      (obstacle === "below" ? this.#flights.blockedFromBelow : obstacle.blocked).push(node);
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
    // What is owed at the path itself is the same as before.
    if (named !== node) {
      this.#marks.touch(node, path);
      this.#marks.touch(named, entry.path);
      this.#marks.clear(named, namedMark);
    }
    this.#marks.clear(node, mark);
    if (sight.type !== "directory") this.#marks.absorb(named);
    return entry;
  }
}

function forgets(policy: OnMissing, kinds: Kinds): boolean {
  return policy === "drop" || (policy === "marked" && (kinds & Kind.Gone) === 0);
}

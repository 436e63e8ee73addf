/** What the dirty set knows of one path: what is owed there, where it waits, what stands in its way. */
import type { BatchEntry } from "../model/batch.js";
import type { Kinds } from "../model/change.js";
import type { Flight } from "./flights.js";
import type { Move } from "./moves.js";
import type { PathNode } from "./path-tree.js";

/** From where a path may be cut. */
export type Ready =
  | "first"
  | "content"
  | "attributes"
  | "deleting"
  | "large"
  /** Failed before, and due again. */
  | "retry"
  /** To go after everything else; and of those, what failed before. */
  | "last"
  | "lastRetry";

export type Place =
  | Ready
  /** Open for writing: waits for its close, or its longest wait. */
  | "open"
  /** Failed: waits for its time. */
  | "delayed"
  /** Waits for the end of a batch or a move. */
  | "blocked";

export interface Mark {
  /** 0 where nothing is owed, and only something in flight or below it matters. */
  kinds: Kinds;
  since: number;
  attempts: number;
  place: Place | undefined;
  /** Found by a pass in the background, and by nobody else. */
  background: boolean;
  /** It began with new content: the replica holds it in part at most. */
  isNew: boolean;
  /** When an open or delayed path falls due; tells a stale item of the heap from a true one. */
  dueAt: number;
  /** Grows with every word about any path, so that older marks are known from newer ones. */
  serial: number;
  /** The round of the journal in which it was last put on the list of what was touched. */
  touchedIn: number;
  flight: Flight | undefined;
  /** Its entry in that flight. */
  entry: BatchEntry | undefined;
  /** Entries in flight below this path, large files not counted: they mind nobody's deletion. */
  flyingBelow: number;
  /** Moves that wait or are under way and begin or end here, in their order. */
  moves: Move[] | undefined;
  /** Places of moves below this path. */
  movesBelow: number;
}

export type Node = PathNode<Mark>;

export function blankMark(): Mark {
  return {
    kinds: 0,
    since: 0,
    attempts: 0,
    place: undefined,
    background: false,
    isNew: false,
    dueAt: 0,
    serial: 0,
    touchedIn: -1,
    flight: undefined,
    entry: undefined,
    flyingBelow: 0,
    moves: undefined,
    movesBelow: 0,
  };
}

export function isBlank(mark: Mark): boolean {
  return (
    mark.kinds === 0 &&
    mark.flight === undefined &&
    mark.flyingBelow === 0 &&
    mark.moves === undefined &&
    mark.movesBelow === 0
  );
}

/** A directory in flight minds nothing that happens below it. */
export function fliesAsDirectory(mark: Mark): boolean {
  return mark.entry?.sight.type === "directory";
}

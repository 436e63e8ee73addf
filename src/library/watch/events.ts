/** What `watch()` tells: the events, and which of them an iteration has by its options. */
import type { GapReason } from "../../model/change.js";

/** The kinds of change that a path may have; `kinds` chooses among them. */
export const CHANGE_KINDS = ["content", "attributes", "gone", "writing"] as const;

/**
 * What the reader should look at: another content (or a new entry), other attributes, a name that is
 * gone, or a file that is being written and still open.
 */
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** A name below the watched directory. */
export interface WatchedName {
  /** Relative to the directory, "" for itself. Bytes that are not UTF-8 show as U+FFFD. */
  readonly path: string;
  /** The same as bytes: exact for every name. */
  readonly bytes: Buffer;
  /** The absolute path as bytes, which is what `node:fs` takes for every name. */
  readonly location: Buffer;
}

/** What every event has. */
export interface WatchedPath extends WatchedName {
  /** When it was first noticed, ms since the epoch. */
  readonly at: number;
}

/** An event tells where to look; what is there now, the disk alone knows. */
export interface WatchedChange<K extends ChangeKind = ChangeKind> extends WatchedPath {
  readonly kind: K;
  readonly isDirectory: boolean;
  /** A directory of which everything below may be another, too: it is not named one by one. */
  readonly wholeSubtree: boolean;
}

/**
 * A rename within the tree, with `moves: true`. What lies in a renamed directory came with it, and
 * what was at the new place before has gone. The event's own `path` is the new one.
 */
export interface WatchedMove extends WatchedPath {
  readonly kind: "moved";
  readonly from: WatchedName;
  readonly to: WatchedName;
  readonly isDirectory: boolean;
}

/** An entry that is there, with `initial: true`. */
export interface WatchedFound extends WatchedPath {
  readonly kind: "found";
  readonly isDirectory: boolean;
}

/** With `initial: true`: everything at and below the path has been told as found. */
export interface WatchedListed extends WatchedPath {
  readonly kind: "listed";
}

export type WatchGapReason =
  | GapReason
  /** More paths waited for the reader than `buffer` allows. */
  | "slow-reader"
  /** What lies in a directory could not be listed; with `initial: true` only. */
  | "unreadable";

/** Something was lost: what lies at and below the path has to be compared. */
export interface WatchedGap extends WatchedPath {
  readonly kind: "gap";
  readonly reason: WatchGapReason;
}

/** The directory itself went, or came back; after its return a gap follows. */
export interface WatchedRoot extends WatchedPath {
  readonly kind: "root-lost" | "root-returned";
  readonly reason: string;
}

/**
 * An event of an iteration: changes of the kinds `K`, renames where `M` may be true, what is there
 * where `I` may be true. Gaps and the root's fate are always told.
 */
export type WatchEvent<
  K extends ChangeKind = ChangeKind,
  M extends boolean = boolean,
  I extends boolean = boolean,
> =
  | { [Each in K]: WatchedChange<Each> }[K]
  | (true extends M ? WatchedMove : never)
  | (true extends I ? WatchedFound | WatchedListed : never)
  | WatchedGap
  | WatchedRoot;

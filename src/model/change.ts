/**
 * What is said of a path on its way from the kernel to a replica.
 *
 * A change only marks a path; what is sent is what `lstat` shows when a batch is cut. So order and
 * repetition mean nothing, and two changes of one path are the union of their kinds.
 */
import type { RelativePath } from "./path.js";

export const Kind = {
  /** A regular file was created or written and is still open: it waits for its close. */
  Writing: 1,
  /** Mode, owner, times, extended attributes. */
  Attributes: 2,
  /** The content may be another: closed after writing, moved in, linked, created whole. */
  Content: 4,
  /** The name was deleted or moved away. */
  Gone: 8,
  /** The event was about a directory. */
  Directory: 16,
  /** Everything below may differ: to be compared, never blindly sent. */
  Subtree: 32,
  /** Names directly in it may be gone that nobody remembers: to be compared so deep. */
  Children: 64,
} as const;

/** A union of `Kind`s. */
export type Kinds = number;

/** Many changes in one message: `kinds[i]` is about `paths[i]`. */
export interface Changes {
  /** When the kernel's queue was read, ms since the epoch. */
  readonly at: number;
  readonly paths: readonly RelativePath[];
  readonly kinds: readonly Kinds[];
  /**
   * Renames within the tree, in the order in which they happened. What changed before a rename is named in the same message or an earlier one, by the name
   * it had then. In one message no directory is gone from where a rename has brought it, unless by
   * a later rename of that message.
   */
  readonly moves?: readonly Move[];
}

/**
 * One directory or file has another name within the tree. `from` and `to` are named in `paths` as
 * well: as gone, and as new. What lies in a moved directory is not named one by one, so whoever
 * cares for no renames has to compare all below `to`.
 *
 * Whoever does, begins with what is marked: everything marked below `from` is marked below `to` as
 * well. And the disk may have been ahead: who has looked at something below `from` since the last
 * drain may have seen what came there after the rename, or nothing, and looks again below `to`.
 */
export interface Move {
  readonly from: RelativePath;
  readonly to: RelativePath;
  readonly isDirectory: boolean;
}

/** Something was lost: what lies at and below `path` must be compared with each replica. */
export interface Gap {
  readonly path: RelativePath;
  readonly reason: GapReason;
  /** When it was noticed, ms since the epoch. */
  readonly at: number;
}

export type GapReason =
  /**
   * The kernel's event queue was full (IN_Q_OVERFLOW), or more changes waited for their reader than
   * are kept.
   */
  | "overflow"
  /** The thread that reads the kernel ended and was started again. */
  | "reader-restarted"
  /** The root was gone or another one, and is back. */
  | "root-returned"
  /** A file system was mounted or unmounted below the root. */
  | "mount"
  /** Changes there were found to go unheard: it is scanned from now on. */
  | "unheard";

/** How much of a tree the kernel reports; what it does not is scanned. */
export interface Coverage {
  readonly watched: number;
  /** Directories that could not be watched and are scanned from time to time instead. */
  readonly unwatched: number;
  /**
   * Whole file systems are heard (fanotify), and `watched` counts them: directories are not counted.
   */
  readonly whole?: true | undefined;
}

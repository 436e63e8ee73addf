/** Work that is held until a person decides, or until the source has recovered. */
import type { RelativePath } from "./path.js";

/**
 * `deletes`: more was deleted in a minute than the guard allows; contents go on being sent.
 * `rewrites`: more was rewritten than it allows; nothing is sent.
 */
export type HoldKind = "deletes" | "rewrites";

export interface Hold {
  readonly kind: HoldKind;
  /** ms since the epoch. */
  readonly since: number;
  /** Entries that would be deleted, or were rewritten, within the minute. */
  readonly entries: number;
  /** Entries in the source's index when it was held. */
  readonly of: number;
  /** A few of the paths, for people. */
  readonly sample: readonly RelativePath[];
}

/** How a hold came to its end. */
export type HoldEnd = "approved" | "rejected" | "recovered";

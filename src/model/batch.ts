/** A batch: what one run of rsync is asked to carry, and what became of it. */
import type { Kinds } from "./change.js";
import type { RelativePath } from "./path.js";

/**
 * What stands at a path now. `at` is the path that has to be named for it: the path itself, its
 * topmost missing ancestor, or the ancestor that is no directory any more.
 */
export interface Sight {
  readonly at: RelativePath;
  readonly type: "missing" | "directory" | "file" | "other";
  /** Bytes of a regular file; 0 for everything else. */
  readonly size: number;
  /** A file that has other names as well. */
  readonly linked?: boolean;
}

/**
 * How a batch is sent. `content` never trusts rsync's quick check, and deletes nothing; `attributes`
 * trusts it, so sends no content, and is the only one that may delete; `large` is one big file, with a
 * partial directory to resume from.
 */
export type Profile = "content" | "attributes" | "large";

export interface BatchEntry {
  readonly path: RelativePath;
  readonly kinds: Kinds;
  readonly sight: Sight;
  /** When the oldest change of it was seen, ms since the epoch. */
  readonly since: number;
  /** How often it has failed so far. */
  readonly attempts: number;
}

export interface Batch {
  readonly id: number;
  readonly profile: Profile;
  readonly entries: readonly BatchEntry[];
}

/**
 * Whether a list deletes: only one of what was missing when it was cut, and so was weighed. What goes
 * between the cut and rsync's look at it is left alone.
 */
export function isDeletion(entries: readonly BatchEntry[]): boolean {
  return entries.some(({ sight }) => sight.type === "missing");
}

/** What became of one entry of a batch. */
export type EntryOutcome =
  | { readonly kind: "delivered" }
  /** Look again at once: it vanished or changed while it was sent. */
  | { readonly kind: "again" }
  /** The path itself cannot be delivered; leave it alone until `retryAt` (ms since the epoch). */
  | { readonly kind: "failed"; readonly reason: string; readonly retryAt: number };

/** One replica beside its source, and what counts as a difference between the two. */
import type { Filter } from "../filter/filter.js";
import type { RelativePath } from "../model/path.js";
import type { CompareOptions, Difference, Remote, Run } from "../rsync/remote.js";
import type { KeptNames } from "../safety/first-contact.js";

export interface Comparison {
  /** Where the source is read: absolute, latin1. */
  readonly root: string;
  readonly remote: Pick<Remote, "compare" | "compareDirectories">;
  /**
   * Compares directories as the remote does, but says nothing of what the replica lacks (`--existing`
   * of rsync): so an entry of another type is told from one that is missing. Undefined: it is not.
   */
  readonly existing?: Pick<Remote, "compareDirectories">;
  readonly filter: Filter;
  /** Names on the replica that were there before us. */
  readonly kept: Pick<KeptNames, "protects">;
  /** What only the replica has: a difference, or none of our business (`deletes: never`). */
  readonly extras: "drift" | "ignore";
  /** Read both sides in full instead of trusting size and time. */
  readonly checksum: boolean;
}

/** What rsync said is a difference, is one that was kept, or is none that counts. */
export function judge(
  { path, isDirectory, what }: Difference,
  { filter, kept, extras }: Comparison,
): "drift" | "kept" | "none" {
  // rsync is told only what it understands of the filter.
  if (!filter.keeps(path, isDirectory)) return "none";
  if (what !== "extra") return "drift";
  if (extras === "ignore") return "none";
  return kept.protects(path) ? "kept" : "drift";
}

export function compareOptions(
  { filter, extras, checksum }: Comparison,
  onDifference: (difference: Difference) => void,
): CompareOptions {
  return { deletes: extras === "drift", filter, checksum, onDifference };
}

/** Why a run may have missed differences, in words; undefined where it came to its end. */
export function shortfallOf({ outcome, trouble, errors }: Run): string | undefined {
  if (outcome === "done" || outcome === "vanished") return undefined;
  if (trouble !== undefined) return trouble.text;
  const told = errors.slice(0, 3).join("; ");
  return told === "" ? "rsync could not read everything" : told;
}

/** Differences by their path. */
export type Differences = ReadonlyMap<RelativePath, Difference>;

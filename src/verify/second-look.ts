/**
 * Looks once more at what differed. In a tree that lives, a change on its way differs for a moment;
 * only what differs again is worth a word. Nothing but the directories of those paths is compared.
 */
import { ancestorsOf, parentOf, type RelativePath } from "../model/path.js";
import type { Difference, Remote } from "../rsync/remote.js";
import {
  compareOptions,
  type Comparison,
  type Differences,
  judge,
  shortfallOf,
} from "./comparison.js";
import { nearestDirectory } from "./source-side.js";

/** Names in one run; longer lists delay its first answer. */
const DIRECTORIES_AT_ONCE = 1_000;

export interface SecondLook {
  /** Those that differ still, as they differ now. */
  readonly still: Differences;
  /** Why some of these are only supposed to differ: the run could not look at them. */
  readonly shortfall?: string;
}

/** Rejects only with the signal's reason. */
export async function lookAgain(
  before: Differences,
  comparison: Comparison,
  signal?: AbortSignal,
): Promise<SecondLook> {
  return await lookThrough(comparison.remote, before, comparison, signal);
}

/** Of the entries that were called missing: those of which the replica has another type there. */
export async function ofAnotherType(
  missing: Differences,
  existing: Pick<Remote, "compareDirectories">,
  comparison: Comparison,
  signal?: AbortSignal,
): Promise<ReadonlySet<RelativePath>> {
  const { still, shortfall } = await lookThrough(existing, missing, comparison, signal);
  return shortfall === undefined ? new Set(still.keys()) : new Set();
}

async function lookThrough(
  remote: Pick<Remote, "compareDirectories">,
  before: Differences,
  comparison: Comparison,
  signal: AbortSignal | undefined,
): Promise<SecondLook> {
  const still = new Map<RelativePath, Difference>();
  let shortfall: string | undefined;
  const options = compareOptions(comparison, (difference) => {
    if (!before.has(difference.path) || judge(difference, comparison) !== "drift") return;
    still.set(difference.path, difference);
  });
  const places = directoriesOf(before, comparison.root);
  const directories = [...places.keys()];
  for (let at = 0; at < directories.length; at += DIRECTORIES_AT_ONCE) {
    const part = directories.slice(at, at + DIRECTORIES_AT_ONCE);
    const run = await remote.compareDirectories(part, options, signal);
    const missed = shortfallOf(run);
    if (missed === undefined) continue;
    shortfall = missed;
    // Nothing is proven of what lies here.
    for (const directory of part) {
      for (const one of places.get(directory) ?? []) {
        if (!still.has(one.path)) still.set(one.path, one);
      }
    }
  }
  for (const one of before.values()) {
    if (one.what === "extra" && liesInExtra(one.path, still)) still.set(one.path, one);
  }
  return shortfall === undefined ? { still } : { still, shortfall };
}

/** What the source has no directory for goes with the topmost entry above it that is told of. */
function liesInExtra(path: RelativePath, still: Differences): boolean {
  for (const above of ancestorsOf(path)) {
    const topmost = still.get(above);
    if (topmost !== undefined && (topmost.what === "extra" || !topmost.isDirectory)) return true;
  }
  return false;
}

/** Each directory that has to be compared, with the paths for whose sake. */
function directoriesOf(before: Differences, root: string): Map<RelativePath, Difference[]> {
  const places = new Map<RelativePath, Difference[]>();
  const nearest = new Map<RelativePath, RelativePath>();
  for (const difference of before.values()) {
    let at = parentOf(difference.path);
    // What lies in a directory that only the replica has is told with its topmost one.
    for (let above = before.get(at); at !== "" && above !== undefined; above = before.get(at)) {
      if (above.isDirectory && above.what !== "extra") break;
      at = parentOf(at);
    }
    const known = nearest.get(at);
    const directory = known ?? nearestDirectory(root, at);
    if (known === undefined) nearest.set(at, directory);
    const others = places.get(directory);
    if (others === undefined) places.set(directory, [difference]);
    else others.push(difference);
  }
  return places;
}

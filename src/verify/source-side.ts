/** The little that a verification asks the source itself: what is a directory, and how old a change is. */
import { lstatSync } from "node:fs";
import { bytesBelow, parentOf, type RelativePath } from "../model/path.js";
import type { Difference } from "../rsync/remote.js";

/** The nearest directory at or above a path that is one now. */
export function nearestDirectory(root: string, path: RelativePath): RelativePath {
  let at = path;
  while (at !== "" && lstatSync(bytesBelow(root, at), QUIET)?.isDirectory() !== true) {
    at = parentOf(at);
  }
  return at;
}

export function isFile(root: string, path: RelativePath): boolean {
  return lstatSync(bytesBelow(root, path), QUIET)?.isFile() === true;
}

/**
 * When the entry was last touched in any way, ms since the epoch; of one that is missing here, when a
 * name was last made or deleted in its directory. No program can set this time (ctime).
 */
export function touchedAt(root: string, { path, what }: Difference): number {
  const at = what === "extra" ? nearestDirectory(root, parentOf(path)) : path;
  return lstatSync(bytesBelow(root, at), QUIET)?.ctimeMs ?? Date.now();
}

const QUIET = { throwIfNoEntry: false } as const;

/** The little that a verification asks the source itself: what is a directory, and how old a change is. */
import { lstatSync, type Stats } from "node:fs";
import { bytesBelow, parentOf, type RelativePath } from "../model/path.js";
import type { Difference } from "../rsync/remote.js";

/** The nearest directory at or above a path that is one now. */
export function nearestDirectory(root: string, path: RelativePath): RelativePath {
  let at = path;
  while (at !== "" && look(root, at)?.isDirectory() !== true) at = parentOf(at);
  return at;
}

export function isFile(root: string, path: RelativePath): boolean {
  return look(root, path)?.isFile() === true;
}

/**
 * When the entry was last touched in any way, ms since the epoch; of one that is missing here, when a
 * name was last made or deleted in its directory. No program can set this time (ctime).
 */
export function touchedAt(root: string, { path, what }: Difference): number {
  const at = what === "extra" ? nearestDirectory(root, parentOf(path)) : path;
  return look(root, at)?.ctimeMs ?? Date.now();
}

/** Undefined for what is not there, or lies where nobody may look. */
function look(root: string, path: RelativePath): Stats | undefined {
  try {
    // The root may be given by a link to it.
    return lstatSync(bytesBelow(root, path === "" ? ("." as RelativePath) : path));
  } catch {
    return undefined;
  }
}

/**
 * What is there, at and below a place: read directory by directory, as fast as it is asked for, so
 * that a tree of any size needs no room.
 */
import { errorName, Errno } from "../../kernel/libc.js";
import { listDirectory } from "../../kernel/list-directory.js";
import type { Filter } from "../../filter/filter.js";
import { bytesBelow, joinPath, type RelativePath, ROOT } from "../../model/path.js";
import type { Places } from "./place.js";

export type Listed =
  | { readonly kind: "found"; readonly path: RelativePath; readonly isDirectory: boolean }
  /** What lies in this directory is not known; `error` is the name of the system's error. */
  | { readonly kind: "unreadable"; readonly path: RelativePath; readonly error: string };

/** Nothing of the name, or no directory, by now: the watch tells that. */
const VANISHED: ReadonlySet<number> = new Set([Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP]);

/**
 * A directory is told before what lies in it. The watched directory itself is not told, another `top`
 * is. Symbolic links are told, not followed.
 */
export function* listTree(places: Places, top: RelativePath, filter: Filter): Generator<Listed> {
  const isRoot = top === ROOT;
  if (!isRoot) {
    const sight = places.look(top);
    const isDirectory = sight === "directory";
    if (sight === "missing" || !filter.keeps(top, isDirectory)) return;
    yield { kind: "found", path: top, isDirectory };
    if (!isDirectory) return;
  }
  const pending = [top];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const directories: RelativePath[] = [];
    const { entries, error } = entriesOf(places.root, path);
    for (const { name, isDirectory } of entries) {
      const below = joinPath(path, name);
      if (!filter.keepsEntry(below, isDirectory)) continue;
      if (isDirectory) directories.push(below);
      yield { kind: "found", path: below, isDirectory };
    }
    if (error !== 0 && !VANISHED.has(error)) {
      yield { kind: "unreadable", path, error: errorName(error) };
    }
    for (const below of directories.reverse()) pending.push(below);
  }
}

interface Entry {
  readonly name: string;
  readonly isDirectory: boolean;
}

function entriesOf(root: string, path: RelativePath): { entries: readonly Entry[]; error: number } {
  const entries: Entry[] = [];
  const location = Buffer.concat([bytesBelow(root, path), Buffer.from([0])]);
  // The watched directory may be given by a symbolic link.
  const options = { files: true, follow: path === ROOT };
  const error = listDirectory(location, options, (name, type) => {
    entries.push({ name, isDirectory: type === "directory" });
  });
  return { entries, error };
}

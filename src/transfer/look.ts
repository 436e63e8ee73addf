/** What stands at a path now: the question every batch asks of the disk, and nothing else. */
import { type Stats, lstatSync } from "node:fs";
import type { Sight } from "../model/batch.js";
import { type RelativePath, ROOT, ancestorsOf, bytesBelow } from "../model/path.js";

/**
 * A look that remembers the directories it has passed, so that a batch of many paths in few
 * directories costs little more than one `lstat` each. For one batch only: memory grows old.
 */
export function createLook(root: string): (path: RelativePath) => Sight {
  const directories = new Set<RelativePath>();
  return (path) => {
    if (path === ROOT) return { at: ROOT, type: "directory", size: 0 };
    for (const above of ancestorsOf(path)) {
      if (directories.has(above)) continue;
      const sight = sightOf(root, above);
      if (sight.type !== "directory") return sight;
      directories.add(above);
    }
    return sightOf(root, path);
  };
}

function sightOf(root: string, at: RelativePath): Sight {
  const stats = statsOf(bytesBelow(root, at));
  if (stats === undefined) return { at, type: "missing", size: 0 };
  if (stats.isDirectory()) return { at, type: "directory", size: 0 };
  if (!stats.isFile()) return { at, type: "other", size: 0 };
  const { size, nlink } = stats;
  return nlink > 1 ? { at, type: "file", size, linked: true } : { at, type: "file", size };
}

/** Undefined when nothing is there. What may not be looked at is there: rsync will say what is wrong. */
function statsOf(
  bytes: Buffer,
): Pick<Stats, "isDirectory" | "isFile" | "size" | "nlink"> | undefined {
  try {
    return lstatSync(bytes, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    return { isDirectory: () => false, isFile: () => false, size: 0, nlink: 1 };
  }
}

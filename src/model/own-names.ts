/**
 * Names that treecast uses for itself on a replica. They are never replicated from a source, never
 * deleted as if they were somebody's, and no difference.
 */
import type { RelativePath } from "./path.js";

/** In the root: tells which replica this is. */
export const TOKEN_FILE = ".treecast-replica" as RelativePath;
/** In the root: what was deleted, in a directory for each day. */
export const TRASH_DIRECTORY = ".treecast-trash" as RelativePath;
/** Beside a large file: the part of it that had arrived when its run was cut off. */
export const PARTIAL_DIRECTORY = ".treecast-partial";

/** True for such a name and for all that lies below one. */
export function isOwnName(path: RelativePath): boolean {
  if (!path.includes(".treecast-")) return false;
  const [first = "", ...rest] = path.split("/");
  if (first === TOKEN_FILE) return rest.length === 0;
  if (first === TRASH_DIRECTORY) return true;
  return first === PARTIAL_DIRECTORY || rest.includes(PARTIAL_DIRECTORY);
}

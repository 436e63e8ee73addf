/** A name that is nowhere: how a list speaks of the directory it begins in, and of nothing in it. */
import { randomUUID } from "node:crypto";
import type { RelativePath } from "../model/path.js";

/**
 * A list can only say "./" for the root, and that means all that lies directly in it, too. But rsync
 * sets the attributes of every directory above a name, also of a name that is missing on both sides.
 */
export const NOTHING_IN_ROOT = `.treecast-${randomUUID()}` as RelativePath;

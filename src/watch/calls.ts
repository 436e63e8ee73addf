/**
 * The system calls a watched tree makes, by path below its root. Everything the tree knows of the
 * disk comes through here, so that a test can put the calls in another order and see what is lost.
 */
import { lstatSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { listDirectory } from "../kernel/list-directory.js";
import type { EntryVisitor } from "../kernel/list-directory.js";
import { Mask } from "../kernel/inotify-decode.js";
import { addWatch, removeWatch } from "../kernel/inotify.js";
import { PathBytes } from "../kernel/path-bytes.js";
import { bytesBelow } from "../model/path.js";
import type { RelativePath } from "../model/path.js";

export interface TreeCalls {
  /** The descriptor of the watch on a directory, or an error number with its sign changed. */
  addWatch(path: RelativePath): number;
  removeWatch(watch: number): void;
  /** Visits the entries; without `files`, directories alone. Answers 0 or an error number. */
  list(path: RelativePath, files: boolean, visit: EntryVisitor): number;
  /** lstat(2); undefined where nothing can be seen. */
  inspect(path: RelativePath): BigIntStats | undefined;
}

const TREE_MASK =
  Mask.ATTRIB |
  Mask.CLOSE_WRITE |
  Mask.CREATE |
  Mask.DELETE |
  Mask.MODIFY |
  Mask.MOVED_FROM |
  Mask.MOVED_TO |
  Mask.ONLYDIR |
  Mask.EXCL_UNLINK;

const DIRECTORY_MASK = TREE_MASK | Mask.DONT_FOLLOW;
/** The root may be reached through a link, and its own end must be heard. */
const ROOT_MASK = TREE_MASK | Mask.DELETE_SELF | Mask.MOVE_SELF;

/** `root` is absolute, latin1. */
export function kernelCalls(inotify: number, root: string): TreeCalls {
  const bytes = new PathBytes(root === "/" ? "/" : `${root}/`);
  return {
    addWatch: (path) => addWatch(inotify, bytes.of(path), path === "" ? ROOT_MASK : DIRECTORY_MASK),
    removeWatch: (watch) => removeWatch(inotify, watch),
    list: (path, files, visit) =>
      listDirectory(bytes.of(path), { files, follow: path === "" }, visit),
    inspect: (path) => inspect(bytesBelow(root, path)),
  };
}

function inspect(path: Buffer): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true });
  } catch {
    // ENOENT, or ENOTDIR, EACCES, ENAMETOOLONG: nothing to be seen there either.
    return undefined;
  }
}

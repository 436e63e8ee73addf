/**
 * The file systems that a tree lies on, each heard by one mark: the root's, and those mounted below
 * it. They say where a directory lies now.
 *
 * An open file would keep a file system from being unmounted, so a place is opened for as long as
 * handles are being resolved and no longer.
 */
import { listDirectory } from "../../kernel/list-directory.js";
import type { EntryVisitor } from "../../kernel/list-directory.js";
import { FanMask } from "../../kernel/fanotify-decode.js";
import type { FileHandle } from "../../kernel/fanotify-decode.js";
import {
  fileSystemId,
  fileSystemOf,
  handleOf,
  handleOfOpen,
  markFileSystem,
  markInode,
  openHandle,
  openPlace,
  parentHandleOf,
  pathOfOpen,
  removeMarks,
} from "../../kernel/fanotify.js";
import { Errno, errorName, libc } from "../../kernel/libc.js";
import { bytesBelow, joinPath } from "../../model/path.js";
import type { RelativePath } from "../../model/path.js";

const TREE_MASK =
  FanMask.ATTRIB |
  FanMask.CLOSE_WRITE |
  FanMask.CREATE |
  FanMask.DELETE |
  FanMask.MODIFY |
  FanMask.RENAME |
  FanMask.ONDIR;
const ROOT_MASK = FanMask.DELETE_SELF | FanMask.MOVE_SELF | FanMask.ONDIR;

/** Where a directory lies now. */
export type Location =
  | {
      readonly kind: "inside";
      readonly path: RelativePath;
      readonly parent: FileHandle;
      readonly name: string;
    }
  /** Not in the tree, or nowhere any more. */
  | { readonly kind: "elsewhere" }
  /** It cannot be said just now. */
  | { readonly kind: "unknown" };

const ELSEWHERE: Location = { kind: "elsewhere" };
const UNKNOWN: Location = { kind: "unknown" };

/** What a tree under fanotify asks of the disk. */
export interface TreeGrounds {
  /** A handle of a file system that is none of the tree's. */
  isForeign(handle: FileHandle): boolean;
  locate(handle: FileHandle): Location;
  /** Visits the entries. Answers 0 or an error number. */
  list(path: RelativePath, visit: EntryVisitor): number;
  /** Lets go of what was opened to resolve handles. */
  rest(): void;
}

interface Ground {
  readonly place: RelativePath;
  readonly root: FileHandle;
  /** Open while handles are being resolved, else -1. */
  descriptor: number;
}

export class Grounds implements TreeGrounds {
  readonly #group: number;
  readonly #root: string;
  readonly #grounds = new Map<string, Ground>();

  /** `root` is absolute, latin1. */
  constructor(group: number, root: string) {
    this.#group = group;
    this.#root = root;
  }

  get size(): number {
    return this.#grounds.size;
  }

  /** What is heard below the root: where it is mounted, and the handle of its root. */
  mounted(): { readonly place: RelativePath; readonly root: FileHandle }[] {
    return [...this.#grounds.values()].filter(({ place }) => place !== "");
  }

  /** The handle of the directory at a place, as the file system of another place has it. */
  handleAt(path: RelativePath): FileHandle | undefined {
    const bytes = this.#bytes(path);
    const fsid = fileSystemId(bytes);
    return fsid === undefined ? undefined : handleOf(fsid, bytes, path === "");
  }

  /** Hears what is mounted at a place. Answers its root's handle, or in words why it cannot. */
  add(place: RelativePath): { readonly root: FileHandle } | { readonly refusal: string } {
    const path = this.#bytes(place);
    const fsid = fileSystemId(path);
    const root = fsid === undefined ? undefined : handleOf(fsid, path, true);
    if (fsid === undefined || root === undefined) return { refusal: "it gives no file handles" };
    if (this.#grounds.has(fsid)) return { refusal: "its file system is mounted in the tree twice" };
    const error = markFileSystem(this.#group, path, TREE_MASK);
    if (error !== 0) return { refusal: refusalOf(-error) };
    // The end of the root itself has to be heard, wherever its parent lies.
    if (place === "") markInode(this.#group, path, ROOT_MASK);
    this.#grounds.set(fsid, { place, root, descriptor: -1 });
    const mayOpen = this.#mayOpen(fsid, root);
    if (mayOpen !== 0) return { refusal: refusalOf(mayOpen) };
    return { root };
  }

  #mayOpen(fsid: string, root: FileHandle): number {
    const ground = this.#grounds.get(fsid);
    if (ground === undefined || !this.#open(ground)) return Errno.ENOENT;
    const descriptor = openHandle(ground.descriptor, root);
    this.rest();
    if (descriptor < 0) return -descriptor;
    libc.close(descriptor);
    return 0;
  }

  /** What was mounted at a place is not there any more. */
  remove(place: RelativePath): void {
    for (const [fsid, ground] of this.#grounds) {
      if (ground.place === place) this.#grounds.delete(fsid);
    }
  }

  isForeign(handle: FileHandle): boolean {
    return !this.#grounds.has(fileSystemOf(handle));
  }

  locate(handle: FileHandle): Location {
    const fsid = fileSystemOf(handle);
    const ground = this.#grounds.get(fsid);
    if (ground === undefined) return ELSEWHERE;
    // Another directory stands in its place by now: who sees to that will say so.
    if (!this.#open(ground)) return UNKNOWN;
    const descriptor = openHandle(ground.descriptor, handle);
    if (descriptor === -Errno.ESTALE || descriptor === -Errno.ENOENT) return ELSEWHERE;
    if (descriptor < 0) return UNKNOWN;
    try {
      return locateOpen(ground, fsid, handle, descriptor);
    } finally {
      libc.close(descriptor);
    }
  }

  list(path: RelativePath, visit: EntryVisitor): number {
    return listDirectory(this.#bytes(path), { files: true, follow: path === "" }, visit);
  }

  rest(): void {
    for (const ground of this.#grounds.values()) {
      if (ground.descriptor >= 0) libc.close(ground.descriptor);
      ground.descriptor = -1;
    }
  }

  /** Hears nothing any more. */
  end(): void {
    this.rest();
    this.#grounds.clear();
    removeMarks(this.#group);
  }

  #open(ground: Ground): boolean {
    if (ground.descriptor >= 0) return true;
    const descriptor = openPlace(this.#bytes(ground.place));
    if (descriptor < 0) return false;
    if (handleOfOpen(fileSystemOf(ground.root), descriptor) === ground.root) {
      ground.descriptor = descriptor;
      return true;
    }
    libc.close(descriptor);
    return false;
  }

  #bytes(place: RelativePath): Buffer {
    return Buffer.concat([bytesBelow(this.#root, place), Buffer.from([0])]);
  }
}

const DELETED = " (deleted)";

function locateOpen(
  ground: Ground,
  fsid: string,
  handle: FileHandle,
  descriptor: number,
): Location {
  // A directory above the root may have another name by now: both paths are read anew.
  const base = pathOfOpen(ground.descriptor);
  const path = pathOfOpen(descriptor);
  const parent = parentHandleOf(fsid, descriptor);
  if (base === undefined) return UNKNOWN;
  // Too long for any program to name: nobody can do anything about what lies there.
  if (path === undefined || parent === undefined) return ELSEWHERE;
  const prefix = base === "/" ? base : `${base}/`;
  if (!path.startsWith(prefix)) return ELSEWHERE;
  if (path.endsWith(DELETED) && handleOf(fsid, Buffer.from(`${path}\0`, "latin1")) !== handle) {
    return ELSEWHERE;
  }
  const below = path.slice(prefix.length) as RelativePath;
  const name = below.slice(below.lastIndexOf("/") + 1);
  return { kind: "inside", path: joinPath(ground.place, below), parent, name };
}

function refusalOf(error: number): string {
  switch (error) {
    case Errno.EPERM:
      return "this process lacks CAP_SYS_ADMIN or CAP_DAC_READ_SEARCH";
    case Errno.EOPNOTSUPP:
    case Errno.ENODEV:
      return `its file system gives no handles to go by (${errorName(error)})`;
    case Errno.EXDEV:
      return "it lies on a subvolume, and only a whole file system can be heard (EXDEV)";
    default:
      return errorName(error);
  }
}

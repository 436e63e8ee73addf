/** What a fanotify group is asked to hear, and which of what it hears was asked for. */
import { listDirectory } from "../../kernel/list-directory.js";
import { FanMask, type FileHandle } from "../../kernel/fanotify-decode.js";
import { markFileSystem, markInode } from "../../kernel/fanotify.js";
import { Errno } from "../../kernel/libc.js";
import { readStatus, statusKind } from "../../kernel/statx.js";
import { bytesOf, type FanNames, withoutLinks, withSlash } from "./fan-names.js";
import type { FanRecord } from "./fan-queue.js";
import { WatchRefusal } from "./refusal.js";

/** What a file that is no directory cannot be asked for. */
const OF_DIRECTORIES =
  FanMask.ONDIR | FanMask.CREATE | FanMask.DELETE | FanMask.MOVED_FROM | FanMask.MOVED_TO;

export interface FanPlace {
  readonly watched: string;
  readonly name: string;
}

export interface FanMarksOptions {
  readonly group: number;
  readonly names: FanNames;
  readonly mask: number;
  /** Whether a link that was asked for stands for what it leads to. */
  readonly follow: boolean;
  /** Absolute names of directories that are not marked, with a slash at the end. */
  readonly excluded: ReadonlySet<string>;
}

export class FanMarks {
  readonly #its: FanMarksOptions;
  readonly #directories = new Set<FileHandle>();
  /** Files that are watched by themselves. */
  readonly #files = new Map<FileHandle, FanPlace>();
  #fileSystems = 0;

  constructor(its: FanMarksOptions) {
    this.#its = its;
  }

  get count(): number {
    return this.#fileSystems + this.#directories.size + this.#files.size;
  }

  directories(): FileHandle[] {
    return [...this.#directories];
  }

  has(handle: FileHandle): boolean {
    return this.#directories.has(handle);
  }

  fileOf(handle: FileHandle): FanPlace | undefined {
    return this.#files.get(handle);
  }

  forget(handle: FileHandle): void {
    this.#directories.delete(handle);
  }

  /**
   * A mark of a directory hears what a directory inside does as that one's own event; so does none
   * when that one has left.
   */
  asksFor({ directory, name, target }: FanRecord, watched: string): boolean {
    if (this.#fileSystems > 0 || this.#directories.has(directory)) return true;
    if (this.#files.has(target)) return true;
    if (watched === "" || (name !== "." && name !== "")) return false;
    const parent = this.#its.names.handleAt(parentOf(watched), true);
    return parent !== undefined && this.#directories.has(parent);
  }

  /** Throws a WatchRefusal. */
  addFileSystem(path: string): void {
    const { group, names, mask } = this.#its;
    const error = markFileSystem(group, bytesOf(path), mask);
    if (error !== 0) throw new WatchRefusal(path, -error);
    names.handleAt(withoutLinks(path), true);
    this.#fileSystems++;
  }

  /** Throws a WatchRefusal. */
  addRoot(path: string, isTree: boolean): void {
    const { group, names, mask, follow } = this.#its;
    if (isDirectory(path, follow)) {
      const root = withSlash(withoutLinks(path));
      if (this.#addDirectory(root, path) && isTree) this.#addBelow(root);
      return;
    }
    const error = markInode(group, bytesOf(path), mask & ~OF_DIRECTORIES, follow);
    if (error !== 0) throw new WatchRefusal(path, -error);
    const file = follow ? withoutLinks(path) : path;
    const watched = withSlash(withoutLinks(parentOf(file)));
    const name = file.slice(file.lastIndexOf("/") + 1);
    const handle = names.handleAt(`${watched}${name}`, false);
    if (handle !== undefined) this.#files.set(handle, { watched, name });
  }

  /** Marks a directory of which the handle is known. Answers 0, or an error number. */
  add(handle: FileHandle, path: string): number {
    const error = this.#mark(path);
    if (error === 0) this.#directories.add(handle);
    return error;
  }

  #mark(path: string): number {
    return -markInode(this.#its.group, bytesOf(path), this.#its.mask | FanMask.EVENT_ON_CHILD);
  }

  #addBelow(root: string): void {
    const ahead = [root];
    for (let directory = ahead.pop(); directory !== undefined; directory = ahead.pop()) {
      const names: string[] = [];
      listDirectory(bytesOf(directory), { files: false, follow: true }, (name) => names.push(name));
      for (const name of names) {
        const path = `${directory}${name}/`;
        if (!this.#its.excluded.has(path) && this.#addDirectory(path)) ahead.push(path);
      }
    }
  }

  /** False where it has gone, or is marked already. `asked` is what a person calls it. */
  #addDirectory(path: string, asked?: string): boolean {
    const error = this.#mark(path);
    if (error !== 0) {
      if (error === Errno.ENOENT && asked === undefined) return false;
      throw new WatchRefusal(asked ?? path, error);
    }
    const { names } = this.#its;
    const handle = names.handleAt(path, true);
    if (handle === undefined || this.#directories.has(handle)) return false;
    names.learn(handle, path);
    this.#directories.add(handle);
    return true;
  }
}

function isDirectory(path: string, follow: boolean): boolean {
  const status = readStatus(follow ? withSlash(path) : path);
  return status === 0 && statusKind() === "directory";
}

/** With a slash at its end. */
function parentOf(path: string): string {
  const bare = path.replace(/\/+$/, "");
  return bare.includes("/") ? bare.slice(0, bare.lastIndexOf("/") + 1) : "./";
}

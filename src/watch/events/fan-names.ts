/**
 * Directories by their handles: absolute names (latin1, with a slash at the end), as events and the
 * disk tell them. A rename renames what is known below.
 */
import { realpathSync } from "node:fs";
import type { FileHandle } from "../../kernel/fanotify-decode.js";
import {
  fileSystemId,
  fileSystemOf,
  handleOf,
  openHandle,
  openPlace,
  pathOfOpen,
} from "../../kernel/fanotify.js";
import { libc } from "../../kernel/libc.js";

/** Beyond so many, all of them are asked for again: some 100 MB. */
const MOST_KNOWN = 500_000;
const DELETED = " (deleted)";

export class FanNames {
  /** A directory held open on each file system: handles are resolved from it. */
  readonly #grounds = new Map<string, number>();
  readonly #names = new Map<FileHandle, string>();

  /** The handle of a path, whose file system counts from now on; undefined where there is none. */
  handleAt(path: string, follow: boolean): FileHandle | undefined {
    const bytes = bytesOf(path);
    const fsid = fileSystemId(bytes);
    if (fsid === undefined) return undefined;
    if (!this.#grounds.has(fsid)) {
      const ground = openPlace(bytesOf(path.slice(0, path.lastIndexOf("/") + 1)));
      if (ground >= 0) this.#grounds.set(fsid, ground);
    }
    return handleOf(fsid, bytes, follow);
  }

  learn(handle: FileHandle, name: string): void {
    if (this.#names.size >= MOST_KNOWN) this.#names.clear();
    this.#names.set(handle, name);
  }

  /** It stands at `name` now, with all below it. */
  move(handle: FileHandle, name: string): void {
    const before = this.#names.get(handle);
    this.learn(handle, name);
    if (before === undefined || before === name) return;
    for (const [each, known] of this.#names) {
      if (known.startsWith(before)) this.#names.set(each, `${name}${known.slice(before.length)}`);
    }
  }

  forget(handle: FileHandle): void {
    this.#names.delete(handle);
  }

  /** What is known to stand at a name and below it. */
  below(name: string): FileHandle[] {
    return [...this.#names].filter(([, known]) => known.startsWith(name)).map(([each]) => each);
  }

  /** Undefined where it is no more. */
  nameOf(handle: FileHandle): string | undefined {
    const known = this.#names.get(handle);
    if (known !== undefined || handle === "") return known;
    const name = this.#ask(handle);
    if (name !== undefined) this.learn(handle, name);
    return name;
  }

  /** A descriptor for its place alone; below 0 where it is no more. */
  open(handle: FileHandle): number {
    const ground = this.#grounds.get(fileSystemOf(handle));
    return ground === undefined ? -1 : openHandle(ground, handle);
  }

  close(): void {
    for (const ground of this.#grounds.values()) libc.close(ground);
    this.#grounds.clear();
  }

  #ask(handle: FileHandle): string | undefined {
    const descriptor = this.open(handle);
    if (descriptor < 0) return undefined;
    const path = pathOfOpen(descriptor);
    libc.close(descriptor);
    if (path === undefined) return undefined;
    const isGone =
      path.endsWith(DELETED) && handleOf(fileSystemOf(handle), bytesOf(path)) !== handle;
    return withSlash(isGone ? path.slice(0, -DELETED.length) : path);
  }
}

/** A path without links in it; what cannot be followed stays as it is. */
export function withoutLinks(path: string): string {
  try {
    return realpathSync(Buffer.from(path, "latin1"), "latin1");
  } catch {
    return path;
  }
}

export function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

export function bytesOf(path: string): Buffer {
  return Buffer.from(`${path}\0`, "latin1");
}

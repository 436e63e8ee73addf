/**
 * Directories entered: watched first and read afterwards, so that nothing that appears in one goes
 * unseen.
 *
 * Our own reading would be told, too, where OPEN, ACCESS or CLOSE_NOWRITE are asked for: a directory
 * gets those bits when it has been read. Its parent tells of the reading all the same.
 */
import { openDirectory } from "../../kernel/directory.js";
import { Mask } from "../../kernel/inotify-decode.js";
import { addWatch } from "../../kernel/inotify.js";
import { Errno, errorNumber, libc } from "../../kernel/libc.js";
import { type EntryType, listDirectory } from "../../kernel/list-directory.js";
import { PathBytes } from "../../kernel/path-bytes.js";
import { readStatus, statusKind } from "../../kernel/statx.js";
import { NO_NODE, type NodeId, type Places } from "./places.js";
import { WatchRefusal } from "./refusal.js";

const READING = Mask.OPEN | Mask.ACCESS | Mask.CLOSE_NOWRITE;
const paths = new PathBytes();
/** What answers a look at a name that stands for something else by now. */
const GONE: ReadonlySet<number> = new Set([Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP]);

export interface Entry {
  readonly name: string;
  readonly type: EntryType;
}

export type Entered =
  /** `isKnown`: it was watched already, in this place or another. */
  { readonly node: NodeId; readonly isKnown: boolean } | { readonly error: number };

export interface EntranceOptions {
  readonly inotify: number;
  readonly places: Places;
  readonly mask: number;
  /** Names (latin1) of directories that are not entered, without a slash at their end. */
  readonly excluded: ReadonlySet<string>;
}

export class Entrance {
  readonly #inotify: number;
  readonly #places: Places;
  readonly #mask: number;
  /** Until a directory has been read. UNMOUNT is told anyhow, and stands for "nothing yet". */
  readonly #firstMask: number;
  readonly #excluded: ReadonlySet<string>;
  #missedSome = false;

  constructor({ inotify, places, mask, excluded }: EntranceOptions) {
    this.#inotify = inotify;
    this.#places = places;
    this.#mask = mask;
    this.#firstMask = (mask & ~READING) | Mask.UNMOUNT;
    this.#excluded = excluded;
  }

  /**
   * A directory was not where it had been seen while trees were entered: deleted, or renamed with what
   * is in it unwatched.
   */
  get missedSome(): boolean {
    return this.#missedSome;
  }

  /** Watches one file or directory as it is. Throws a WatchRefusal. */
  addPlain(path: string): void {
    const watch = addWatch(this.#inotify, paths.of(path), this.#mask);
    if (watch < 0) throw new WatchRefusal(path, -watch);
    // Of two names for one inode the first one counts.
    if (this.#places.byWatch(watch) !== NO_NODE) return;
    // A link keeps its name, whatever it leads to.
    const isDirectory = readStatus(path) === 0 && statusKind() === "directory";
    this.#places.addRoot(isDirectory ? withSlash(path) : path, watch);
  }

  /** Watches a directory and all below it; a file alone. Throws a WatchRefusal. */
  addTree(path: string): void {
    const error = whyNotReadable(path);
    if (error === Errno.ENOTDIR) {
      this.addPlain(path);
      return;
    }
    if (error !== 0) throw new WatchRefusal(path, error);
    const name = withSlash(path);
    const watch = addWatch(this.#inotify, paths.of(name), this.#firstMask | Mask.MASK_ADD);
    if (watch < 0) throw new WatchRefusal(path, -watch);
    if (this.#places.byWatch(watch) !== NO_NODE) return;
    this.#enterAll(this.#places.addRoot(name, watch), path);
  }

  /** Watches a directory that stands in another, before it is read. */
  enter(parent: NodeId, name: string, isOld: boolean): Entered {
    const path = `${this.#places.nameOf(parent)}${name}`;
    const first = this.#firstMask | Mask.MASK_ADD | Mask.ONLYDIR | Mask.DONT_FOLLOW;
    const watch = addWatch(this.#inotify, paths.of(path), first);
    if (watch < 0) return { error: -watch };
    const known = this.#places.byWatch(watch);
    if (known === NO_NODE) {
      return { node: this.#places.add(parent, name, watch, isOld), isKnown: false };
    }
    if (!this.#places.isAt(known, parent, name) && this.#places.move(known, parent, name)) {
      // A directory that has moved is no new one.
      this.#places.setNew(known);
    }
    return { node: known, isKnown: true };
  }

  /**
   * What is in a directory; what may not be read has nothing in it. Undefined where it does not stand
   * where it is thought to be.
   */
  read(node: NodeId, files: boolean): Entry[] | undefined {
    const entries: Entry[] = [];
    const directory = this.#places.nameOf(node);
    // The slash at the end follows a link that a root may be; others are directories, as it was seen.
    const error = listDirectory(paths.of(directory), { files, follow: true }, (name, type) => {
      if (type !== "directory" || !this.isExcluded(`${directory}${name}`)) {
        entries.push({ name, type });
      }
    });
    return GONE.has(error) ? undefined : entries;
  }

  /** From now on reading it is told, too, where that is asked for. */
  finish(node: NodeId): void {
    if ((this.#mask & READING) === 0) return;
    const path = this.#places.nameOf(node);
    addWatch(this.#inotify, paths.of(path), this.#mask | Mask.MASK_ADD | Mask.ONLYDIR);
  }

  isExcluded(path: string): boolean {
    return this.#excluded.size > 0 && this.#excluded.has(path);
  }

  /** Reading is told of none before all have been read: a parent would tell of its children's. */
  #enterAll(root: NodeId, asNamed: string): void {
    const tellsReading = (this.#mask & READING) !== 0;
    const entered = [root];
    const ahead = [root];
    for (let node = ahead.pop(); node !== undefined; node = ahead.pop()) {
      const entries = this.read(node, false);
      if (entries === undefined) this.#missedSome = true;
      for (const { name } of entries ?? []) {
        const found = this.enter(node, name, true);
        if ("error" in found) {
          if (GONE.has(found.error)) this.#missedSome = true;
          else if (found.error !== Errno.EACCES) throw new WatchRefusal(asNamed, found.error);
          continue;
        }
        if (found.isKnown) continue;
        ahead.push(found.node);
        if (tellsReading) entered.push(found.node);
      }
    }
    for (const node of entered) this.finish(node);
  }
}

/** Whether an error only says that there is no such directory any more. */
export function isGone(error: number): boolean {
  return GONE.has(error);
}

/** 0, or the number of the error that a directory, or what a link leads to, answers. */
function whyNotReadable(path: string): number {
  const descriptor = openDirectory(paths.of(path), true);
  if (descriptor < 0) return errorNumber();
  libc.close(descriptor);
  return 0;
}

function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

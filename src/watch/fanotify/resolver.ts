/**
 * Which directory of the tree a handle stands for, in the order of the queue.
 *
 * What is known is known from events. For the rest the disk is asked, and it may be ahead: a rename
 * that is still to be read has been carried out there. So the renames of one reading are noted
 * before any of its records is taken, and a directory that one of them will move stands where that
 * one moves it from. A rename that comes after the reading finds its directory where it was to go
 * already, which shows; see tree.ts.
 *
 * A handle that leads nowhere needs no care. Its directory was deleted or has left the tree, and the
 * record of that, or of a directory above, names a parent that is still there: it is told as gone
 * with all below. The same holds up to the root, whose end is heard by itself.
 */
import type { FileHandle } from "../../kernel/fanotify-decode.js";
import { NO_NODE } from "../node-table.js";
import type { NodeId } from "../node-table.js";
import type { Directories, Displaced } from "./directories.js";
import type { TreeGrounds } from "./grounds.js";

/** Handles of directories elsewhere that are remembered, some 30 bytes each. */
const MAX_FOREIGN = 65_536;

/** A path of 4096 bytes has not as many directories. */
const MAX_STEPS = 2_048;

interface OldPlace {
  readonly directory: FileHandle;
  readonly name: string;
}

export interface ResolverListener {
  /** Another directory was found where this one was believed to be. */
  displaced(displaced: Displaced): void;
  /** A directory was put into the tree by the word of the disk. */
  found(handle: FileHandle, node: NodeId): void;
}

export class Resolver {
  /** A handle could not be resolved that may be of the tree; whoever heals that sets it back. */
  hasFailed = false;
  readonly #directories: Directories;
  readonly #grounds: TreeGrounds;
  readonly #listener: ResolverListener;
  readonly #foreign = new Set<FileHandle>();
  /** Directories that the last search has come by. */
  #steps = 0;
  /** Where directories stand until a rename of this reading is taken: for each, in their order. */
  readonly #awaited = new Map<FileHandle, OldPlace[]>();

  constructor(directories: Directories, grounds: TreeGrounds, listener: ResolverListener) {
    this.#directories = directories;
    this.#grounds = grounds;
    this.#listener = listener;
  }

  /** True where nothing of the tree can be meant, as far as can be told without asking the disk. */
  isForeign(handle: FileHandle): boolean {
    return this.#foreign.has(handle) || this.#grounds.isForeign(handle);
  }

  /** A rename of this reading, before its records are taken. */
  awaitRename(target: FileHandle, directory: FileHandle, name: string): void {
    const places = this.#awaited.get(target);
    if (places === undefined) this.#awaited.set(target, [{ directory, name }]);
    else places.push({ directory, name });
  }

  /** It is being taken. */
  takeRename(target: FileHandle): void {
    const places = this.#awaited.get(target);
    places?.shift();
    if (places?.length === 0) this.#awaited.delete(target);
  }

  /** NO_NODE for a directory that is not in the tree. */
  nodeOf(handle: FileHandle): NodeId {
    const known = this.#directories.find(handle);
    if (known !== NO_NODE || this.isForeign(handle)) return known;
    this.#steps = 0;
    const node = this.#resolve(handle, this.#awaited.size > 0);
    if (this.#steps <= MAX_STEPS) return node;
    // Below itself: a rename that is still to be read has put a directory where one of this reading
    // takes another from. The disk alone contradicts itself in nothing.
    this.#steps = 0;
    const ahead = this.#resolve(handle, false);
    if (this.#steps > MAX_STEPS) this.hasFailed = true;
    return ahead;
  }

  #resolve(handle: FileHandle, inOrder: boolean): NodeId {
    const known = this.#directories.find(handle);
    if (known !== NO_NODE || this.isForeign(handle)) return known;
    if (++this.#steps > MAX_STEPS) return NO_NODE;
    const [awaited] = (inOrder ? this.#awaited.get(handle) : undefined) ?? [];
    if (awaited !== undefined) {
      const { directory, name } = awaited;
      return this.#link(handle, this.#resolve(directory, inOrder), name);
    }
    const location = this.#grounds.locate(handle);
    switch (location.kind) {
      case "inside": {
        const node = this.#link(handle, this.#resolve(location.parent, inOrder), location.name);
        if (node !== NO_NODE) this.#listener.found(handle, node);
        return node;
      }
      case "elsewhere":
        this.#setForeign(handle);
        return NO_NODE;
      case "unknown":
        this.hasFailed = true;
        return NO_NODE;
    }
  }

  /** Something came into the tree: what was elsewhere may be here. */
  forgetForeign(): void {
    this.#foreign.clear();
  }

  #link(handle: FileHandle, parent: NodeId, name: string): NodeId {
    if (parent === NO_NODE) return NO_NODE;
    const displaced = this.#directories.put(handle, parent, name);
    if (displaced !== undefined) this.#listener.displaced(displaced);
    return this.#directories.find(handle);
  }

  #setForeign(handle: FileHandle): void {
    // Those that are met again are soon asked for again.
    if (this.#foreign.size >= MAX_FOREIGN) this.#foreign.clear();
    this.#foreign.add(handle);
  }
}

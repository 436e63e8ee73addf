/**
 * Entering directories: the watch first, then the list of what is there, so that nothing falls
 * between. It keeps the table true to the disk; what the events mean is the tree's business.
 *
 * The identity of a directory is its watch descriptor: inotify answers one inode with one and the
 * same descriptor, wherever it has moved to. A descriptor is never given out again.
 */
import { Errno } from "../kernel/libc.js";
import type { EntryType } from "../kernel/directory.js";
import type { Filter } from "../filter/filter.js";
import { Kind } from "../model/change.js";
import type { Coverage } from "../model/change.js";
import { joinPath, ROOT } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import type { TreeCalls } from "./calls.js";
import { Limbo } from "./limbo.js";
import { NO_NODE, NodeTable, ROOT_NODE, UNWATCHED } from "./node-table.js";
import type { NodeId } from "./node-table.js";
import type { Outbox } from "./outbox.js";
import { Rechecks } from "./rechecks.js";
import { fingerprint, isDirectoryPrint, ScanSet } from "./scan.js";
import type { Snapshot } from "./scan.js";

/** How a directory is looked at; the bits of a node's flags. */
export const Look = {
  /** Everything in it is new to us and is told. */
  TELL_ENTRIES: 1,
  /** What is told is only a directory that was not known, with everything below it. */
  TELL_NEW: 2,
  /** Directories known already are looked at too, down to the leaves. */
  DEEP: 4,
} as const;

/** For a directory that has just appeared. */
export const LOOK_NEW = Look.TELL_ENTRIES | Look.TELL_NEW;
const LOOK_MASK = LOOK_NEW | Look.DEEP;

const PENDING = 8;
const SEEN = 16;
/** Scanned from time to time, because it cannot be watched or not everything in it is heard. */
const SCANNED = 32;
/** On a file system where others write unheard: scanned although it is watched. */
const UNHEARD = 64;

const GONE_ERRORS = new Set<number>([Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP]);
const LIMIT_ERRORS = new Set<number>([Errno.ENOSPC, Errno.ENOMEM]);

export interface EntranceOptions {
  readonly calls: TreeCalls;
  readonly filter: Filter | undefined;
  readonly outbox: Outbox;
  /** ms; only differences matter. */
  readonly now: () => number;
  /** True for a mount point (and false for another) where changes may go unheard. */
  readonly unheardMount?: (path: RelativePath) => boolean | undefined;
}

export class Entrance {
  readonly table = new NodeTable();
  readonly limbo = new Limbo();
  readonly rechecks = new Rechecks();
  readonly scans = new ScanSet();
  /** True once a watch was refused for want of room; the owner sets it back. */
  limitReached = false;
  /** The root could not be looked at: its owner should see what has become of it. */
  rootInDoubt = false;
  /** The directory that was the root is no more, whatever stands in its place. */
  rootEnded = false;
  /** Changes that scans have found so far. */
  differences = 0;
  readonly #options: EntranceOptions;
  readonly #pending: NodeId[] = [];
  /** The directory whose list is being read. */
  #listed: NodeId = NO_NODE;

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  get hasWork(): boolean {
    return this.#pending.length > 0;
  }

  /**
   * Watches the root and asks for a look at the whole tree, telling nothing of what is there.
   * Answers 0 or the error number that stands in the way.
   */
  enterRoot(): number {
    const watch = this.#options.calls.addWatch(ROOT);
    if (watch >= 0) this.table.setWatch(ROOT_NODE, watch);
    else if (LIMIT_ERRORS.has(-watch)) this.#leaveUnwatched(ROOT_NODE, -watch);
    else return -watch;
    if (this.#options.unheardMount?.(ROOT) === true) this.#markUnheard(ROOT_NODE);
    this.look(ROOT_NODE, Look.DEEP);
    return 0;
  }

  /** Directories without a place count as watched until they are given up. */
  get coverage(): Coverage {
    const unwatched = this.scans.size;
    return { watched: this.table.size - unwatched, unwatched };
  }

  /** Removes every watch; the entrance is of no use afterwards. */
  removeWatches(): void {
    for (const watch of this.table.watches()) this.#options.calls.removeWatch(watch);
  }

  /** Asks for a look at a directory; several asked for before it comes are one. */
  look(node: NodeId, how: number): void {
    const pending = (this.table.flagsOf(node) & PENDING) !== 0;
    this.table.addFlags(node, PENDING | how);
    if (!pending) this.#pending.push(node);
  }

  /** Looks at directories until none is left or `until` (ms) has passed. */
  work(until: number): void {
    let node: NodeId | undefined;
    while ((node = this.#pending.pop()) !== undefined) {
      const flags = this.table.flagsOf(node);
      // Forgotten meanwhile, and the number perhaps another's.
      if ((flags & PENDING) === 0) continue;
      this.table.dropFlags(node, PENDING | LOOK_MASK);
      this.#lookAt(node, flags & LOOK_MASK);
      if (this.#options.now() >= until) return;
    }
  }

  /** A directory is said to be at this place: watches it and, unless it was there, looks at it. */
  enter(parent: NodeId, name: string, how: number): void {
    const parentPath = this.table.pathOf(parent);
    if (parentPath !== undefined) this.#enterAt(parent, name, joinPath(parentPath, name), how);
  }

  /** A directory has left its place. Its watches stay until it is clear that it does not return. */
  leave(node: NodeId): void {
    this.table.detach(node);
    this.limbo.put(node, this.#options.now());
  }

  /** The kernel has let go of a watch: the directory is no more, or its file system is not. */
  watchEnded(node: NodeId): void {
    if (node === ROOT_NODE) {
      this.table.setWatch(node, UNWATCHED);
      this.rootInDoubt = true;
      this.rootEnded = true;
      return;
    }
    const parent = this.table.parentOf(node);
    // Still attached: no event has said that the name is gone, so something else may be there.
    if (parent !== NO_NODE) this.#recheck(parent, this.table.nameOf(node));
    for (const child of this.table.childrenOf(node)) this.leave(child);
    this.#forget(node);
  }

  /** Gives up directories that did not return in time. To be called when no event is waiting. */
  clearLimbo(now: number): void {
    for (const top of this.limbo.takeDue(now)) {
      for (const node of this.table.subtreeOf(top).reverse()) {
        const watch = this.table.watchOf(node);
        if (watch !== UNWATCHED) this.#options.calls.removeWatch(watch);
        this.#forget(node);
      }
    }
  }

  /** Looks again where the disk was ahead of the events. To be called when no event is waiting. */
  startRechecks(now: number): void {
    for (const node of this.rechecks.takeDue(now)) {
      if (this.table.exists(node)) this.look(node, Look.TELL_NEW);
    }
  }

  /** Starts one pass over everything that is scanned. */
  startScan(): void {
    for (const node of this.scans.nodes()) {
      if (!this.table.exists(node)) continue;
      const parent = this.table.parentOf(node);
      // The watch is tried again: what is watched, or known to be gone, leaves the set.
      if (this.table.watchOf(node) === UNWATCHED && parent !== NO_NODE) {
        this.enter(parent, this.table.nameOf(node), LOOK_NEW);
      } else if (node === ROOT_NODE && this.table.watchOf(node) === UNWATCHED) {
        this.#retryRoot();
      }
      this.look(node, Look.TELL_NEW);
    }
  }

  #retryRoot(): void {
    const watch = this.#options.calls.addWatch(ROOT);
    if (watch >= 0) this.table.setWatch(ROOT_NODE, watch);
  }

  #enterAt(parent: NodeId, name: string, path: RelativePath, how: number): void {
    const known = this.table.child(parent, name);
    const watch = this.#options.calls.addWatch(path);
    if (watch < 0) {
      this.#notEntered(parent, name, path, known, -watch, how);
      return;
    }
    const holder = this.table.byWatch(watch);
    if (holder === NO_NODE) this.#enterNew(parent, name, path, known, watch, how);
    else if (holder !== known) this.#enterMoved(holder, parent, name, path, known, how);
    else {
      this.#markSeen(known, parent);
      if ((how & Look.DEEP) !== 0) this.look(known, how);
    }
  }

  #enterNew(
    parent: NodeId,
    name: string,
    path: RelativePath,
    known: NodeId,
    watch: number,
    how: number,
  ): void {
    let node = known;
    if (known !== NO_NODE && this.table.watchOf(known) !== UNWATCHED) {
      // Another directory stands where this one did.
      this.leave(known);
      node = NO_NODE;
    }
    if (node === NO_NODE) {
      node = this.table.add(parent, name);
      this.#inheritUnheard(node, parent, path);
      if ((how & Look.TELL_ENTRIES) !== 0) this.#tellDirectory(path);
    }
    this.table.setWatch(node, watch);
    this.#markSeen(node, parent);
    this.look(node, how);
  }

  /** The inode is known by another place: it has moved, unless a bind mount shows it twice. */
  #enterMoved(
    holder: NodeId,
    parent: NodeId,
    name: string,
    path: RelativePath,
    known: NodeId,
    how: number,
  ): void {
    if (this.#isStillThere(holder, path)) {
      this.#notEntered(parent, name, path, known, Errno.EINVAL, how);
      return;
    }
    if (this.table.isWithin(parent, holder)) {
      // A directory inside itself: the events are ahead of the model. Try later.
      this.#recheck(parent, name);
      return;
    }
    const before = this.table.parentOf(holder);
    if (before !== NO_NODE) this.#recheck(before, this.table.nameOf(holder));
    if (known !== NO_NODE) this.leave(known);
    this.table.move(holder, parent, name);
    this.limbo.remove(holder);
    this.#markSeen(holder, parent);
    if ((how & Look.TELL_ENTRIES) !== 0) this.#tellDirectory(path);
    // While it had no place its events were lost, so everything below counts as new.
    this.look(holder, how | Look.DEEP);
  }

  /** A list names it: it stays when the children that were not named leave. */
  #markSeen(node: NodeId, parent: NodeId): void {
    if (parent === this.#listed) this.table.addFlags(node, SEEN);
  }

  /** Two places on one inode at once: only mounts do that to a directory. */
  #isStillThere(holder: NodeId, path: RelativePath): boolean {
    if (holder !== ROOT_NODE && this.table.parentOf(holder) === NO_NODE) return false;
    const place = this.table.pathOf(holder);
    if (place === undefined) return false;
    const { calls } = this.#options;
    const [here, there] = [calls.inspect(path), calls.inspect(place)];
    return here !== undefined && here.ino === there?.ino && here.dev === there.dev;
  }

  #notEntered(
    parent: NodeId,
    name: string,
    path: RelativePath,
    known: NodeId,
    error: number,
    how: number,
  ): void {
    if (error === Errno.ENOENT) {
      this.#recheck(parent, name);
      return;
    }
    if (GONE_ERRORS.has(error)) {
      // It is a file or a link by now; that is told by events of its own.
      if (known !== NO_NODE) this.leave(known);
      return;
    }
    let node = known;
    if (known !== NO_NODE && this.table.watchOf(known) !== UNWATCHED) {
      this.leave(known);
      node = NO_NODE;
    }
    if (node !== NO_NODE) {
      this.#markSeen(node, parent);
      if (LIMIT_ERRORS.has(error)) this.limitReached = true;
      if ((how & Look.DEEP) !== 0) this.look(node, how);
      return;
    }
    node = this.table.add(parent, name);
    this.#inheritUnheard(node, parent, path);
    if ((how & Look.TELL_ENTRIES) !== 0) this.#tellDirectory(path);
    this.#markSeen(node, parent);
    this.#leaveUnwatched(node, error);
    this.look(node, how);
  }

  #leaveUnwatched(node: NodeId, error: number): void {
    if (LIMIT_ERRORS.has(error)) this.limitReached = true;
    this.table.addFlags(node, SCANNED);
    this.scans.add(node);
  }

  #inheritUnheard(node: NodeId, parent: NodeId, path: RelativePath): void {
    const inherited = (this.table.flagsOf(parent) & UNHEARD) !== 0;
    if (this.#options.unheardMount?.(path) ?? inherited) this.#markUnheard(node);
  }

  #markUnheard(node: NodeId): void {
    this.table.addFlags(node, UNHEARD | SCANNED);
    this.scans.add(node);
  }

  #lookAt(node: NodeId, how: number): void {
    const path = this.table.pathOf(node);
    // A detached directory has no path; should it return, it is entered anew.
    if (path === undefined) return;
    const scanned = (this.table.flagsOf(node) & SCANNED) !== 0;
    const before = this.scans.snapshotOf(node);
    const after: Snapshot | undefined = scanned ? new Map() : undefined;
    const files = scanned || (how & Look.TELL_ENTRIES) !== 0;
    const doubtsBefore = this.rechecks.size;

    this.#listed = node;
    const error = this.#options.calls.list(path, files, (name, type) => {
      const place = joinPath(path, name);
      if (this.#options.filter?.keepsEntry(place, type === "directory") === false) return;
      this.#seeEntry(node, name, place, type, how, before, after);
    });

    this.#listed = NO_NODE;
    if (error !== 0) {
      this.#notListed(node, error, how);
      return;
    }
    for (const child of this.table.childrenOf(node)) {
      if ((this.table.flagsOf(child) & SEEN) === 0) this.leave(child);
      else this.table.dropFlags(child, SEEN);
    }
    if (after !== undefined) this.#finishScan(node, path, before, after);
    if (this.rechecks.size === doubtsBefore) this.rechecks.satisfied(node);
  }

  #seeEntry(
    node: NodeId,
    name: string,
    place: RelativePath,
    type: EntryType,
    how: number,
    before: Snapshot | undefined,
    after: Snapshot | undefined,
  ): void {
    const isDirectory = type === "directory";
    if ((how & Look.TELL_ENTRIES) !== 0) {
      this.#options.outbox.add(place, isDirectory ? Kind.Content | Kind.Directory : Kind.Content);
    }
    if (after !== undefined) this.#compare(name, place, isDirectory, before, after);
    if (!isDirectory) return;
    // A scanned directory's new entries are new to everybody, however it is looked at.
    const tellsNew = (how & Look.TELL_NEW) !== 0 || before !== undefined;
    this.#enterAt(node, name, place, (how & Look.DEEP) | (tellsNew ? LOOK_NEW : 0));
  }

  #compare(
    name: string,
    place: RelativePath,
    isDirectory: boolean,
    before: Snapshot | undefined,
    after: Snapshot,
  ): void {
    const status = this.#options.calls.inspect(place);
    if (status === undefined) return;
    const print = fingerprint(status);
    after.set(name, print);
    const last = before?.get(name);
    if (before === undefined || last === print) return;
    this.differences++;
    const changed = isDirectory && last !== undefined && isDirectoryPrint(last);
    const kinds = changed ? Kind.Attributes : Kind.Content;
    this.#options.outbox.add(place, isDirectory ? kinds | Kind.Directory : kinds);
  }

  #finishScan(
    node: NodeId,
    path: RelativePath,
    before: Snapshot | undefined,
    after: Snapshot,
  ): void {
    for (const [name, print] of before ?? []) {
      if (after.has(name)) continue;
      this.differences++;
      const kinds = isDirectoryPrint(print) ? Kind.Gone | Kind.Directory : Kind.Gone;
      this.#options.outbox.add(joinPath(path, name), kinds);
    }
    const flags = this.table.flagsOf(node);
    // Watched by now, and this look came after the watch: events tell the rest.
    if (this.table.watchOf(node) !== UNWATCHED && (flags & UNHEARD) === 0) {
      this.table.dropFlags(node, SCANNED);
      this.scans.remove(node);
    } else {
      this.scans.keep(node, after);
    }
  }

  #notListed(node: NodeId, error: number, how: number): void {
    for (const child of this.table.childrenOf(node)) this.table.dropFlags(child, SEEN);
    if (GONE_ERRORS.has(error)) {
      if (node === ROOT_NODE) this.rootInDoubt = true;
      else this.#recheck(this.table.parentOf(node), this.table.nameOf(node));
      return;
    }
    if (error === Errno.EACCES || error === Errno.EPERM) return;
    // EMFILE, ENOMEM, EIO: it is looked at again as thoroughly, and then everything is told, for
    // nobody else may be comparing by that time.
    this.table.addFlags(node, how | LOOK_NEW);
    this.#recheck(node, undefined);
  }

  #tellDirectory(path: RelativePath): void {
    this.#options.outbox.add(path, Kind.Content | Kind.Directory);
  }

  #recheck(node: NodeId, name: string | undefined): void {
    this.rechecks.ask(node, name, this.#options.now());
  }

  #forget(node: NodeId): void {
    this.limbo.remove(node);
    this.rechecks.forget(node);
    this.scans.remove(node);
    this.table.forget(node);
  }
}

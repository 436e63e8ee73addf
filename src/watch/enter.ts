/**
 * Places and watches: which directory stands where, and that each has its watch. The watch is added
 * first; the look at what is inside comes after it, so that nothing falls between (see survey.ts).
 *
 * The identity of a directory is its watch descriptor: inotify answers one inode with one and the
 * same descriptor, wherever it has moved to, and never gives a descriptor out again.
 */
import type { Filter } from "../filter/filter.js";
import { Errno } from "../kernel/libc.js";
import { Kind } from "../model/change.js";
import type { Coverage } from "../model/change.js";
import { joinPath, ROOT } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import type { TreeCalls } from "./calls.js";
import type { CountedEvents } from "./counted-events.js";
import { Creations } from "./creations.js";
import { Departures } from "./departures.js";
import type { Departure } from "./departures.js";
import { Limbo } from "./limbo.js";
import { Flag, Look, LOOK_NEW, Looks } from "./looks.js";
import { NO_NODE, NodeTable, ROOT_NODE, UNWATCHED } from "./node-table.js";
import type { NodeId } from "./node-table.js";
import type { Outbox } from "./outbox.js";
import { keepsAlike } from "./place-rules.js";
import type { KeepsAlike } from "./place-rules.js";
import { Rechecks } from "./rechecks.js";
import { ScanSet } from "./scan.js";

/** Nothing of the name, or no directory: as events say, or will say. */
export const GONE_ERRORS: ReadonlySet<number> = new Set([Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP]);
const LIMIT_ERRORS: ReadonlySet<number> = new Set([Errno.ENOSPC, Errno.ENOMEM]);

export interface EntranceOptions {
  readonly calls: TreeCalls;
  readonly filter: Filter | undefined;
  readonly outbox: Outbox;
  /** A renamed directory is told as that, not with everything in it. */
  readonly tellsMoves?: boolean;
  /** Standard: all. */
  readonly counted?: CountedEvents;
  /** ms; only differences matter. */
  readonly now: () => number;
  /** True for a mount point where changes may go unheard, false for another, else undefined. */
  readonly unheardMount?: (path: RelativePath) => boolean | undefined;
}

/** What makes it doubtful whether all below a directory is known. */
const DOUBTS = Flag.PENDING | Flag.SCANNED | Flag.UNHEARD | Flag.UNCERTAIN;

/** A name in a directory that is to be entered. */
export interface Place {
  readonly parent: NodeId;
  readonly name: string;
  readonly path: RelativePath;
}

export class Entrance {
  readonly table = new NodeTable();
  readonly looks = new Looks(this.table);
  readonly limbo = new Limbo();
  readonly departures = new Departures();
  readonly creations: Creations;
  readonly rechecks = new Rechecks();
  readonly scans = new ScanSet();
  /** A watch was refused for want of room since this was last set back. */
  limitReached = false;
  /** Somebody should see whether the root is still there; who does sets it back. */
  rootInDoubt = false;
  /** The directory that was the root is no more, whatever stands in its place. */
  rootEnded = false;
  /** The directory whose list is being read: what is entered in it is there. */
  listed: NodeId = NO_NODE;
  readonly #options: EntranceOptions;
  readonly #keepsAlike: KeepsAlike;
  /** The last place that was taken from a directory that was known there. */
  #takenPlace: { readonly parent: NodeId; readonly name: string } | undefined;

  constructor(options: EntranceOptions) {
    this.#options = options;
    this.#keepsAlike = keepsAlike(options.filter);
    this.creations = new Creations(options.calls, options.outbox);
  }

  /** Directories without a place count as watched until they are given up. */
  get coverage(): Coverage {
    const unwatched = this.scans.size;
    return { watched: this.table.size - unwatched, unwatched };
  }

  /**
   * Watches the root and asks for a look at the whole tree, telling nothing of what is there.
   * Answers 0 or the number of the error that stands in the way.
   */
  enterRoot(): number {
    const error = this.retryRoot();
    if (LIMIT_ERRORS.has(error)) this.#leaveUnwatched(ROOT_NODE, error);
    else if (error !== 0) return error;
    if (this.#options.unheardMount?.(ROOT) === true) this.markUnheard(ROOT_NODE);
    this.looks.ask(ROOT_NODE, Look.DEEP);
    return 0;
  }

  /** Adds the root's watch; answers 0 or an error number. */
  retryRoot(): number {
    const watch = this.#options.calls.addWatch(ROOT);
    if (watch < 0) return -watch;
    this.table.setWatch(ROOT_NODE, watch);
    return 0;
  }

  /**
   * A directory is said to be at this place: watches it and, unless it was there, asks for a look.
   * `cookie` names the rename that brought it, or is 0.
   */
  enter(parent: NodeId, name: string, how: number, cookie = 0): void {
    const parentPath = this.table.pathOf(parent);
    if (parentPath === undefined) return;
    this.enterAt({ parent, name, path: joinPath(parentPath, name) }, how, cookie);
  }

  enterAt(place: Place, how: number, cookie = 0): void {
    const known = this.table.child(place.parent, place.name);
    const watch = this.#options.calls.addWatch(place.path);
    if (GONE_ERRORS.has(-watch) && cookie !== 0) {
      // It has gone on from here, which events will tell; it came here first.
      const node = this.departures.withCookie(cookie);
      if (node !== NO_NODE) this.#enterMoved(place, known, node, how);
    }
    if (watch < 0) {
      this.#notEntered(place, known, -watch, how);
      return;
    }
    const holder = this.table.byWatch(watch);
    if (holder === NO_NODE) this.#enterNew(place, known, watch, how);
    else if (holder !== known) this.#enterMoved(place, known, holder, how);
    else {
      this.#markSeen(known, place);
      const isUncertain = (this.table.flagsOf(known) & Flag.UNCERTAIN) !== 0;
      if (isUncertain || (how & Look.DEEP) !== 0) this.looks.ask(known, how);
    }
  }

  /**
   * An event says that a directory has left its place by a rename. True when its name is to be
   * told as gone now: not while it may still arrive, and not when that was told already.
   */
  depart(node: NodeId, cookie: number): boolean {
    const [parent, name] = [this.table.parentOf(node), this.table.nameOf(node)];
    const taken = this.#takenPlace;
    this.#takenPlace = undefined;
    // Two that change places at once (RENAME_EXCHANGE): the second is told to leave where the first
    // has come already.
    if (this.#stands(node)) return taken?.parent !== parent || taken.name !== name;
    this.leave(node);
    if (this.#options.tellsMoves !== true) return true;
    this.departures.put(node, { parentWatch: this.table.watchOf(parent), name, cookie });
    return false;
  }

  /** A directory is, on the disk, where it is believed to be. */
  #stands(node: NodeId): boolean {
    const path = this.table.pathOf(node);
    if (path === undefined) return false;
    const { calls } = this.#options;
    const watch = calls.addWatch(path);
    // Another one, which an event will tell of: until then it has no place here.
    if (watch >= 0 && this.table.byWatch(watch) === NO_NODE) calls.removeWatch(watch);
    return watch >= 0 && watch === this.table.watchOf(node);
  }

  /** Something else is at a place: who left it for a rename cannot be told as renamed any more. */
  placeTaken(parent: NodeId, name: string): void {
    const node = this.departures.fromPlace(this.table.watchOf(parent), name);
    const departure = this.departures.take(node);
    if (departure !== undefined) this.#tellLeft(departure);
  }

  /** To be called after each reading: who has not arrived by now is told as gone. */
  endDepartures(): void {
    for (const departure of this.departures.takeOverdue()) this.#tellLeft(departure);
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
    if (parent !== NO_NODE) this.recheck(parent, this.table.nameOf(node));
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

  /** Removes every watch; the entrance is of no use afterwards. */
  removeWatches(): void {
    for (const watch of this.table.watches()) this.#options.calls.removeWatch(watch);
  }

  /** The disk is ahead of the events at a name, or in all of a directory: look again in a moment. */
  recheck(node: NodeId, name: string | undefined): void {
    this.rechecks.ask(node, name, this.#options.now());
  }

  #enterNew(place: Place, known: NodeId, watch: number, how: number): void {
    const node = this.#nodeFor(place, known, how);
    this.table.setWatch(node, watch);
    this.#markSeen(node, place);
    this.looks.ask(node, how);
  }

  /** The inode is known by another place: it has moved, unless a bind mount shows it twice. */
  #enterMoved(place: Place, known: NodeId, holder: NodeId, how: number): void {
    if (this.#isStillThere(holder, place.path)) {
      this.#notEntered(place, known, Errno.EINVAL, how);
      return;
    }
    if (this.table.isWithin(place.parent, holder)) {
      // A directory inside itself: the events are ahead of the model. Try later.
      this.recheck(place.parent, place.name);
      return;
    }
    const departure = this.departures.take(holder);
    const from = this.#placeBefore(holder, departure);
    const before = this.table.parentOf(holder);
    if (before !== NO_NODE) this.recheck(before, this.table.nameOf(holder));
    const wasIn = departure === undefined ? before : this.table.byWatch(departure.parentWatch);
    const isToldFrom = wasIn !== NO_NODE && !this.#awaitsLook(wasIn);
    if (known !== NO_NODE) this.#replace(known, place.path, how);
    this.table.move(holder, place.parent, place.name);
    this.limbo.remove(holder);
    this.#markSeen(holder, place);
    const mayMove = how === LOOK_NEW && from !== undefined && isToldFrom;
    if (mayMove && this.#tellMove(holder, from, place.path)) return;
    if (departure !== undefined) this.#tellLeft(departure);
    if ((how & Look.TELL_ENTRIES) !== 0) this.#tellDirectory(place.path);
    // While it had no place its events were lost, so everything below counts as new.
    this.looks.ask(holder, how | Look.DEEP);
  }

  /** Where those who are told of changes believe a directory to be; undefined if nowhere. */
  #placeBefore(node: NodeId, departure: Departure | undefined): RelativePath | undefined {
    if (departure === undefined) return this.table.pathOf(node);
    const parent = this.table.byWatch(departure.parentWatch);
    const path = parent === NO_NODE ? undefined : this.table.pathOf(parent);
    return path === undefined ? undefined : joinPath(path, departure.name);
  }

  /** False, with nothing told, unless all that is below was told, or will be at the new place. */
  #tellMove(node: NodeId, from: RelativePath, to: RelativePath): boolean {
    if (this.#options.tellsMoves !== true || from === to) return false;
    for (const each of this.table.subtreeOf(node)) {
      const isDoubtful =
        (this.table.flagsOf(each) & DOUBTS) !== 0 ||
        this.table.watchOf(each) === UNWATCHED ||
        this.rechecks.has(each) ||
        this.looks.isUnconfirmed(each);
      if (isDoubtful) return false;
    }
    if (!this.#keepsAlike(from, to) || !this.#options.outbox.moveDirectory(from, to)) return false;
    this.creations.moved(from, to);
    return true;
  }

  /** What stands in a directory, or where that itself stands, is still to be told. */
  #awaitsLook(node: NodeId): boolean {
    for (let at = node; at !== NO_NODE; at = this.table.parentOf(at)) {
      if ((this.table.flagsOf(at) & (Flag.PENDING | Flag.UNCERTAIN)) !== 0) return true;
      if (at === ROOT_NODE) return false;
    }
    return true;
  }

  #tellLeft(departure: Departure): void {
    const parent = this.table.byWatch(departure.parentWatch);
    // Whoever knew it below a place that is gone knows by that.
    if (parent === NO_NODE) return;
    const path = this.#placeBefore(NO_NODE, departure);
    if (path === undefined) this.table.addFlags(parent, Flag.UNCERTAIN);
    else this.#options.outbox.add(path, Kind.Gone | Kind.Directory);
  }

  /** Two places on one inode at once: only mounts do that to a directory. */
  #isStillThere(holder: NodeId, path: RelativePath): boolean {
    const place = this.table.pathOf(holder);
    if (place === undefined) return false;
    const { calls } = this.#options;
    const [here, there] = [calls.inspect(path), calls.inspect(place)];
    return here !== undefined && here.ino === there?.ino && here.dev === there.dev;
  }

  #notEntered(place: Place, known: NodeId, error: number, how: number): void {
    if (GONE_ERRORS.has(error)) {
      // It is a file or a link by now, or a directory above is: that is told by events of their own.
      if (error !== Errno.ENOENT && known !== NO_NODE) this.leave(known);
      this.recheck(place.parent, place.name);
      return;
    }
    const node = this.#nodeFor(place, known, how);
    this.#markSeen(node, place);
    this.#leaveUnwatched(node, error);
    if (node !== known || (how & Look.DEEP) !== 0) this.looks.ask(node, how);
  }

  /** The node for what is at a place now and has no watch yet: the known one only if it has none. */
  #nodeFor(place: Place, known: NodeId, how: number): NodeId {
    if (known !== NO_NODE) {
      if (this.table.watchOf(known) === UNWATCHED) return known;
      this.#replace(known, place.path, how);
    }
    const node = this.table.add(place.parent, place.name);
    const inherited = (this.table.flagsOf(place.parent) & Flag.UNHEARD) !== 0;
    if (this.#options.unheardMount?.(place.path) ?? inherited) this.markUnheard(node);
    if ((how & Look.TELL_ENTRIES) !== 0) this.#tellDirectory(place.path);
    return node;
  }

  /** Another directory stands where this one did; nobody else may say that the first is gone. */
  #replace(known: NodeId, path: RelativePath, how: number): void {
    if ((how & Look.TELL_ENTRIES) !== 0) {
      this.#options.outbox.add(path, Kind.Gone | Kind.Directory);
    }
    this.#takenPlace = { parent: this.table.parentOf(known), name: this.table.nameOf(known) };
    this.leave(known);
  }

  #leaveUnwatched(node: NodeId, error: number): void {
    if (LIMIT_ERRORS.has(error)) this.limitReached = true;
    this.table.addFlags(node, Flag.SCANNED);
    this.scans.add(node);
  }

  /** Others write here unheard: it is scanned although it is watched. */
  markUnheard(node: NodeId): void {
    this.table.addFlags(node, Flag.UNHEARD | Flag.SCANNED);
    this.scans.add(node);
  }

  #markSeen(node: NodeId, { parent }: Place): void {
    if (parent === this.listed) this.table.addFlags(node, Flag.SEEN);
  }

  #tellDirectory(path: RelativePath): void {
    this.#options.outbox.add(path, Kind.Content | Kind.Directory);
  }

  #forget(node: NodeId): void {
    this.limbo.remove(node);
    const departure = this.departures.take(node);
    if (departure !== undefined) this.#tellLeft(departure);
    this.rechecks.forget(node);
    this.scans.remove(node);
    this.table.forget(node);
  }
}

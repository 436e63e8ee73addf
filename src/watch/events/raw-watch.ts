/**
 * Raw inotify events of files and of whole trees, in this thread: asked for and read, with the names
 * of watched places kept true while directories come, go and are renamed.
 *
 * What is not read waits in the kernel's queue; when that is full, a Q_OVERFLOW among the events
 * says so, and the tree is looked through for directories that are not watched yet.
 */
import { decodeInotify, Mask } from "../../kernel/inotify-decode.js";
import { readEvents, removeWatch, tryOpenInotify } from "../../kernel/inotify.js";
import { libc } from "../../kernel/libc.js";
import { PollSet, READABLE } from "../../kernel/poll.js";
import { Entrance, isGone } from "./entrance.js";
import { Limbo } from "./limbo.js";
import { tidings } from "./tidings.js";
import { NO_NODE, type NodeId, Places } from "./places.js";
import type { RawEvent } from "./raw-event.js";
import { RecordQueue } from "./record-queue.js";
import { WatchRefusal } from "./refusal.js";

export interface RawWatchOptions {
  /** Files and directories (latin1), as events are to name them. */
  readonly paths: readonly string[];
  /** Directories (latin1) that are not entered, named as they would be reached from `paths`. */
  readonly excluded?: readonly string[];
  /** What to ask the kernel for, DONT_FOLLOW included where it is wanted. */
  readonly mask: number;
  /** Everything below a directory, too. */
  readonly recursive?: boolean;
  /**
   * Directories that appear later, too. The kernel is then asked for CREATE, MOVED_FROM and MOVED_TO
   * whatever `mask` says, and all of them are told.
   */
  readonly follow?: boolean;
  /**
   * Tells what is inside a new directory already: CREATE, and CLOSE_WRITE for regular files, as far
   * as `mask` has them and the kernel does not tell the same.
   */
  readonly tellInside?: boolean;
  /** Which new directories are watched; all of them by default. */
  readonly enters?: (directory: string, name: string) => boolean;
  /** There is an inotify instance; the first watches follow. */
  readonly onOpened?: () => void;
  /** A new directory (with a slash at its end) could not be watched. */
  readonly onRefused?: (directory: string, errorNumber: number) => void;
}

const BUFFER_BYTES = 256 * 1024;
/** The longest record: a header and a name of 255 bytes, padded. */
const LONGEST_RECORD = 272;
/** What may wait here; more waits in the kernel's queue, until that overflows. */
const MOST_WAITING = 500_000;
/** Told by one reading, about. */
const MOST_TOLD = 8192;
/** Directories looked at again in one go after an overflow. */
const MOST_REVISITED = 256;

const buffer = Buffer.from(new ArrayBuffer(BUFFER_BYTES));

/** Returns when all is watched. Throws a WatchRefusal. */
export function openRawWatch(options: RawWatchOptions): RawWatch {
  const inotify = tryOpenInotify();
  if (inotify < 0) throw new WatchRefusal(undefined, -inotify);
  try {
    return new RawWatch(inotify, options);
  } catch (error) {
    libc.close(inotify);
    throw error;
  }
}

export class RawWatch {
  /** Readable in poll(2) when there is something to read. */
  readonly descriptor: number;
  readonly #options: RawWatchOptions;
  readonly #places = new Places();
  readonly #entrance: Entrance;
  readonly #records = new RecordQueue();
  readonly #limbo: Limbo;
  readonly #poll: PollSet;
  /** New directories that are still to be looked into, the next one last. */
  readonly #unread: NodeId[] = [];
  /** After an overflow: directories that are still to be looked at again. */
  #revisits: NodeId[] = [];
  #told: RawEvent[] = [];
  /** Watches that have been taken away, until the kernel says so. */
  readonly #dropped = new Set<number>();

  /** Use `openRawWatch`. */
  constructor(inotify: number, options: RawWatchOptions) {
    this.descriptor = inotify;
    this.#options = options;
    this.#poll = new PollSet([{ descriptor: inotify, events: READABLE }]);
    const added = options.follow === true ? Mask.CREATE | Mask.MOVED_FROM | Mask.MOVED_TO : 0;
    this.#entrance = new Entrance({
      inotify,
      places: this.#places,
      mask: options.mask | added,
      excluded: new Set((options.excluded ?? []).map((path) => path.replace(/\/$/, ""))),
    });
    this.#limbo = new Limbo((node) => this.#drop(node));
    options.onOpened?.();
    for (const path of options.paths) {
      if (options.recursive === true) this.#entrance.addTree(path);
      else this.#entrance.addPlain(path);
    }
  }

  /** Files and directories that are watched now. */
  get watched(): number {
    return this.#places.watched;
  }

  /** Every place that is watched, as a number; what lies inside another before that. */
  places(): number[] {
    return this.#places.watchesInnerFirst();
  }

  /** What a place is called now; undefined where it is not watched any more. */
  nameOf(place: number): string | undefined {
    const node = this.#places.byWatch(place);
    return node === NO_NODE ? undefined : this.#places.nameOf(node);
  }

  /** Something is to be had by `read` although the descriptor may not be readable. */
  get hasMore(): boolean {
    return this.#records.length > 0 || this.#unread.length > 0 || this.#revisits.length > 0;
  }

  /** How long to wait for the descriptor before `read` has work of its own: `limitMs` at most. */
  waitAtMost(limitMs: number): number {
    return this.hasMore ? 0 : this.#limbo.waitAtMost(limitMs);
  }

  /**
   * The next events, after waiting for them for at most `limitMs` (-1 for as long as it takes). It may
   * come back sooner with none.
   */
  read(limitMs: number): readonly RawEvent[] {
    if (!this.hasMore) {
      const wait = this.#limbo.waitAtMost(limitMs);
      if (wait !== 0) this.#poll.wait(wait);
    }
    this.#told = [];
    if (this.#records.length === 0) this.#drain();
    while (this.#told.length < MOST_TOLD) {
      const unread = this.#unread.pop();
      if (unread !== undefined) this.#lookInside(unread);
      else if (this.#records.length > 0) this.#records.take(this.#take);
      else break;
    }
    if (this.#records.length === 0 && this.#unread.length === 0) {
      this.#revisit();
      this.#limbo.expire();
    }
    return this.#told;
  }

  close(): void {
    libc.close(this.descriptor);
  }

  /** Reads all that the kernel has, as far as there is room for it. */
  #drain(): void {
    while (this.#records.length < MOST_WAITING) {
      const length = readEvents(this.descriptor, buffer);
      decodeInotify(buffer, length, this.#push);
      // The kernel stops at the first record that does not fit, or when there is none.
      if (length + LONGEST_RECORD <= BUFFER_BYTES) return;
    }
  }

  readonly #push = (watch: number, mask: number, cookie: number, name: string): void =>
    this.#records.push(watch, mask, cookie, name);

  readonly #take = (watch: number, mask: number, cookie: number, name: string): void => {
    if ((mask & Mask.Q_OVERFLOW) !== 0) {
      this.#told.push({ watched: "", place: -1, mask, cookie, name, isFound: false });
      if (this.#options.follow === true) this.#revisits = this.#places.roots();
      return;
    }
    const node = this.#places.byWatch(watch);
    // The last of a watch that was removed, or dropped from the table.
    if (node === NO_NODE) return;
    const watched = this.#places.nameOf(node);
    const isIgnored = (mask & Mask.IGNORED) !== 0;
    // The end of a watch that was taken away is no event.
    if (!isIgnored || !this.#dropped.delete(watch)) {
      this.#told.push({ watched, place: watch, mask, cookie, name, isFound: false });
    }
    if (isIgnored) {
      this.#limbo.forget(node);
      this.#places.forget(node);
    } else if ((mask & Mask.ISDIR) !== 0 && name !== "" && this.#options.follow === true) {
      this.#directoryEvent(node, mask, cookie, name);
    }
  };

  #directoryEvent(parent: NodeId, mask: number, cookie: number, name: string): void {
    if ((mask & Mask.CREATE) !== 0) this.#arrive(parent, name);
    else if ((mask & Mask.MOVED_FROM) !== 0) this.#leave(parent, name, cookie);
    else if ((mask & Mask.MOVED_TO) !== 0) {
      const node = this.#limbo.take(cookie);
      const replaced = this.#places.child(parent, name);
      if (replaced !== NO_NODE) this.#limbo.replaced(parent, name, replaced);
      if (node === undefined || !this.#places.move(node, parent, name)) this.#arrive(parent, name);
    } else if ((mask & Mask.DELETE) !== 0) {
      const node = this.#places.child(parent, name);
      if (node !== NO_NODE) this.#places.detach(node);
    }
  }

  /** Its watches stay, as it may have gone to another place in the tree. */
  #leave(parent: NodeId, name: string, cookie: number): void {
    const node = this.#limbo.exchanged(parent, name) ?? this.#places.child(parent, name);
    if (node === NO_NODE) return;
    if (this.#places.isAt(node, parent, name)) this.#places.detach(node);
    this.#limbo.add(cookie, node);
  }

  #arrive(parent: NodeId, name: string): void {
    const directory = this.#places.nameOf(parent);
    if (this.#options.enters?.(directory, name) === false) return;
    if (this.#options.tellInside === true && this.#entrance.isExcluded(`${directory}${name}`)) {
      return;
    }
    const entered = this.#entrance.enter(parent, name, false);
    if ("error" in entered) {
      if (isGone(entered.error)) return;
      this.#options.onRefused?.(`${directory}${name}/`, entered.error);
      return;
    }
    this.#limbo.forget(entered.node);
    if (!entered.isKnown || this.#places.isOld(entered.node)) this.#unread.push(entered.node);
  }

  /** Tells what is in a new directory, and enters the directories in it. */
  #lookInside(node: NodeId): void {
    const { tellInside = false, mask } = this.#options;
    // Watched for the first time just now: nothing that waits here is about it yet.
    const from = this.#places.isOld(node) ? 0 : this.#records.length;
    this.#places.setNew(node);
    const entries = this.#entrance.read(node, tellInside);
    this.#entrance.finish(node);
    const watched = this.#places.nameOf(node);
    const place = this.#places.watchOf(node);
    if (!tellInside) {
      for (const { name } of entries.reverse()) this.#arrive(node, name);
      return;
    }
    this.#drain();
    const pending = this.#records.pendingOf(this.#places.watchOf(node), from);
    const { told, directories } = tidings(entries, pending);
    for (const { name, bit } of told) {
      if ((bit & mask) === 0) continue;
      this.#told.push({ watched, place, mask: bit, cookie: 0, name, isFound: true });
    }
    for (const name of [...directories].reverse()) this.#arrive(node, name);
  }

  /** Some of the look at all directories that an overflow asks for: which are missing, which are gone? */
  #revisit(): void {
    for (let count = 0; count < MOST_REVISITED; count++) {
      const node = this.#revisits.pop();
      if (node === undefined) return;
      if (this.#places.byWatch(this.#places.watchOf(node)) !== node) continue;
      const names = new Set(this.#entrance.read(node, false).map(({ name }) => name));
      for (const name of this.#places.childNames(node)) {
        const child = this.#places.child(node, name);
        if (names.has(name) || child === NO_NODE) continue;
        this.#places.detach(child);
        this.#drop(child);
      }
      for (const name of names) this.#revisitChild(node, name);
    }
  }

  #revisitChild(parent: NodeId, name: string): void {
    const before = this.#places.child(parent, name);
    const entered = before === NO_NODE ? undefined : this.#entrance.enter(parent, name, true);
    if (entered !== undefined && !("error" in entered) && entered.node === before) {
      this.#revisits.push(before);
      return;
    }
    if (this.#options.tellInside === true && (this.#options.mask & Mask.CREATE) !== 0) {
      const watched = this.#places.nameOf(parent);
      const place = this.#places.watchOf(parent);
      const mask = Mask.CREATE | Mask.ISDIR;
      this.#told.push({ watched, place, mask, cookie: 0, name, isFound: true });
    }
    this.#arrive(parent, name);
  }

  /** A directory that has left the tree, with all below it. */
  #drop(node: NodeId): void {
    for (const watch of this.#places.watchesBelow(node)) {
      // IGNORED follows, and then it is forgotten; where it was lost, nothing follows.
      if (removeWatch(this.descriptor, watch)) this.#dropped.add(watch);
      else this.#places.forget(this.#places.byWatch(watch));
    }
  }
}

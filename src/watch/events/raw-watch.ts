/**
 * Raw inotify events of files and of whole trees, in this thread: asked for and read, with the names
 * of watched places kept true while directories come, go and are renamed.
 *
 * What is not read waits in the kernel's queue; when that is full, a Q_OVERFLOW among the events
 * says so, and the tree is looked through for directories that are not watched yet.
 */
import { Mask } from "../../kernel/inotify-decode.js";
import { removeWatch, tryOpenInotify } from "../../kernel/inotify.js";
import { libc } from "../../kernel/libc.js";
import { PollSet, READABLE } from "../../kernel/poll.js";
import { Entrance } from "./entrance.js";
import { Limbo } from "./limbo.js";
import { Newcomers } from "./newcomers.js";
import { NO_NODE, type NodeId, Places } from "./places.js";
import type { RawEvent } from "./raw-event.js";
import type { RawWatchOptions } from "./raw-watch-options.js";
import type { RawSource } from "./raw-source.js";
import { Reading } from "./reading.js";
import { WatchRefusal } from "./refusal.js";
import { Revisits } from "./revisits.js";
import { SecondTries } from "./second-tries.js";

/** Told by one reading, about. */
const MOST_TOLD = 8192;

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

export class RawWatch implements RawSource {
  readonly descriptor: number;
  readonly #follows: boolean;
  readonly #places = new Places();
  readonly #reading: Reading;
  readonly #limbo: Limbo;
  readonly #tries: SecondTries;
  readonly #newcomers: Newcomers;
  readonly #revisits: Revisits;
  readonly #poll: PollSet;
  #told: RawEvent[] = [];
  /** Watches that have been taken away, until the kernel says so. */
  readonly #dropped = new Set<number>();

  /** Use `openRawWatch`. */
  constructor(inotify: number, options: RawWatchOptions) {
    this.descriptor = inotify;
    this.#follows = options.follow === true;
    this.#poll = new PollSet([{ descriptor: inotify, events: READABLE }]);
    const added = this.#follows ? Mask.CREATE | Mask.MOVED_FROM | Mask.MOVED_TO : 0;
    const places = this.#places;
    const entrance = new Entrance({
      inotify,
      places,
      mask: options.mask | added,
      excluded: new Set((options.excluded ?? []).map((path) => path.replace(/\/$/, ""))),
    });
    const reading = (this.#reading = new Reading(inotify));
    const drop = (node: NodeId): void => this.#drop(node);
    const tell = (event: RawEvent): void => void this.#told.push(event);
    const limbo = (this.#limbo = new Limbo(drop));
    const tries = (this.#tries = new SecondTries(places));
    const shared = { options, places, entrance, reading, tries, tell };
    const newcomers = (this.#newcomers = new Newcomers({ ...shared, limbo }));
    this.#revisits = new Revisits({ ...shared, newcomers, drop });
    options.onOpened?.();
    for (const path of options.paths) {
      if (options.recursive === true) entrance.addTree(path);
      else entrance.addPlain(path);
    }
    if (this.#follows && entrance.missedSome) this.#revisits.begin();
  }

  /** Files and directories that are watched now. */
  get watched(): number {
    return this.#places.watched;
  }

  places(): number[] {
    return this.#places.watchesInnerFirst();
  }

  nameOf(place: number): string | undefined {
    const node = this.#places.byWatch(place);
    return node === NO_NODE ? undefined : this.#places.nameOf(node);
  }

  get hasMore(): boolean {
    return this.#hasFresh || this.#revisits.length > 0;
  }

  get #hasFresh(): boolean {
    return this.#reading.records.length > 0 || this.#newcomers.length > 0;
  }

  waitAtMost(limitMs: number): number {
    return this.hasMore ? 0 : this.#limbo.waitAtMost(limitMs);
  }

  read(limitMs: number): readonly RawEvent[] {
    if (!this.hasMore) {
      const wait = this.#limbo.waitAtMost(limitMs);
      if (wait !== 0) this.#poll.wait(wait);
    }
    this.#told = [];
    const { records } = this.#reading;
    if (records.length === 0) this.#reading.drain();
    while (this.#hasFresh && this.#told.length < MOST_TOLD) {
      // A record may be about what a newcomer has in it.
      if (this.#newcomers.length > 0) this.#newcomers.next();
      else records.take(this.#take);
    }
    if (!this.#hasFresh) {
      this.#revisits.some();
      this.#limbo.expire();
      this.#tries.settle(this.#reading.count);
    }
    return this.#told;
  }

  close(): void {
    libc.close(this.descriptor);
  }

  readonly #take = (watch: number, mask: number, cookie: number, name: string): void => {
    if ((mask & Mask.Q_OVERFLOW) !== 0) {
      this.#told.push({ watched: "", place: -1, mask, cookie, name, isFound: false });
      if (this.#follows) this.#revisits.begin();
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
    } else if ((mask & Mask.ISDIR) !== 0 && name !== "" && this.#follows) {
      this.#directoryEvent(node, mask, cookie, name);
    }
  };

  #directoryEvent(parent: NodeId, mask: number, cookie: number, name: string): void {
    if ((mask & Mask.CREATE) !== 0) this.#newcomers.add(parent, name);
    else if ((mask & Mask.MOVED_FROM) !== 0) this.#leave(parent, name, cookie);
    else if ((mask & Mask.MOVED_TO) !== 0) {
      const node = this.#limbo.take(cookie);
      const replaced = this.#places.child(parent, name);
      if (replaced !== NO_NODE) this.#limbo.replaced(parent, name, replaced);
      if (node !== undefined && this.#places.move(node, parent, name)) return;
      this.#newcomers.add(parent, name);
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

  /** A directory that has left the tree, with all below it. */
  #drop(node: NodeId): void {
    for (const watch of this.#places.watchesBelow(node)) {
      // IGNORED follows, and then it is forgotten; where it was lost, nothing follows.
      if (removeWatch(this.descriptor, watch)) this.#dropped.add(watch);
      else this.#places.forget(this.#places.byWatch(watch));
    }
  }
}

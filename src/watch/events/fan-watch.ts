/**
 * Raw events by fanotify: of directories with what is right inside, of trees, or of whole file
 * systems. Names are absolute, without links in them. What this process does itself is not told.
 */
import { type EntryType, listDirectory } from "../../kernel/list-directory.js";
import { FanMask, type FileHandle } from "../../kernel/fanotify-decode.js";
import { openFanotify } from "../../kernel/fanotify.js";
import { Mask } from "../../kernel/inotify-decode.js";
import { libc } from "../../kernel/libc.js";
import { PollSet, READABLE } from "../../kernel/poll.js";
import { FanMarks, type FanPlace } from "./fan-marks.js";
import { FanNames, bytesOf, withoutLinks, withSlash } from "./fan-names.js";
import { FanQueue, type FanRecord } from "./fan-queue.js";
import type { RawEvent } from "./raw-event.js";
import type { RawSource } from "./raw-source.js";
import type { RawWatchOptions } from "./raw-watch-options.js";
import { WatchRefusal } from "./refusal.js";
import { tidings } from "./tidings.js";

export interface FanWatchOptions extends RawWatchOptions {
  /** Gives each path a number of its own, for as long as it watches. */
  readonly numbered?: boolean;
  /** Hears the whole file systems that the paths lie on. */
  readonly wholeFileSystems?: boolean;
}

/** Bits of what can be asked for; the kernel knows no others here. */
const EVENTS = 0xfff;
/** Told by one reading, about. */
const MOST_TOLD = 8192;
/** A directory that has gone and does not come back within it has left the tree. */
const LONGEST_MS = 100;

/** Returns when all is watched. Throws a WatchRefusal. */
export function openFanWatch(options: FanWatchOptions): FanWatch {
  const group = openFanotify();
  if (group < 0) throw new WatchRefusal(undefined, -group);
  try {
    return new FanWatch(group, options);
  } catch (error) {
    libc.close(group);
    throw error;
  }
}

/** A directory that has gone, as far as is known. */
interface Left {
  readonly name: string;
  /** It, and what is known to be below it. */
  readonly handles: readonly FileHandle[];
  readonly due: number;
}

export class FanWatch implements RawSource {
  readonly descriptor: number;
  readonly #options: FanWatchOptions;
  readonly #follows: boolean;
  readonly #names = new FanNames();
  readonly #queue: FanQueue;
  readonly #poll: PollSet;
  readonly #excluded: ReadonlySet<string>;
  readonly #marks: FanMarks;
  /** New directories that are still to be looked into, the next one last. */
  readonly #unread: { readonly handle: FileHandle; readonly name: string }[] = [];
  readonly #left = new Map<FileHandle, Left>();
  /** Paths that were told of, by their numbers. */
  readonly #numbers = new Map<string, number>();
  readonly #paths: string[] = [];
  #told: RawEvent[] = [];

  /** Use `openFanWatch`. */
  constructor(group: number, options: FanWatchOptions) {
    this.descriptor = group;
    this.#options = options;
    this.#queue = new FanQueue(group);
    this.#poll = new PollSet([{ descriptor: group, events: READABLE }]);
    this.#follows = options.follow === true && options.wholeFileSystems !== true;
    const added = this.#follows ? Mask.CREATE | Mask.MOVED_FROM | Mask.MOVED_TO | Mask.DELETE : 0;
    const excluded = (options.excluded ?? []).map((path) => withSlash(withoutLinks(path)));
    this.#excluded = new Set(excluded);
    this.#marks = new FanMarks({
      group,
      names: this.#names,
      mask: (options.mask & EVENTS) | added | FanMask.ONDIR,
      follow: (options.mask & Mask.DONT_FOLLOW) === 0,
      excluded: this.#excluded,
    });
    options.onOpened?.();
    for (const path of options.paths) {
      if (options.wholeFileSystems === true) this.#marks.addFileSystem(path);
      else this.#marks.addRoot(path, options.recursive === true);
    }
  }

  get watched(): number {
    return this.#marks.count;
  }

  places(): number[] {
    return this.#marks
      .directories()
      .map((handle) => this.#numberOf(this.#names.nameOf(handle) ?? ""));
  }

  nameOf(place: number): string | undefined {
    return this.#paths[place];
  }

  get hasMore(): boolean {
    return this.#queue.length > 0 || this.#unread.length > 0;
  }

  waitAtMost(limitMs: number): number {
    if (this.hasMore) return 0;
    for (const { due } of this.#left.values()) {
      const untilDue = Math.max(0, Math.ceil(due - performance.now()));
      return limitMs < 0 ? untilDue : Math.min(limitMs, untilDue);
    }
    return limitMs;
  }

  read(limitMs: number): readonly RawEvent[] {
    const wait = this.waitAtMost(limitMs);
    if (wait !== 0) this.#poll.wait(wait);
    this.#told = [];
    if (this.#queue.length === 0) this.#queue.drain();
    while (this.hasMore && this.#told.length < MOST_TOLD) {
      const unread = this.#unread.pop();
      if (unread !== undefined) this.#lookInside(unread.handle, unread.name);
      else this.#take(this.#queue.take());
    }
    if (!this.hasMore) this.#letGo();
    return this.#told;
  }

  close(): void {
    this.#names.close();
    libc.close(this.descriptor);
  }

  #take(record: FanRecord | undefined): void {
    if (record === undefined) return;
    const { mask, target } = record;
    if ((mask & FanMask.Q_OVERFLOW) !== 0) {
      this.#told.push({ watched: "", place: -1, mask, cookie: 0, name: "", isFound: false });
      return;
    }
    const { watched, name } = this.#placeOf(record);
    if (!this.#marks.asksFor(record, watched)) return;
    const place = this.#numberOf(`${watched}${name}`);
    for (const part of partsOf(mask)) {
      this.#told.push({ watched, place, mask: part, cookie: 0, name, isFound: false });
    }
    if ((mask & FanMask.ONDIR) === 0 || name === "" || watched === "") return;
    const path = `${watched}${name}/`;
    if ((mask & APPEARS) !== 0) this.#arrive(target, watched, name);
    if ((mask & GOES) === 0) return;
    // Not at once: the record may stand for what comes after others that are still to be taken.
    const handles = (mask & FanMask.MOVED_FROM) === 0 ? [target] : this.#names.below(path);
    this.#left.set(target, { name: path, handles, due: performance.now() + LONGEST_MS });
  }

  #placeOf({ directory, name, target }: FanRecord): FanPlace {
    const watched = this.#names.nameOf(directory);
    if (watched === undefined) return this.#marks.fileOf(target) ?? { watched: "", name };
    return { watched, name: name === "." ? "" : name };
  }

  #arrive(handle: FileHandle, directory: string, name: string): void {
    const path = `${directory}${name}/`;
    this.#left.delete(handle);
    this.#names.move(handle, path);
    if (!this.#follows || this.#marks.has(handle)) return;
    if (this.#options.enters?.(directory, name) === false) return;
    if (this.#options.tellInside === true && this.#excluded.has(path)) return;
    this.#unread.push({ handle, name: path });
  }

  /** Marks a new directory, and tells what is in it. By its handle: it may have been renamed. */
  #lookInside(handle: FileHandle, name: string): void {
    const descriptor = this.#names.open(handle);
    if (descriptor < 0) return;
    try {
      const path = `/proc/self/fd/${descriptor}/`;
      const error = this.#marks.add(handle, path);
      if (error === 0) this.#tellInside(handle, name, path);
      else this.#options.onRefused?.(name, error);
    } finally {
      libc.close(descriptor);
    }
  }

  #tellInside(handle: FileHandle, watched: string, path: string): void {
    const { tellInside = false, mask } = this.#options;
    const from = this.#queue.length;
    const entries: { name: string; type: EntryType }[] = [];
    listDirectory(bytesOf(path), { files: tellInside, follow: true }, (name, type) => {
      if (!this.#excluded.has(`${watched}${name}/`)) entries.push({ name, type });
    });
    this.#queue.drain();
    const { told, directories } = tidings(entries, this.#queue.pendingOf(handle, from));
    for (const { name, bit } of told) {
      if (!tellInside || (bit & mask) === 0) continue;
      const place = this.#numberOf(`${watched}${name}`);
      this.#told.push({ watched, place, mask: bit, cookie: 0, name, isFound: true });
    }
    for (const name of [...directories].reverse()) {
      const inner = this.#names.handleAt(`${path}${name}/`, true);
      if (inner !== undefined) this.#arrive(inner, watched, name);
    }
  }

  /** What has left the tree is still heard, and told of no longer. To be called when no record waits. */
  #letGo(): void {
    for (const [handle, { name, handles, due }] of this.#left) {
      if (due > performance.now()) return;
      this.#left.delete(handle);
      // Moved away and back in one record.
      if (this.#names.handleAt(name, true) === handle) continue;
      for (const each of handles) {
        this.#names.forget(each);
        this.#marks.forget(each);
      }
    }
  }

  #numberOf(path: string): number {
    if (this.#options.numbered !== true) return 0;
    let number = this.#numbers.get(path);
    if (number === undefined) {
      number = this.#paths.push(path) - 1;
      this.#numbers.set(path, number);
    }
    return number;
  }
}

const APPEARS = FanMask.CREATE | FanMask.MOVED_TO;
const GOES = FanMask.DELETE | FanMask.MOVED_FROM;

/**
 * The kernel puts what one process does to a file into one record. An entry's coming and going are
 * told apart from what is done to it in between.
 */
function partsOf(mask: number): number[] {
  const isDirectory = mask & FanMask.ONDIR;
  return [APPEARS, EVENTS & ~APPEARS & ~GOES, GOES]
    .map((bits) => mask & bits)
    .filter((bits) => bits !== 0)
    .map((bits) => bits | isDirectory);
}

/**
 * A directory tree under inotify: raw records in, changes out. It says what each event means and
 * keeps the table of directories true through moves, deletions and overflow.
 *
 * It reads no descriptor and waits for nothing: the reader hands it records, time and leisure.
 */
import { Mask } from "../kernel/inotify-decode.js";
import { Kind } from "../model/change.js";
import type { Kinds } from "../model/change.js";
import { baseName, joinPath, parentOf } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import type { CountedEvents } from "./counted-events.js";
import { ALL_EVENTS } from "./counted-events.js";
import { Entrance } from "./enter.js";
import type { EntranceOptions } from "./enter.js";
import { FileEvents } from "./file-events.js";
import { Flag, Look, LOOK_NEW } from "./looks.js";
import { NO_NODE, ROOT_NODE, UNWATCHED } from "./node-table.js";
import type { NodeId } from "./node-table.js";
import { EventRing } from "./ring.js";
import { Survey } from "./survey.js";

const ARRIVAL = Mask.CREATE | Mask.MOVED_TO;

export class WatchedTree {
  readonly entrance: Entrance;
  readonly survey: Survey;
  /** The queue was full; the owner sets it back when it has asked for a new look. */
  overflowed = false;
  readonly #options: EntranceOptions;
  readonly #counted: CountedEvents;
  readonly #files: FileEvents;
  readonly #ring = new EventRing();
  // A file's events come in runs: the last place saves building the path again.
  #lastNode: NodeId = NO_NODE;
  #lastName = "";
  #lastPath: RelativePath | undefined;
  /** The place of the last event, where that was a directory's arrival by a rename. */
  #arrivedIn: NodeId = NO_NODE;
  #arrivedAs = "";
  /** Files that left by a rename in this reading, by cookie. */
  readonly #leftFiles = new Map<number, RelativePath>();

  constructor(options: EntranceOptions) {
    this.#options = options;
    this.#counted = options.counted ?? ALL_EVENTS;
    this.entrance = new Entrance(options);
    this.#files = new FileEvents(this.#counted, options.outbox, this.entrance.creations);
    this.survey = new Survey(this.entrance, options);
  }

  /** True when `settle` has something to decide, even if no event comes. */
  get isUnsettled(): boolean {
    const { creations, departures, looks } = this.entrance;
    return creations.isUnsettled || departures.size > 0 || looks.hasUnconfirmed;
  }

  /** Takes one record. `at` is ms since the epoch, for the ring. */
  take(at: number, watch: number, mask: number, cookie: number, name: string): void {
    this.#ring.push(at, watch, mask, cookie, name);
    if ((mask & Mask.Q_OVERFLOW) !== 0) {
      this.overflowed = true;
      return;
    }
    const { table } = this.entrance;
    const node = table.byWatch(watch);
    // A descriptor that was given up: its last events were still in the queue.
    if (node === NO_NODE) return;
    if ((mask & Mask.IGNORED) !== 0) {
      this.#forgetLast();
      this.entrance.watchEnded(node);
    } else if (name === "") this.#takeOwn(node, mask);
    else this.#takeEntry(node, mask, cookie, name);
  }

  /**
   * To be called when a reading is done, with whether it emptied the queue: decides what events
   * alone leave open.
   */
  settle(emptied: boolean): void {
    if (emptied) this.entrance.looks.confirm();
    this.entrance.endDepartures();
    this.entrance.creations.settle(emptied);
    if (this.#leftFiles.size > 0) this.#leftFiles.clear();
    // Looking at directories moves nodes; what was remembered may not hold afterwards.
    this.#forgetLast();
  }

  /** Asks for a look at everything, telling nothing: a gap is declared when it is done. */
  lookAtAll(): void {
    this.entrance.looks.ask(ROOT_NODE, Look.DEEP);
  }

  /** What is at this place may be on another file system than before. */
  lookAtMount(path: RelativePath): void {
    const parent = this.#nodeAt(parentOf(path));
    if (parent === NO_NODE || this.#options.filter?.keepsEntry(path, true) === false) return;
    this.entrance.enter(parent, baseName(path), Look.DEEP);
  }

  /** As TreeSource says; what is found by the first scan is not told. */
  scanAlways(path: RelativePath, below: boolean, borders: ReadonlySet<RelativePath>): boolean {
    const top = this.#nodeAt(path);
    if (top === NO_NODE) return false;
    const { table } = this.entrance;
    if ((table.flagsOf(top) & Flag.UNHEARD) !== 0) return false;
    const waiting: [NodeId, RelativePath][] = [[top, path]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [node, place] = next;
      this.entrance.markUnheard(node);
      if (!below) break;
      for (const child of table.childrenOf(node)) {
        const childPlace = joinPath(place, table.nameOf(child));
        if (!borders.has(childPlace)) waiting.push([child, childPlace]);
      }
    }
    return true;
  }

  #nodeAt(path: RelativePath): NodeId {
    let node: NodeId = ROOT_NODE;
    for (const name of path === "" ? [] : path.split("/")) {
      node = this.entrance.table.child(node, name);
      if (node === NO_NODE) break;
    }
    return node;
  }

  recent(): string[] {
    const { table } = this.entrance;
    return this.#ring.lines((watch) => {
      const node = table.byWatch(watch);
      return node === NO_NODE ? undefined : table.pathOf(node);
    });
  }

  /** An event about the watched directory itself. */
  #takeOwn(node: NodeId, mask: number): void {
    const isAttributes = (mask & this.#counted.directories & Mask.ATTRIB) !== 0;
    if (node === ROOT_NODE) {
      if (isAttributes) {
        this.#options.outbox.add("" as RelativePath, Kind.Attributes | Kind.Directory);
      }
      if ((mask & (Mask.DELETE_SELF | Mask.MOVE_SELF | Mask.UNMOUNT)) !== 0) {
        this.entrance.rootInDoubt = true;
      }
      // A new directory may be given the number of the one that was deleted.
      if ((mask & (Mask.DELETE_SELF | Mask.UNMOUNT)) !== 0) this.entrance.rootEnded = true;
      return;
    }
    if (!isAttributes) return;
    const { table } = this.entrance;
    // The parent's watch tells the same of its entry; alone when there is none.
    if (table.watchOf(table.parentOf(node)) !== UNWATCHED) return;
    const path = table.pathOf(node);
    if (path !== undefined) this.#tell(path, Kind.Attributes | Kind.Directory);
  }

  #takeEntry(node: NodeId, mask: number, cookie: number, name: string): void {
    const path = this.#placeOf(node, name, (mask & Mask.ISDIR) !== 0);
    if (path === undefined) return;
    if (this.entrance.departures.size > 0 && (mask & ARRIVAL) !== 0) {
      this.entrance.placeTaken(node, name);
    }
    if ((mask & Mask.ISDIR) === 0) this.#takeFile(path, mask, cookie);
    else this.#takeDirectory(node, path, mask, cookie, name);
  }

  #takeFile(path: RelativePath, mask: number, cookie: number): void {
    this.#files.take(path, mask);
    const counted = mask & this.#counted.files;
    if (cookie !== 0 && this.#options.tellsMoves === true) this.#pairFile(path, counted, cookie);
  }

  #pairFile(path: RelativePath, mask: number, cookie: number): void {
    if ((mask & Mask.MOVED_FROM) !== 0) {
      this.#leftFiles.set(cookie, path);
      return;
    }
    const from = this.#leftFiles.get(cookie);
    if (from !== undefined) this.#options.outbox.moveFile(from, path);
  }

  #takeDirectory(
    node: NodeId,
    path: RelativePath,
    mask: number,
    cookie: number,
    name: string,
  ): void {
    const counted = mask & this.#counted.directories;
    if ((counted & Mask.ATTRIB) !== 0) this.#takeDirectoryAttributes(node, path, name);
    if ((mask & (Mask.DELETE | Mask.MOVED_FROM)) !== 0) {
      this.#directoryLeft(node, path, mask, cookie, name);
    }
    this.#arrivedIn = (mask & Mask.MOVED_TO) === 0 ? NO_NODE : node;
    this.#arrivedAs = name;
    if ((counted & ARRIVAL) !== 0) {
      this.#tell(path, Kind.Content | Kind.Directory);
      this.entrance.enter(node, name, LOOK_NEW, cookie);
      this.#forgetLast();
    }
  }

  #directoryLeft(
    node: NodeId,
    path: RelativePath,
    mask: number,
    cookie: number,
    name: string,
  ): void {
    this.#forgetLast();
    // After an exchange (RENAME_EXCHANGE) it is the other one that leaves where the first has come.
    const mayBeAnother = node === this.#arrivedIn && name === this.#arrivedAs;
    if (!mayBeAnother) this.entrance.rechecks.explained(node, name);
    const child = this.entrance.table.child(node, name);
    const isRename = (mask & Mask.MOVED_FROM) !== 0;
    if (child !== NO_NODE && !isRename) this.entrance.leave(child);
    if (child !== NO_NODE && isRename && !this.entrance.depart(child, cookie)) return;
    if ((mask & this.#counted.directories & (Mask.DELETE | Mask.MOVED_FROM)) === 0) return;
    this.#tell(path, Kind.Gone | Kind.Directory);
  }

  #takeDirectoryAttributes(node: NodeId, path: RelativePath, name: string): void {
    const child = this.entrance.table.child(node, name);
    // One whose arrival did not count is not there for anybody.
    if (child === NO_NODE && this.#counted !== ALL_EVENTS) return;
    this.#tell(path, Kind.Attributes | Kind.Directory);
    // It may be readable from now on.
    if (child !== NO_NODE && this.entrance.table.watchOf(child) === UNWATCHED) {
      this.entrance.enter(node, name, LOOK_NEW);
    }
  }

  /** Where an entry is; undefined when its directory has no place, or a rule leaves it out. */
  #placeOf(node: NodeId, name: string, isDirectory: boolean): RelativePath | undefined {
    if (node === this.#lastNode && name === this.#lastName && !isDirectory) return this.#lastPath;
    const directory = this.entrance.table.pathOf(node);
    if (directory === undefined) this.entrance.table.addFlags(node, Flag.UNCERTAIN);
    let path = directory === undefined ? undefined : joinPath(directory, name);
    if (path !== undefined && this.#options.filter?.keepsEntry(path, isDirectory) === false) {
      path = undefined;
    }
    if (isDirectory) {
      this.#forgetLast();
    } else {
      this.#lastNode = node;
      this.#lastName = name;
      this.#lastPath = path;
    }
    return path;
  }

  #forgetLast(): void {
    this.#lastNode = NO_NODE;
  }

  #tell(path: RelativePath, kinds: Kinds): void {
    this.#options.outbox.add(path, kinds);
  }
}

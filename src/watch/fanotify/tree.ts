/**
 * A directory tree under fanotify: records in, changes out. One mark hears all of a file system, so
 * there is nothing to enter and nothing to keep watched; what takes care is to know which directory
 * a record is about, and which renames can be told as such.
 *
 * The marks of a change have no order, and those who are told look at the disk. So a record that is
 * told by a place that is right now, or was right when it was read, is told well. A rename has an
 * order, and is told as a `Move` only where the directory was known to be where the record says that
 * it came from, and all below it was told. In any doubt both its names are told, and all that is
 * in it.
 *
 * It reads no descriptor and waits for nothing: the source hands it records, time and leisure.
 */
import { FanMask } from "../../kernel/fanotify-decode.js";
import type { FileHandle } from "../../kernel/fanotify-decode.js";
import { Kind } from "../../model/change.js";
import type { Kinds } from "../../model/change.js";
import { isBelow, ROOT } from "../../model/path.js";
import type { RelativePath } from "../../model/path.js";
import type { CountedEvents } from "../counted-events.js";
import { ALL_EVENTS } from "../counted-events.js";
import { Creations } from "../creations.js";
import { FileEvents } from "../file-events.js";
import { NO_NODE } from "../node-table.js";
import type { NodeId } from "../node-table.js";
import { keepsAlike } from "../place-rules.js";
import type { KeepsAlike } from "../place-rules.js";
import { Directories } from "./directories.js";
import type { Displaced } from "./directories.js";
import { Doubts } from "./doubts.js";
import { EarlyMoves } from "./early-moves.js";
import type { FanotifyRecord } from "./records.js";
import { Resolver } from "./resolver.js";
import { Scans } from "./scans.js";
import type { ScansOptions } from "./scans.js";
import { Survey } from "./survey.js";

/** Directories that are remembered, some 250 bytes each. */
const MAX_DIRECTORIES = 262_144;
/** After all were forgotten, renames are told entry by entry for so long; see `#forgetAll`. */
const CAUTION_MS = 1_000;

export interface FanotifyTreeOptions extends ScansOptions {
  readonly root: FileHandle;
  /** Where something is mounted below the root. */
  readonly mounted: () => readonly RelativePath[];
  /** All directories were forgotten: puts the roots of what is mounted in their places. */
  readonly remount: () => void;
  readonly tellsMoves: boolean;
  /** Standard: all. */
  readonly counted?: CountedEvents;
}

export class FanotifyTree {
  readonly directories: Directories;
  readonly resolver: Resolver;
  readonly survey: Survey;
  readonly scans: Scans;
  /** Events were lost, or could not be understood; whoever heals that sets it back. */
  overflowed = false;
  rootInDoubt = false;
  rootEnded = false;
  /** A directory in which something is mounted was renamed. */
  mountsMoved = false;
  readonly #options: FanotifyTreeOptions;
  readonly #counted: CountedEvents;
  readonly #creations: Creations;
  readonly #files: FileEvents;
  readonly #doubts = new Doubts();
  readonly #early = new EarlyMoves();
  readonly #keepsAlike: KeepsAlike;
  /** The disk could not be asked; if nothing explains that by the next reading, events are lost. */
  #isLost = false;
  /** No rename is told as such before this, ms. */
  #movesFrom = -Infinity;
  /** The last directory that was told as moved: what it replaced has been told to be gone. */
  #lastMoved: FileHandle = "";
  // A file's records come in runs: the last place saves finding it again.
  #lastDirectory: FileHandle = "";
  #lastName = "";
  #lastPath: RelativePath | undefined;

  constructor(options: FanotifyTreeOptions) {
    const { filter, root, grounds, outbox, inspect, counted = ALL_EVENTS } = options;
    this.#options = options;
    this.#counted = counted;
    this.directories = new Directories(filter, root);
    this.resolver = new Resolver(this.directories, grounds, {
      displaced: (displaced) => this.#displaced(displaced),
      found: (handle, node) => {
        this.#early.asked();
        // Nobody was told of its coming: a record of it was joined with an earlier one.
        if (this.#doubts.has(handle)) this.#arrived(this.directories.keptPath(node));
      },
    });
    this.survey = new Survey(options);
    this.scans = new Scans(options);
    this.#creations = new Creations({ inspect }, outbox);
    this.#files = new FileEvents(counted, outbox, this.#creations);
    this.#keepsAlike = keepsAlike(filter);
  }

  /** True when `settle` has something to decide, even if no record comes. */
  get isUnsettled(): boolean {
    const isDoubtful = this.#isLost || this.#doubts.size > 0 || this.survey.isUnconfirmed;
    return isDoubtful || this.#creations.isUnsettled;
  }

  /** False for a record that is about nothing in the tree, as far as is known without asking. */
  mayConcern({ mask, directory, target, newDirectory }: FanotifyRecord): boolean {
    if (directory === "") return (mask & FanMask.Q_OVERFLOW) !== 0;
    if (!this.resolver.isForeign(directory) || target === this.#options.root) return true;
    return newDirectory !== "" && !this.resolver.isForeign(newDirectory);
  }

  /** The record is about a directory that is known by now. */
  concerns({ directory, newDirectory }: FanotifyRecord): boolean {
    const { directories } = this;
    return directories.find(directory) !== NO_NODE || directories.find(newDirectory) !== NO_NODE;
  }

  /** Takes the records of one reading. */
  take(records: readonly FanotifyRecord[]): void {
    for (const { mask, target, directory, name } of records) {
      if (isDirectoryRename(mask)) this.resolver.awaitRename(target, directory, name);
    }
    for (const record of records) this.#takeRecord(record);
  }

  /**
   * To be called when a reading is done, with whether it emptied the queue: decides what records
   * alone leave open.
   */
  settle(emptied: boolean, isQueueEmpty: () => boolean): void {
    this.#lastMoved = "";
    this.#early.settle(emptied);
    if (emptied) {
      this.survey.confirm();
      this.#clearDoubts(isQueueEmpty);
      if (this.directories.size > MAX_DIRECTORIES && this.#doubts.size === 0) this.#forgetAll();
    }
    this.#creations.settle(emptied);
    this.#forgetLast();
    // Mostly the root is not in its place, and whoever sees to that compares everything.
    if (this.#isLost) this.overflowed = true;
    this.#isLost = this.resolver.hasFailed || this.#doubts.hasFailed;
    if (this.#isLost) this.rootInDoubt = true;
    this.resolver.hasFailed = false;
    this.#doubts.hasFailed = false;
    this.#options.grounds.rest();
  }

  /** All is to be compared by others: nothing that was believed holds. */
  forgetAll(): void {
    this.#doubts.clear();
    this.#isLost = false;
    this.survey.clear();
    this.#forgetAll();
  }

  /** The root of what is mounted stands in the tree, under a name in a directory. */
  mount(root: FileHandle, parent: FileHandle, name: string): void {
    const node = this.resolver.nodeOf(parent);
    if (node !== NO_NODE) this.directories.put(root, node, name);
  }

  #takeRecord(record: FanotifyRecord): void {
    const { mask, directory, name, target } = record;
    if ((mask & FanMask.Q_OVERFLOW) !== 0) this.overflowed = true;
    const { root } = this.#options;
    if (directory === root && name === ".") this.#takeRoot(mask);
    if (target === root) {
      // Somebody has renamed or deleted it, whatever stands in its place.
      this.rootInDoubt = true;
      if ((mask & FanMask.DELETE) !== 0) this.rootEnded = true;
    } else if ((mask & FanMask.RENAME) !== 0) {
      if ((mask & FanMask.ONDIR) === 0) this.#takeFileRename(record);
      else this.#takeDirectoryRename(record);
    } else if ((mask & FanMask.ONDIR) === 0) {
      const path = this.#filePlace(directory, name);
      if (path !== undefined) this.#files.take(path, mask);
    } else this.#takeDirectory(record);
  }

  #takeRoot(mask: number): void {
    if ((mask & (FanMask.DELETE_SELF | FanMask.MOVE_SELF)) !== 0) this.rootInDoubt = true;
    // A new directory may be given the number of the one that was deleted.
    if ((mask & FanMask.DELETE_SELF) !== 0) this.rootEnded = true;
  }

  #filePlace(directory: FileHandle, name: string): RelativePath | undefined {
    if (directory === this.#lastDirectory && name === this.#lastName) return this.#lastPath;
    const node = this.resolver.nodeOf(directory);
    const path = node === NO_NODE ? undefined : this.directories.keptEntry(node, name, false);
    this.#lastDirectory = directory;
    this.#lastName = name;
    this.#lastPath = path;
    return path;
  }

  #takeFileRename({ directory, name, newDirectory, newName }: FanotifyRecord): void {
    const from = this.#filePlace(directory, name);
    const to = newDirectory === "" ? undefined : this.#filePlace(newDirectory, newName);
    if (from !== undefined) this.#files.take(from, FanMask.MOVED_FROM);
    if (to !== undefined) this.#files.take(to, FanMask.MOVED_TO);
    if (from === undefined || to === undefined || !this.#options.tellsMoves) return;
    this.#options.outbox.moveFile(from, to);
  }

  #takeDirectory({ mask, directory, name, target }: FanotifyRecord): void {
    const node = this.resolver.nodeOf(directory);
    const counted = mask & this.#counted.directories;
    if (name === ".") {
      const path = node === NO_NODE ? undefined : this.directories.keptPath(node);
      if (path !== undefined && (counted & FanMask.ATTRIB) !== 0) this.#tell(path, Kind.Attributes);
      return;
    }
    this.#forgetLast();
    // One name and one target: whatever else the mask says came before the end.
    const isGone = (mask & FanMask.DELETE) !== 0;
    const path = node === NO_NODE ? undefined : this.directories.keptEntry(node, name, true);
    if (isGone) {
      const known = this.directories.find(target);
      if (known !== NO_NODE) this.directories.forget(known);
      if (path !== undefined) this.survey.drop(path);
    } else if (node !== NO_NODE) this.#put(target, node, name);
    if (path === undefined) return;
    if ((counted & FanMask.CREATE) !== 0) this.#tell(path, Kind.Content);
    if ((counted & FanMask.DELETE) !== 0) this.#tell(path, Kind.Gone);
  }

  #takeDirectoryRename({ directory, name, target, newDirectory, newName }: FanotifyRecord): void {
    this.#forgetLast();
    this.resolver.takeRename(target);
    const { directories, resolver } = this;
    resolver.nodeOf(directory);
    const toNode = newDirectory === "" ? NO_NODE : resolver.nodeOf(newDirectory);
    // What was found for one may have taken the other's place.
    const fromNode = directories.find(directory);
    const known = directories.find(target);
    if (fromNode === NO_NODE && toNode === NO_NODE) return;
    const holder = fromNode === NO_NODE ? NO_NODE : directories.at(fromNode, name);
    const from = fromNode === NO_NODE ? undefined : directories.keptEntry(fromNode, name, true);
    const to = toNode === NO_NODE ? undefined : directories.keptEntry(toNode, newName, true);
    const movesMount = (path: RelativePath) => from !== undefined && isBelow(path, from);
    if (this.#options.mounted().some(movesMount)) this.mountsMoved = true;
    const isMove =
      from !== undefined && to !== undefined && known === holder && this.#tellMove(from, to);
    if (!isMove) {
      // It was found where it has come to, or the disk is further still: that was told already.
      const ahead = known === NO_NODE || known === holder ? undefined : directories.keptPath(known);
      if (ahead !== undefined && ahead !== to) this.#left(ahead);
      // Who was moved here before this one left, as in an exchange, has been told to replace it.
      const isOther = holder !== NO_NODE && holder !== known;
      const isReplaced = isOther && this.#lastMoved === directories.handleOf(holder);
      if (from !== undefined && !isReplaced) this.#left(from);
    }
    if (from === undefined) resolver.forgetForeign();
    if (known !== NO_NODE && known !== holder) this.#diskWasAhead();
    if (isMove) this.#early.told(target);
    this.#lastMoved = isMove ? target : "";
    this.#doubts.add(target);
    if (toNode !== NO_NODE) this.#put(target, toNode, newName, isMove);
    else if (known !== NO_NODE) directories.forget(known);
    if (!isMove) this.#arrived(to);
  }

  /** False, with nothing told, unless all below was told, or will be at the new place. */
  #tellMove(from: RelativePath, to: RelativePath): boolean {
    const { tellsMoves, now, outbox } = this.#options;
    if (!tellsMoves || from === to || now() < this.#movesFrom) return false;
    if (this.survey.isDoubtful(from) || this.survey.isDoubtful(to)) return false;
    if (outbox.hasLeft(from) || !this.#keepsAlike(from, to) || !outbox.moveDirectory(from, to))
      return false;
    this.#creations.moved(from, to);
    this.scans.moved(from, to);
    return true;
  }

  /** What was told as renamed since the disk was asked may have been something else. */
  #diskWasAhead(): void {
    for (const handle of this.#early.takeAll()) {
      const known = this.directories.find(handle);
      const path = known === NO_NODE ? undefined : this.directories.keptPath(known);
      if (path === undefined) continue;
      this.#left(path);
      this.#arrived(path);
    }
  }

  #left(path: RelativePath): void {
    this.survey.drop(path);
    if ((this.#counted.directories & FanMask.MOVED_FROM) !== 0) this.#tell(path, Kind.Gone);
  }

  /** A directory has come to a place with who knows what in it. */
  #arrived(path: RelativePath | undefined): void {
    if (path === undefined) return;
    this.#tell(path, Kind.Content);
    this.survey.ask(path);
  }

  #put(target: FileHandle, parent: NodeId, name: string, isMove = false): void {
    if (target === "") return;
    const displaced = this.directories.put(target, parent, name);
    if (displaced === undefined) return;
    if (isMove) this.#doubts.add(displaced.handle);
    else this.#displaced(displaced);
  }

  /** No record has said that it left: it is looked for, and its place compared. */
  #displaced({ handle, path }: Displaced): void {
    this.#diskWasAhead();
    this.#doubts.add(handle);
    if (this.#options.filter?.keeps(path, true) !== false) this.#tell(path, Kind.Gone);
  }

  #clearDoubts(isQueueEmpty: () => boolean): void {
    const believed = (handle: FileHandle) => {
      const known = this.directories.find(handle);
      return known === NO_NODE ? undefined : this.directories.pathOf(known);
    };
    const { grounds } = this.#options;
    for (const { handle, path } of this.#doubts.takeWrong(grounds, believed, isQueueEmpty)) {
      const known = this.directories.find(handle);
      if (known !== NO_NODE) {
        const kept = this.directories.keptPath(known);
        if (kept !== undefined) this.#left(kept);
        this.directories.forget(known);
      }
      this.resolver.forgetForeign();
      if (path === undefined) continue;
      const node = this.resolver.nodeOf(handle);
      if (node !== NO_NODE) this.#arrived(this.directories.keptPath(node));
    }
  }

  /**
   * A directory that was found ahead of its rename's record would not show as such any more: until
   * that must have come, no rename is told as one.
   */
  #forgetAll(): void {
    this.#movesFrom = this.#options.now() + CAUTION_MS;
    this.directories.clear();
    this.resolver.forgetForeign();
    this.#forgetLast();
    this.#options.remount();
  }

  #forgetLast(): void {
    this.#lastDirectory = "";
  }

  #tell(path: RelativePath, kinds: Kinds): void {
    if (path === ROOT && (kinds & Kind.Attributes) === 0) return;
    this.#options.outbox.add(path, kinds | Kind.Directory);
  }
}

export function isDirectoryRename(mask: number): boolean {
  const both = FanMask.RENAME | FanMask.ONDIR;
  return (mask & both) === both;
}

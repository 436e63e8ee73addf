/**
 * Looking at directories: reads the list of what is there, tells what is new, enters what is a
 * directory, and lets go of what is no longer named. What the kernel does not report is compared
 * with how it was last seen.
 */
import type { EntryType } from "../kernel/list-directory.js";
import { Errno } from "../kernel/libc.js";
import { Kind } from "../model/change.js";
import { joinPath } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import { GONE_ERRORS } from "./enter.js";
import type { Entrance, EntranceOptions } from "./enter.js";
import { Flag, Look, LOOK_NEW } from "./looks.js";
import { NO_NODE, ROOT_NODE, UNWATCHED } from "./node-table.js";
import type { NodeId } from "./node-table.js";
import { fingerprint, isDirectoryPrint } from "./scan.js";
import type { Snapshot } from "./scan.js";

/** One directory being looked at. */
interface Sight {
  readonly node: NodeId;
  readonly path: RelativePath;
  readonly how: number;
  /** What a scanned directory held before, and holds now. */
  readonly before: Snapshot | undefined;
  readonly after: Snapshot | undefined;
}

export class Survey {
  /** Changes that scans have found so far. */
  differences = 0;
  readonly #entrance: Entrance;
  readonly #options: EntranceOptions;

  constructor(entrance: Entrance, options: EntranceOptions) {
    this.#entrance = entrance;
    this.#options = options;
  }

  /** Looks at directories until none is left or `until` (ms) has passed. */
  work(until: number): void {
    // Between the two halves of a rename nothing may be looked at.
    if (this.#entrance.departures.size > 0) return;
    let look;
    while ((look = this.#entrance.looks.take()) !== undefined) {
      this.#lookAt(look.node, look.how);
      if (this.#options.now() >= until) return;
    }
  }

  /** Looks again where the disk was ahead of the events. To be called when no event is waiting. */
  startRechecks(now: number): void {
    const { rechecks, table, looks } = this.#entrance;
    for (const node of rechecks.takeDue(now)) {
      if (table.exists(node)) looks.ask(node, Look.TELL_NEW);
    }
  }

  /** Starts one pass over everything that is scanned; what can be watched by now is. */
  startScan(): void {
    const { table, scans, looks } = this.#entrance;
    for (const node of scans.nodes()) {
      if (table.watchOf(node) === UNWATCHED) this.#retry(node);
      looks.ask(node, Look.TELL_NEW);
    }
  }

  /** Tries to watch a directory again; one in a scanned directory is tried when that is listed. */
  #retry(node: NodeId): void {
    const { table } = this.#entrance;
    const parent = table.parentOf(node);
    if (node === ROOT_NODE) this.#entrance.retryRoot();
    else if ((table.flagsOf(parent) & Flag.SCANNED) === 0) {
      this.#entrance.enter(parent, table.nameOf(node), LOOK_NEW);
    }
  }

  #lookAt(node: NodeId, how: number): void {
    const { table, scans, rechecks } = this.#entrance;
    const path = table.pathOf(node);
    // A detached directory has no path; should it return, it is entered anew.
    if (path === undefined) {
      table.addFlags(node, Flag.UNCERTAIN);
      return;
    }
    const isScanned = (table.flagsOf(node) & Flag.SCANNED) !== 0;
    const sight: Sight = {
      node,
      path,
      how,
      before: scans.snapshotOf(node),
      after: isScanned ? new Map() : undefined,
    };
    const doubts = rechecks.size;
    const error = this.#list(sight);
    if (error !== 0) {
      this.#notListed(sight, error);
      return;
    }
    for (const child of table.childrenOf(node)) {
      if ((table.flagsOf(child) & Flag.SEEN) === 0) this.#entrance.leave(child);
      else table.dropFlags(child, Flag.SEEN);
    }
    this.#finishScan(sight);
    if ((how & (Look.TELL_ENTRIES | Look.DEEP)) !== 0) table.dropFlags(node, Flag.UNCERTAIN);
    if (rechecks.size === doubts) rechecks.satisfied(node);
  }

  #list(sight: Sight): number {
    const { calls, filter } = this.#options;
    const files = sight.after !== undefined || (sight.how & Look.TELL_ENTRIES) !== 0;
    this.#entrance.listed = sight.node;
    const error = calls.list(sight.path, files, (name, type) => {
      const path = joinPath(sight.path, name);
      if (filter?.keepsEntry(path, type === "directory") === false) return;
      this.#seeEntry(sight, name, path, type);
    });
    this.#entrance.listed = NO_NODE;
    return error;
  }

  #seeEntry(sight: Sight, name: string, path: RelativePath, type: EntryType): void {
    const isDirectory = type === "directory";
    if ((sight.how & Look.TELL_ENTRIES) !== 0) this.#tell(path, Kind.Content, isDirectory);
    this.#compare(sight, name, path, isDirectory);
    if (!isDirectory) return;
    // What a scan finds is new to everybody, however the directory is looked at.
    const tellsNew = (sight.how & Look.TELL_NEW) !== 0 || sight.before !== undefined;
    const how = (sight.how & Look.DEEP) | (tellsNew ? LOOK_NEW : 0);
    this.#entrance.enterAt({ parent: sight.node, name, path }, how);
  }

  #compare(sight: Sight, name: string, path: RelativePath, isDirectory: boolean): void {
    const { before, after } = sight;
    if (after === undefined) return;
    const status = this.#options.calls.inspect(path);
    if (status === undefined) return;
    const print = fingerprint(status);
    after.set(name, print);
    const last = before?.get(name);
    if (before === undefined || last === print) return;
    this.differences++;
    const wasDirectory = last !== undefined && isDirectoryPrint(last);
    this.#tell(path, isDirectory && wasDirectory ? Kind.Attributes : Kind.Content, isDirectory);
  }

  /** The list was read to its end: what a scanned directory held before and holds no more is gone. */
  #finishScan({ node, path, before, after }: Sight): void {
    if (after === undefined) return;
    for (const [name, print] of before ?? []) {
      if (after.has(name)) continue;
      this.differences++;
      this.#tell(joinPath(path, name), Kind.Gone, isDirectoryPrint(print));
    }
    const { table, scans } = this.#entrance;
    const isUnheard = (table.flagsOf(node) & Flag.UNHEARD) !== 0;
    if (table.watchOf(node) === UNWATCHED || isUnheard) scans.keep(node, after);
    else {
      // Watched by now, and this look came after the watch: events tell the rest.
      table.dropFlags(node, Flag.SCANNED);
      scans.remove(node);
    }
  }

  #notListed({ node, how }: Sight, error: number): void {
    const { table } = this.#entrance;
    table.addFlags(node, Flag.UNCERTAIN);
    for (const child of table.childrenOf(node)) table.dropFlags(child, Flag.SEEN);
    if (GONE_ERRORS.has(error)) {
      if (node === ROOT_NODE) this.#entrance.rootInDoubt = true;
      else this.#entrance.recheck(table.parentOf(node), table.nameOf(node));
    } else if (error !== Errno.EACCES && error !== Errno.EPERM) {
      // EMFILE, ENOMEM, EIO: it is looked at again as thoroughly, and then everything is told, for
      // nobody else may be comparing by that time.
      table.addFlags(node, how | LOOK_NEW);
      this.#entrance.recheck(node, undefined);
    }
  }

  #tell(path: RelativePath, kinds: number, isDirectory: boolean): void {
    this.#options.outbox.add(path, isDirectory ? kinds | Kind.Directory : kinds);
  }
}

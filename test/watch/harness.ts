/**
 * A watched tree without a thread: the test decides when the queue is read, how much of it, and
 * what happens on the disk between two system calls. Races become sequences.
 */
import { listDirectory } from "../../src/kernel/list-directory.js";
import { decodeInotify } from "../../src/kernel/inotify-decode.js";
import { openInotify, readEvents } from "../../src/kernel/inotify.js";
import { libc } from "../../src/kernel/libc.js";
import type { Filter } from "../../src/filter/filter.js";
import { bytesBelow } from "../../src/model/path.js";
import type { RelativePath } from "../../src/model/path.js";
import { kernelCalls } from "../../src/watch/calls.js";
import type { TreeCalls } from "../../src/watch/calls.js";
import { LIMBO_MS } from "../../src/watch/limbo.js";
import { Outbox } from "../../src/watch/outbox.js";
import { WatchedTree } from "../../src/watch/tree.js";
import { Mirror } from "../support/mirror.js";

export interface HarnessOptions {
  readonly filter?: Filter;
  /**
   * What becomes of renames: told and carried out; told, and the new place compared; told, and
   * nothing; not told.
   */
  readonly moves?: "honoured" | "ignored" | "missed" | "untold";
  readonly unheardMount?: (path: RelativePath) => boolean | undefined;
  /** Puts other calls in the place of the kernel's: a limit, or another order. */
  readonly wrap?: (calls: TreeCalls) => TreeCalls;
}

export class Harness implements Disposable {
  readonly mirror: Mirror;
  readonly tree: WatchedTree;
  /** Called before every system call the tree makes. */
  between: () => void = () => undefined;
  readonly #root: string;
  readonly #inotify = openInotify();
  readonly #outbox = new Outbox();
  #now = 1;

  constructor(root: string, options: HarnessOptions = {}) {
    this.#root = root;
    const kernel = this.#interleaved(kernelCalls(this.#inotify, root));
    const calls = options.wrap?.(kernel) ?? kernel;
    this.tree = new WatchedTree({
      calls,
      filter: options.filter,
      outbox: this.#outbox,
      tellsMoves: options.moves !== "untold",
      now: () => this.#now,
      ...(options.unheardMount === undefined ? {} : { unheardMount: options.unheardMount }),
    });
    this.mirror = new Mirror(root);
    const { moves } = options;
    if (moves === "ignored" || moves === "missed") {
      this.mirror.honoursMoves = false;
      this.mirror.comparesMoved = moves === "ignored";
    }
  }

  /** Watches the tree as it stands, until nothing is queued; what is there is known to the mirror. */
  start(): void {
    this.tree.entrance.enterRoot();
    this.tree.survey.work(Infinity);
    this.settle();
    this.mirror.copyAll();
  }

  /** Reads at most so many bytes of events and does a part of the work they make. */
  read(bytes = 65536): number {
    const buffer = Buffer.alloc(Math.max(272, bytes));
    const length = readEvents(this.#inotify, buffer);
    decodeInotify(buffer, length, (watch, mask, cookie, name) =>
      this.tree.take(0, watch, mask, cookie, name),
    );
    this.tree.settle(length + 272 <= buffer.length);
    return length;
  }

  /** Looks at one directory of those that wait for it. */
  step(): void {
    this.tree.survey.work(0);
  }

  /** Loses all that is queued, and says nothing. */
  lose(): void {
    const buffer = Buffer.alloc(65536);
    while (readEvents(this.#inotify, buffer) > 0);
  }

  /** Loses all that is queued, as a full queue does. */
  overflow(): void {
    this.lose();
    this.tree.lookAtAll();
    const { entrance } = this.tree;
    this.tree.survey.work(Infinity);
    // As the reader does it: a gap is told when the queue is empty, too. The copy is at one go.
    const { between } = this;
    this.between = () => undefined;
    while (this.read() > 0 || !entrance.looks.isEmpty) this.tree.survey.work(Infinity);
    this.between = between;
    this.deliver();
    this.mirror.compareAll();
  }

  /** Reads and works until nothing is left, doubts and directories in limbo included. */
  settle(): void {
    for (let round = 0; round < 200; round++) {
      const { entrance } = this.tree;
      while (this.read() > 0 || this.tree.isUnsettled || !entrance.looks.isEmpty)
        this.tree.survey.work(Infinity);
      if (entrance.rechecks.size === 0 && entrance.limbo.size === 0) break;
      this.#now += 2 * LIMBO_MS;
      this.tree.survey.startRechecks(Infinity);
      entrance.clearLimbo(this.#now);
    }
    this.deliver();
    // What happened between the tree's own calls may not be told yet.
    if (this.read() === 0) this.mirror.barrier();
    else this.settle();
  }

  /** Hands over what is told, `limit` paths at a time. */
  deliver(limit = Infinity): void {
    let changes;
    while ((changes = this.#outbox.take(limit, 0)) !== undefined) this.mirror.changes(changes);
  }

  /** One scan of what is not watched. */
  scan(): void {
    this.tree.survey.startScan();
    this.settle();
  }

  /** Directories on disk whose watch is missing or another's, and nodes that stand for nothing. */
  wrongWatches(): string[] {
    const { table } = this.tree.entrance;
    const calls = kernelCalls(this.#inotify, this.#root);
    const wrong: string[] = [];
    let count = 0;
    const visit = (path: RelativePath) => {
      count++;
      const node = table.byWatch(calls.addWatch(path));
      if (table.pathOf(node) !== path) wrong.push(path === "" ? "." : path);
      const below: RelativePath[] = [];
      const bytes = Buffer.concat([bytesBelow(this.#root, path), Buffer.alloc(1)]);
      listDirectory(bytes, { files: false }, (name) =>
        below.push((path === "" ? name : `${path}/${name}`) as RelativePath),
      );
      below.forEach(visit);
    };
    visit("" as RelativePath);
    if (table.size !== count) wrong.push(`${table.size} nodes for ${count} directories`);
    return wrong;
  }

  [Symbol.dispose](): void {
    libc.close(this.#inotify);
  }

  #interleaved(calls: TreeCalls): TreeCalls {
    return {
      addWatch: (path) => {
        this.between();
        return calls.addWatch(path);
      },
      removeWatch: (watch) => {
        this.between();
        calls.removeWatch(watch);
      },
      list: (path, files, visit) => {
        this.between();
        const result = calls.list(path, files, visit);
        this.between();
        return result;
      },
      inspect: (path) => {
        this.between();
        return calls.inspect(path);
      },
    };
  }
}

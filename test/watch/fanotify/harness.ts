/**
 * A tree under fanotify without a thread, as `../harness.ts` has one under inotify: the test decides
 * when the queue is read, how much of it, and what happens on the disk between two looks at it.
 */
import { lstatSync } from "node:fs";
import type { Filter } from "../../../src/filter/filter.js";
import { decodeFanotify, LONGEST_RECORD_BYTES } from "../../../src/kernel/fanotify-decode.js";
import { openFanotify, readFanotify } from "../../../src/kernel/fanotify.js";
import { queuedBytes } from "../../../src/kernel/inotify.js";
import { libc } from "../../../src/kernel/libc.js";
import { bytesBelow, ROOT } from "../../../src/model/path.js";
import type { RelativePath } from "../../../src/model/path.js";
import { Grounds } from "../../../src/watch/fanotify/grounds.js";
import type { TreeGrounds } from "../../../src/watch/fanotify/grounds.js";
import type { FanotifyRecord } from "../../../src/watch/fanotify/records.js";
import { FanotifyTree } from "../../../src/watch/fanotify/tree.js";
import { Outbox } from "../../../src/watch/outbox.js";
import { NO_NODE } from "../../../src/watch/node-table.js";
import { Mirror, walk } from "../../support/mirror.js";

export interface FanotifyHarnessOptions {
  readonly filter?: Filter | undefined;
  /** As in `../harness.ts`. */
  readonly moves?: "honoured" | "ignored" | "missed" | "untold" | undefined;
  /** Changes what the tree is made with, or what it is told by the disk. */
  readonly wrap?: (grounds: TreeGrounds) => TreeGrounds;
}

export class FanotifyHarness implements Disposable {
  readonly mirror: Mirror;
  readonly tree: FanotifyTree;
  /** Called before every look of the tree at the disk. */
  between: () => void = () => undefined;
  readonly #group = openFanotify();
  readonly #grounds: Grounds;
  readonly #outbox = new Outbox();
  readonly #root: string;
  #now = 1;

  constructor(root: string, { filter, moves, wrap }: FanotifyHarnessOptions = {}) {
    this.#root = root;
    this.#grounds = new Grounds(this.#group, root);
    const ground = this.#grounds.add(ROOT);
    if ("refusal" in ground) throw new Error(ground.refusal);
    const interleaved = this.#interleaved(this.#grounds);
    this.tree = new FanotifyTree({
      root: ground.root,
      grounds: wrap?.(interleaved) ?? interleaved,
      filter,
      outbox: this.#outbox,
      tellsMoves: moves !== "untold",
      now: () => this.#now,
      inspect: (path) => {
        this.between();
        return inspect(root, path);
      },
      scanIntervalMs: 1000,
      mounted: () => [],
      remount: () => undefined,
    });
    this.mirror = new Mirror(root);
    if (moves === "ignored" || moves === "missed") {
      this.mirror.honoursMoves = false;
      this.mirror.comparesMoved = moves === "ignored";
    }
  }

  /** What is there by now is known to the mirror. */
  start(): void {
    this.mirror.copyAll();
  }

  /** Reads at most so many bytes of records, of which one always fits; answers how many were read. */
  read(bytes = 65536): number {
    const buffer = Buffer.from(new ArrayBuffer(Math.max(LONGEST_RECORD_BYTES, bytes)));
    const length = readFanotify(this.#group, buffer);
    const records: FanotifyRecord[] = [];
    decodeFanotify(buffer, length, (mask, directory, name, target, newDirectory, newName) => {
      const record = { mask, directory, name, target, newDirectory, newName };
      if (this.tree.mayConcern(record)) records.push(record);
    });
    this.tree.take(records);
    this.tree.settle(length + LONGEST_RECORD_BYTES <= buffer.length, () => this.#isQueueEmpty());
    if (this.tree.overflowed) throw new Error("The tree has lost its way");
    return length;
  }

  /** Looks at one directory of those that wait for it. */
  step(): void {
    this.tree.survey.work(0);
  }

  /** Loses all that is queued, as a full queue does. */
  overflow(): void {
    const buffer = Buffer.alloc(65536);
    while (readFanotify(this.#group, buffer) > 0);
    this.tree.forgetAll();
    const { between } = this;
    this.between = () => undefined;
    while (this.read() > 0 || this.tree.survey.hasWork) this.tree.survey.work(Infinity);
    this.between = between;
    this.deliver();
    this.mirror.compareAll();
  }

  /** Reads and works until nothing is left, doubts included. */
  settle(): void {
    for (let round = 0; round < 200; round++) {
      const length = this.read();
      this.tree.survey.work(Infinity);
      if (length === 0 && !this.tree.isUnsettled && !this.tree.survey.hasWork) break;
    }
    this.#now += 2_000;
    this.deliver();
    // What happened between the tree's own looks may not be told yet.
    if (this.read() === 0) this.mirror.barrier();
    else this.settle();
  }

  /** Hands over what is told, `limit` paths at a time. */
  deliver(limit = Infinity): void {
    let changes;
    while ((changes = this.#outbox.take(limit, 0)) !== undefined) this.mirror.changes(changes);
  }

  /** Directories that are known by another place than they have on disk. */
  wrongWatches(): string[] {
    const { directories } = this.tree;
    const wrong: string[] = [];
    for (const [path] of [[ROOT], ...walk(this.#root)] as const) {
      const node = directories.find(this.#grounds.handleAt(path) ?? "");
      if (node !== NO_NODE && directories.pathOf(node) !== path) wrong.push(path);
    }
    return wrong;
  }

  [Symbol.dispose](): void {
    this.#grounds.end();
    libc.close(this.#group);
  }

  #isQueueEmpty(): boolean {
    return queuedBytes(this.#group) === 0;
  }

  #interleaved(grounds: TreeGrounds): TreeGrounds {
    return {
      isForeign: (handle) => grounds.isForeign(handle),
      locate: (handle) => {
        this.between();
        return grounds.locate(handle);
      },
      list: (path, visit) => {
        this.between();
        const result = grounds.list(path, visit);
        this.between();
        return result;
      },
      rest: () => grounds.rest(),
    };
  }
}

function inspect(root: string, path: RelativePath) {
  try {
    return lstatSync(bytesBelow(root, path), { bigint: true });
  } catch {
    return undefined; // or what was a directory above it is none any more
  }
}

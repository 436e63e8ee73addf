/**
 * A tree under fanotify: hears the file systems it lies on, reads the queue, and looks into what has
 * come into the tree. However large the tree, it starts at once.
 */
import type { BigIntStats } from "node:fs";
import { METADATA_BYTES } from "../../kernel/fanotify-decode.js";
import type { FileHandle } from "../../kernel/fanotify-decode.js";
import { queuedBytes } from "../../kernel/inotify.js";
import { Errno } from "../../kernel/libc.js";
import type { Filter } from "../../filter/filter.js";
import type { Coverage } from "../../model/change.js";
import { baseName, displayPath, parentOf, ROOT } from "../../model/path.js";
import type { RelativePath } from "../../model/path.js";
import type { CountedEvents } from "../counted-events.js";
import { NO_NODE } from "../node-table.js";
import type { Outbox } from "../outbox.js";
import type { Reading, TreeSource } from "../source.js";
import { Grounds } from "./grounds.js";
import { readRecords, RecordRing } from "./records.js";
import { FanotifyTree } from "./tree.js";

/**
 * The kernel's queue has no limit of its own, and is paid for by the memory of this process's group.
 * More than this is taken for lost, as with inotify: some 200 MB.
 */
const MAX_QUEUED_BYTES = 1_000_000 * METADATA_BYTES;

export interface FanotifySourceOptions {
  /** Of a group as `openFanotify` makes it. */
  readonly descriptor: number;
  /** Absolute, latin1. */
  readonly root: string;
  readonly filter: Filter | undefined;
  readonly outbox: Outbox;
  /** A renamed directory is told as that, not with everything in it. */
  readonly tellsMoves: boolean;
  /** Standard: all. */
  readonly counted?: CountedEvents;
  /** ms; only differences matter. */
  readonly now: () => number;
  readonly inspect: (path: RelativePath) => BigIntStats | undefined;
  /** Places below the root where something is mounted, and what keeps it from being heard. */
  readonly mounts: () => readonly MountPlace[];
  /** The shortest pause between scans of what changes unheard. */
  readonly scanIntervalMs: number;
  readonly maxQueuedBytes?: number;
}

export interface MountPlace {
  readonly path: RelativePath;
  readonly refusal: string | undefined;
}

export class FanotifySource implements TreeSource {
  readonly descriptor: number;
  rootInDoubt = false;
  overflowed = false;
  readonly isLimited = false;
  readonly #options: FanotifySourceOptions;
  readonly #grounds: Grounds;
  readonly #ring = new RecordRing();
  #tree: FanotifyTree | undefined;
  #unfit: string | undefined;

  constructor(options: FanotifySourceOptions) {
    this.descriptor = options.descriptor;
    this.#options = options;
    this.#grounds = new Grounds(options.descriptor, options.root);
  }

  /** Directories are not counted: `watched` counts the file systems that are heard. */
  get coverage(): Coverage {
    const unwatched = this.#tree?.scans.size ?? 0;
    return { watched: this.#grounds.size, unwatched, whole: true };
  }

  get rootEnded(): boolean {
    return this.#tree?.rootEnded ?? false;
  }

  get unfit(): string | undefined {
    return this.#unfit;
  }

  /** With an answer that is not 0, `unfit` says why. */
  begin(): number {
    const ground = this.#grounds.add(ROOT);
    if ("refusal" in ground) return this.#refuse(ground.refusal);
    const { inspect, ...options } = this.#options;
    this.#tree = new FanotifyTree({
      ...options,
      inspect,
      grounds: this.#grounds,
      root: ground.root,
      mounted: () => this.#grounds.mounted().map(({ place }) => place),
      remount: () => this.#remount(),
    });
    for (const mount of this.#options.mounts()) this.#addMount(mount);
    return this.#unfit === undefined ? 0 : this.#refuse(this.#unfit);
  }

  get isUnsettled(): boolean {
    return this.#tree?.isUnsettled ?? false;
  }

  read(): Reading {
    const tree = this.#tree;
    const { maxQueuedBytes = MAX_QUEUED_BYTES } = this.#options;
    if (tree === undefined || this.queuedBytes() > maxQueuedBytes) return this.#discard();
    const { records, emptied, bytes } = readRecords(this.descriptor, (record) =>
      tree.mayConcern(record),
    );
    tree.take(records);
    this.#ring.push(
      this.#options.now(),
      records.filter((record) => tree.concerns(record)),
    );
    tree.settle(emptied, () => this.queuedBytes() === 0);
    this.overflowed ||= tree.overflowed;
    this.rootInDoubt ||= tree.rootInDoubt;
    tree.overflowed = false;
    tree.rootInDoubt = false;
    const isWhole = this.#grounds
      .mounted()
      .every(({ root }) => tree.directories.find(root) !== NO_NODE);
    if (tree.mountsMoved || !isWhole) {
      this.#unfit = "a directory in which a file system is mounted was renamed";
    }
    return { emptied, bytes };
  }

  queuedBytes(): number {
    return queuedBytes(this.descriptor);
  }

  get hasWork(): boolean {
    return this.#tree !== undefined && (this.#tree.survey.hasWork || this.#tree.scans.hasWork);
  }

  work(until: number): void {
    if (this.#tree === undefined) return;
    const { survey, scans } = this.#tree;
    if (survey.hasWork) survey.work(until);
    if (!survey.hasWork && scans.hasWork) scans.work(until);
  }

  get nextDue(): number {
    return this.#tree?.scans.nextDue ?? Infinity;
  }

  atLeisure(now: number): void {
    if (this.#tree !== undefined && now >= this.#tree.scans.nextDue) this.#tree.scans.start();
  }

  hurry(_now: number, scan: boolean): boolean {
    if (this.#tree === undefined || !scan || this.#tree.scans.size === 0) return false;
    this.#tree.scans.start();
    return true;
  }

  lookAtAll(): void {
    this.#tree?.forgetAll();
  }

  lookAtMount(path: RelativePath): void {
    this.#grounds.remove(path);
    this.#tree?.forgetAll();
    const mount = this.#options.mounts().find((each) => each.path === path);
    if (mount !== undefined) this.#addMount(mount);
  }

  /** Only single directories: a file system that others may write to is not heard by fanotify. */
  scanAlways(path: RelativePath, below: boolean): boolean {
    if (this.#tree === undefined || below || !this.#isDirectory(path)) return false;
    return this.#tree.scans.add(path);
  }

  recent(): string[] {
    const { directories } = this.#tree ?? {};
    return this.#ring.lines((handle) => {
      const node = directories?.find(handle) ?? NO_NODE;
      return node === NO_NODE ? undefined : directories?.pathOf(node);
    });
  }

  end(): void {
    this.#grounds.end();
    // What is left would wake a reader that does not read it.
    while (!readRecords(this.descriptor, () => false).emptied);
    this.#tree = undefined;
  }

  #refuse(reason: string): number {
    this.end();
    this.#unfit = reason;
    return Errno.EOPNOTSUPP;
  }

  #addMount({ path, refusal }: MountPlace): void {
    // A single file may be mounted too: there is no directory to hear.
    if (!this.#isDirectory(path)) return;
    const ground = refusal === undefined ? this.#grounds.add(path) : { refusal };
    if ("refusal" in ground) {
      this.#unfit = `${displayPath(path)}, which is mounted in it, cannot be heard: ${ground.refusal}`;
    } else this.#putMount(path, ground.root);
  }

  #remount(): void {
    for (const { place, root } of this.#grounds.mounted()) this.#putMount(place, root);
  }

  #putMount(path: RelativePath, root: FileHandle): void {
    const parent = this.#grounds.handleAt(parentOf(path));
    if (parent !== undefined) this.#tree?.mount(root, parent, baseName(path));
  }

  #isDirectory(path: RelativePath): boolean {
    return this.#options.inspect(path)?.isDirectory() === true;
  }

  /** Reads all there is and takes none of it. */
  #discard(): Reading {
    const { emptied, bytes } = readRecords(this.descriptor, () => false);
    if (this.#tree !== undefined) this.overflowed = true;
    return { emptied, bytes };
  }
}

/** A tree under inotify: reads the queue, and does at leisure what the tree leaves for later. */
import { decodeInotify } from "../kernel/inotify-decode.js";
import { queuedBytes, readEvents } from "../kernel/inotify.js";
import type { Coverage } from "../model/change.js";
import type { RelativePath } from "../model/path.js";
import { ScanPace } from "./scan.js";
import type { Reading, TreeSource } from "./source.js";
import type { EntranceOptions } from "./enter.js";
import { WatchedTree } from "./tree.js";

const BUFFER_BYTES = 256 * 1024;
/** More than a full queue of 16,384 short names; what is left waits for the next turn. */
const READ_LIMIT_BYTES = 1024 * 1024;
/** The longest record: a header and a name of 255 bytes, padded. */
const LONGEST_RECORD = 272;

const buffer = Buffer.from(new ArrayBuffer(BUFFER_BYTES));

export interface InotifySourceOptions extends EntranceOptions {
  readonly descriptor: number;
  /** The shortest pause between scans of what cannot be watched. */
  readonly scanIntervalMs: number;
}

export class InotifySource implements TreeSource {
  readonly descriptor: number;
  readonly unfit = undefined;
  readonly #tree: WatchedTree;
  readonly #now: () => number;
  readonly #scanIntervalMs: number;
  readonly #scanPace: ScanPace;
  #scanDue = Infinity;
  /** The last whole scan met the limit, or none has been made since it was met. */
  #wasLimited = false;
  /** While a scan is under way: what it has cost, and how many differences there were before. */
  #scan: { tookMs: number; readonly differences: number } | undefined;

  constructor(options: InotifySourceOptions) {
    this.descriptor = options.descriptor;
    this.#tree = new WatchedTree(options);
    this.#now = options.now;
    this.#scanIntervalMs = options.scanIntervalMs;
    this.#scanPace = new ScanPace(options.scanIntervalMs);
  }

  get coverage(): Coverage {
    return this.#tree.entrance.coverage;
  }

  get overflowed(): boolean {
    return this.#tree.overflowed;
  }

  set overflowed(value: boolean) {
    this.#tree.overflowed = value;
  }

  get rootInDoubt(): boolean {
    return this.#tree.entrance.rootInDoubt;
  }

  set rootInDoubt(value: boolean) {
    this.#tree.entrance.rootInDoubt = value;
  }

  get rootEnded(): boolean {
    return this.#tree.entrance.rootEnded;
  }

  get isLimited(): boolean {
    return this.#wasLimited || this.#tree.entrance.limitReached;
  }

  begin(): number {
    return this.#tree.entrance.enterRoot();
  }

  get isUnsettled(): boolean {
    return this.#tree.isUnsettled;
  }

  read(now: number): Reading {
    let bytes = 0;
    let emptied = false;
    while (!emptied && bytes < READ_LIMIT_BYTES) {
      const length = readEvents(this.descriptor, buffer);
      decodeInotify(buffer, length, (watch, mask, cookie, name) =>
        this.#tree.take(now, watch, mask, cookie, name),
      );
      bytes += length;
      // The kernel stops at the first record that does not fit, or when there is none.
      emptied = length + LONGEST_RECORD <= BUFFER_BYTES;
    }
    this.#tree.settle(emptied);
    return { bytes, emptied };
  }

  queuedBytes(): number {
    return queuedBytes(this.descriptor);
  }

  get hasWork(): boolean {
    return !this.#tree.entrance.looks.isEmpty;
  }

  work(until: number): void {
    const from = this.#now();
    this.#tree.survey.work(until);
    if (this.#scan !== undefined) this.#scan.tookMs += this.#now() - from;
  }

  get nextDue(): number {
    const { limbo, rechecks } = this.#tree.entrance;
    return Math.min(limbo.nextDue, rechecks.nextDue, this.#scanDue);
  }

  atLeisure(now: number): void {
    const { entrance, survey } = this.#tree;
    if (now >= entrance.limbo.nextDue) entrance.clearLimbo(now);
    if (entrance.rechecks.size > 0) survey.startRechecks(now);
    this.#finishScan(now);
    if (entrance.scans.size === 0) {
      this.#scanDue = Infinity;
      this.#wasLimited = false;
      entrance.limitReached = false;
    } else if (this.#scanDue === Infinity) this.#scanDue = now + this.#scanIntervalMs;
    if (now >= this.#scanDue) this.#startScan();
  }

  hurry(now: number, scan: boolean): boolean {
    const { entrance, survey } = this.#tree;
    const scans = scan && entrance.scans.size > 0;
    if (entrance.rechecks.size === 0 && !scans) return false;
    survey.startRechecks(Infinity);
    this.#finishScan(now);
    if (scans) this.#startScan();
    return true;
  }

  lookAtAll(): void {
    this.#tree.lookAtAll();
  }

  lookAtMount(path: RelativePath): void {
    this.#tree.lookAtMount(path);
  }

  scanAlways(path: RelativePath, below: boolean, borders: ReadonlySet<RelativePath>): boolean {
    if (!this.#tree.scanAlways(path, below, borders)) return false;
    if (this.#scan === undefined) this.#startScan();
    else this.#tree.survey.startScan();
    return true;
  }

  recent(): string[] {
    return this.#tree.recent();
  }

  end(): void {
    this.#tree.entrance.removeWatches();
    // What is left would wake a reader that does not read it.
    while (readEvents(this.descriptor, buffer) > 0);
  }

  #startScan(): void {
    this.#wasLimited = this.isLimited;
    this.#tree.entrance.limitReached = false;
    this.#scan = { tookMs: 0, differences: this.#tree.survey.differences };
    this.#scanDue = Infinity;
    this.#tree.survey.startScan();
  }

  #finishScan(now: number): void {
    if (this.#scan === undefined) return;
    const hasFound = this.#tree.survey.differences > this.#scan.differences;
    this.#scanDue = now + this.#scanPace.pauseAfter(this.#scan.tookMs, hasFound);
    this.#scan = undefined;
    this.#wasLimited = this.#tree.entrance.limitReached;
  }
}

/**
 * Compares the disk with the index, one scan at a time: at the start, and wherever events were lost.
 * What it finds goes the way of every change. Until the index is filled for the first time, and where
 * none is kept, there is nothing to compare with, and the replicas have to be asked instead.
 */
import type { Journal, ScanProgress } from "../journal/journal.js";
import type { Changes } from "../model/change.js";
import type { Clock } from "../model/clock.js";
import type { FactListener } from "../model/fact.js";
import { type RelativePath, ROOT, isBelow } from "../model/path.js";

export interface ReconcilerHooks {
  /** Where to read; undefined while the root is lost. */
  root(): string | undefined;
  /** True while a replica relies on the index. */
  reliedOn(): boolean;
  /** Takes a batch of differences; resolves when there is room for another. */
  found(changes: Changes): Promise<void>;
  /** No scan is under way any more. */
  rested(): void;
  /** The index holds the whole tree, and can be relied on. */
  filled(): void;
}

/** Scans that wait; above this many, one of everything costs less. */
const MOST_WAITING = 50;

/** After a scan of everything, the next one waits this many times as long as it took. */
const REST_FACTOR = 2;

const RETRY_MS = 5_000;

type Reason = "start" | "first" | "gap";

export class Reconciler {
  readonly #source: string;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #facts: FactListener;
  readonly #hooks: ReconcilerHooks;
  readonly #waiting = new Map<RelativePath, Reason>();
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #stop = new AbortController();
  #isFilled = false;
  progress: ScanProgress = { seen: 0, expected: 0 };
  /** Entries in the tree, as of the last scan of all of it. */
  total = 0;

  constructor(
    source: string,
    journal: Journal,
    clock: Clock,
    facts: FactListener,
    hooks: ReconcilerHooks,
  ) {
    this.#source = source;
    this.#journal = journal;
    this.#clock = clock;
    this.#facts = facts;
    this.#hooks = hooks;
  }

  get state(): "off" | "building" | "scanning" | "current" {
    if (!this.#journal.hasIndex) return "off";
    if (!this.#isFilled) return this.#hooks.reliedOn() ? "scanning" : "building";
    return this.#running === undefined ? "current" : "scanning";
  }

  /** True when the index holds the whole tree. */
  get isFilled(): boolean {
    return this.#isFilled;
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#running === undefined;
  }

  /** Compares everything, or fills the index where nobody relies on it. */
  start(): void {
    this.#add(ROOT, this.#hooks.reliedOn() ? "start" : "first");
  }

  /** The index was lost: it is filled anew. */
  refill(): void {
    this.#isFilled = false;
    this.#stop.abort();
    this.#add(ROOT, "first");
  }

  /** Events were lost at or below `path`. */
  gap(path: RelativePath): void {
    if (!this.#journal.hasIndex) return;
    // What is being scanned may have been passed already.
    this.#add(path, this.#isFilled ? "gap" : this.#hooks.reliedOn() ? "start" : "first");
  }

  /** Resolves when no scan is under way and none waits. */
  async idle(signal?: AbortSignal): Promise<void> {
    while (!this.isIdle) {
      signal?.throwIfAborted();
      if (this.#running === undefined) await this.#clock.sleep(50, signal);
      else await this.#running;
    }
  }

  /** Breaks off what is under way; it is begun anew by `resume`. */
  suspend(): void {
    this.#stop.abort();
  }

  resume(): void {
    this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("The source is closed"));
    this.#stop.abort();
    await this.#running;
  }

  #add(path: RelativePath, reason: Reason): void {
    if (!this.#journal.hasIndex) return;
    // A part is no substitute for the whole that has not been compared yet.
    const at = this.#isFilled && this.#waiting.size < MOST_WAITING ? path : ROOT;
    for (const other of this.#waiting.keys()) {
      if (other === at || other === ROOT || isBelow(at, other)) return;
      if (at === ROOT || isBelow(other, at)) this.#waiting.delete(other);
    }
    if (at === ROOT) this.#waiting.clear();
    this.#waiting.set(at, reason);
    this.#run();
  }

  #run(): void {
    if (this.#running !== undefined || this.#closing.signal.aborted) return;
    if (this.#waiting.size === 0 || this.#hooks.root() === undefined) return;
    this.#running = this.#scanAll().finally(() => {
      this.#running = undefined;
      this.#hooks.rested();
    });
  }

  async #scanAll(): Promise<void> {
    while (!this.#isClosed()) {
      const [next] = this.#waiting;
      const root = this.#hooks.root();
      if (next === undefined || root === undefined) return;
      const [path, reason] = next;
      this.#waiting.delete(path);
      this.#stop = new AbortController();
      const startedAt = this.#clock.now();
      try {
        const signal = AbortSignal.any([this.#closing.signal, this.#stop.signal]);
        await this.#scan(root, path, reason, signal);
      } catch {
        if (this.#isClosed()) return;
        if (!this.#waiting.has(ROOT)) this.#waiting.set(path, reason);
        if (this.#hooks.root() === undefined) return;
        if (!this.#stop.signal.aborted) await this.#rest(RETRY_MS);
        continue;
      }
      // Storms of overflows must not become storms of scans.
      if (path === ROOT && this.#waiting.size > 0) {
        await this.#rest(REST_FACTOR * (this.#clock.now() - startedAt));
      }
    }
  }

  async #scan(
    root: string,
    path: RelativePath,
    reason: Reason,
    signal: AbortSignal,
  ): Promise<void> {
    const fill = reason === "first" && !this.#hooks.reliedOn();
    this.progress = { seen: 0, expected: 0 };
    const result = await this.#journal.scan(
      path,
      {
        root,
        fill,
        onDifferences: (paths, kinds) => this.#hooks.found({ at: this.#clock.now(), paths, kinds }),
        onProgress: (progress) => (this.progress = progress),
      },
      signal,
    );
    this.#facts({ kind: "scan", source: this.#source, path, reason, ...result });
    if (path !== ROOT) return;
    this.total = result.seen;
    this.#isFilled = true;
    this.#hooks.filled();
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #rest(ms: number): Promise<void> {
    await this.#clock.sleep(ms, this.#closing.signal).catch(() => undefined);
  }
}

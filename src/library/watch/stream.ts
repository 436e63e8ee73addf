/** A running `watch()`: a true watch on one side, a reader that may be slow on the other. */
import { compileFilter } from "../../filter/filter.js";
import type { Coverage } from "../../model/change.js";
import { systemClock } from "../../model/clock.js";
import type { WatcherChoice } from "../../model/watcher.js";
import { startWatch, type TreeWatch, type WatchListener } from "../../watch/watch.js";
import { Batches } from "./batches.js";
import type { WatchEvent } from "./events.js";
import { News } from "./news.js";
import { type BatchOptions, batchPlan, type WatchPlan } from "./options.js";
import { Places } from "./place.js";
import { Readers } from "./readers.js";

export interface Watching<E = WatchEvent>
  extends AsyncIterableIterator<E, undefined>, AsyncDisposable {
  /** Resolves when the whole tree is watched; rejects with a Fault where it cannot be. */
  readonly ready: Promise<void>;
  /** Directories that are watched, and those that cannot be and are scanned instead. */
  readonly coverage: Coverage;
  /** Who hears the tree now, and why; undefined before it is heard. */
  readonly watcher: WatcherChoice | undefined;
  /**
   * Resolves when everything that happened before the call can be read; what has not settled by
   * then waits no longer.
   */
  drain(signal?: AbortSignal): Promise<void>;
  /** The same events, many at a time. Leaving its loop ends the watch, too. */
  batches(options?: BatchOptions): AsyncIterableIterator<E[], undefined>;
  return(): Promise<IteratorResult<E, undefined>>;
  /** Ends the watch and the iteration. Repeating it is harmless. */
  close(): Promise<void>;
}

export class WatchStream implements Watching {
  readonly ready: Promise<void>;
  readonly #plan: WatchPlan;
  readonly #news: News;
  readonly #readers = new Readers<WatchEvent>();
  readonly #starting: Promise<TreeWatch>;
  /** Aborted by the end of the watch, with the reason why a start was given up. */
  readonly #end = new AbortController();
  #watch: TreeWatch | undefined;
  #closing: Promise<void> | undefined;
  #timer: { readonly due: number; readonly cancel: () => void } | undefined;

  /** @param root absolute, latin1 */
  constructor(root: string, plan: WatchPlan, start = startWatch) {
    this.#plan = plan;
    this.#news = new News({
      plan,
      places: new Places(root),
      // Says at once what is wrong with a rule.
      filter: compileFilter(plan.filter),
      drain: () => this.#drainHeard(),
      arrived: () => this.#feed(),
    });
    const { filter, moves, source, signal } = plan;
    if (signal?.aborted === true) this.#end.abort(signal.reason);
    signal?.addEventListener("abort", this.#abort, { once: true });
    const settings = { root, rules: filter, moves, source };
    this.#starting = start(settings, this.#listener(), this.#end.signal);
    this.ready = this.#starting.then((watch) => this.#begin(watch));
    // Whoever reads is told, too.
    this.ready.catch((error: unknown) => this.#fail(error));
  }

  get coverage(): Coverage {
    return this.#watch?.coverage ?? { watched: 0, unwatched: 0 };
  }

  get watcher(): WatcherChoice | undefined {
    return this.#watch?.watcher;
  }

  get ended(): boolean {
    return this.#readers.ended;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<WatchEvent, undefined>> {
    this.#news.cameBack();
    const event = this.#readers.isEmpty ? this.#news.take() : undefined;
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    const reading = this.#readers.wait();
    this.#setTimer();
    return reading;
  }

  takeNow(): WatchEvent | undefined {
    return this.#news.take();
  }

  arrival(): Promise<void> {
    const arrival = this.#readers.arrival();
    this.#setTimer();
    return arrival;
  }

  batches(options: BatchOptions = {}): Batches<WatchEvent> {
    return new Batches(this, batchPlan(options));
  }

  async return(): Promise<IteratorResult<WatchEvent, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  async drain(signal?: AbortSignal): Promise<void> {
    const ends = [this.#end.signal, ...(signal === undefined ? [] : [signal])];
    const either = AbortSignal.any(ends);
    const watch = await unlessAborted(this.#starting, either);
    await watch.drain({}, either);
    this.#news.release();
    this.#feed();
  }

  close(): Promise<void> {
    this.#readers.end();
    this.#news.close();
    this.#closing ??= this.#release();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #listener(): WatchListener {
    const tell = (telling: () => void) => {
      if (this.#readers.ended) return;
      telling();
      this.#feed();
    };
    return {
      changes: (changes) => tell(() => this.#news.change(changes)),
      gap: ({ path, reason, at }) => tell(() => this.#news.gap(path, reason, at)),
      root: (state, reason) => tell(() => this.#news.root(`root-${state}`, reason)),
      coverage: () => undefined,
      notice: (notice) => {
        if (!this.#readers.ended) this.#plan.onNotice?.(notice);
      },
    };
  }

  #begin(watch: TreeWatch): void {
    this.#watch = watch;
    if (this.#readers.ended) return;
    this.#news.begin();
    this.#feed();
  }

  /** For what is heard of by events: the rest is told when a scan finds it. */
  async #drainHeard(): Promise<void> {
    const watch = await this.#starting;
    await watch.drain({ scan: false });
  }

  readonly #abort = (): void => {
    this.#end.abort(this.#plan.signal?.reason);
    this.#fail(this.#plan.signal?.reason);
    void this.close();
  };

  async #release(): Promise<void> {
    this.#timer?.cancel();
    this.#plan.signal?.removeEventListener("abort", this.#abort);
    this.#end.abort(new Error("The watch was closed"));
    const watch = await this.#starting.catch(() => undefined);
    await watch?.close();
  }

  #fail(error: unknown): void {
    this.#news.close();
    this.#readers.fail(error);
  }

  #feed(): void {
    while (!this.#readers.isEmpty) {
      const event = this.#news.take();
      if (event === undefined) break;
      this.#readers.give(event);
    }
    this.#readers.wake();
    this.#setTimer();
  }

  /** What has to be quiet first is told by a timer; a reader that is busy asks by itself. */
  #setTimer(): void {
    const due = this.#news.nextDue;
    if (!this.#readers.isAwaited || due === Infinity) return;
    if (this.#timer !== undefined && this.#timer.due <= due) return;
    this.#timer?.cancel();
    const waitMs = Math.max(0, Math.ceil(due - systemClock.now()));
    const cancel = systemClock.after(waitMs, () => {
      this.#timer = undefined;
      // After a long pause of this thread, what has happened meanwhile is taken in first.
      setImmediate(() => this.#feed());
    });
    this.#timer = { due, cancel };
  }
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.finally(() => signal.removeEventListener("abort", abort)).then(resolve, reject);
  });
}

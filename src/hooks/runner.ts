/**
 * One hook at work: what it is to be told waits here, and a run at a time tells it. Whoever adds
 * never waits and never hears of a failure; what became of it is reported.
 */
import { type Clock, systemClock } from "../model/clock.js";
import { backoffMs } from "../schedule/backoff.js";
import { createHook } from "./create-hook.js";
import type { HookEvent } from "./event.js";
import { BusyError, type Hook } from "./hook.js";
import { eventsInMemory, hookMemory } from "./memory.js";
import type { HookOutcome, HookStatus } from "./outcome.js";
import { type Batch, HookQueue } from "./queue.js";
import type { HookSettings } from "./settings.js";
import { eventFilter } from "./which-events.js";

export type { HookOutcome, HookStatus } from "./outcome.js";

export interface HookRunnerOptions {
  readonly settings: HookSettings;
  readonly report: (outcome: HookOutcome) => void;
  readonly clock?: Clock;
  /** Default: that of the settings. */
  readonly hook?: Hook;
  /** A number in [0, 1). */
  readonly chance?: () => number;
}

/** What the end of the program waits for where a run does not heed its signal. */
const DEAF_MS = 5_000;

export class HookRunner {
  readonly #settings: HookSettings;
  readonly #report: (outcome: HookOutcome) => void;
  readonly #clock: Clock;
  readonly #hook: Hook;
  readonly #chance: () => number;
  readonly #concerns: (event: HookEvent) => boolean;
  readonly #queue: HookQueue;
  #current:
    | { readonly batch: Batch; readonly abort: AbortController; readonly ended: Promise<void> }
    | undefined;
  /** Runs that failed in a row: the other side is left alone for a while. */
  #failures = 0;
  #restUntil = 0;
  #callOff: (() => void) | undefined;
  #isClosed = false;
  #isShort = false;
  #revision = 0;
  #done = 0;
  #failed = 0;
  #dropped = 0;
  #lastError: string | undefined;
  #lastDoneAt: number | undefined;

  constructor({
    settings,
    report,
    clock = systemClock,
    hook,
    chance = Math.random,
  }: HookRunnerOptions) {
    this.#settings = settings;
    this.#report = report;
    this.#clock = clock;
    this.#hook = hook ?? createHook(settings, clock);
    this.#chance = chance;
    this.#concerns = eventFilter(settings);
    this.#queue = new HookQueue(settings.queuePaths);
  }

  get name(): string {
    return this.#settings.name;
  }

  /** Those that concern the hook wait for their turn. Nothing is run before the caller is done. */
  add(events: readonly HookEvent[]): void {
    let dropped = 0;
    for (const event of events) {
      if (!this.#concerns(event)) continue;
      if (!this.#queue.add(event, this.#current?.batch.events.size ?? 0)) dropped++;
      else this.#revision++;
    }
    this.#dropped += dropped;
    if (dropped > 0 && !this.#isShort) {
      this.#isShort = true;
      this.#tell({ kind: "dropped", count: dropped });
    }
    this.#wake();
  }

  /** Changes whenever `pending` does. */
  get revision(): number {
    return this.#revision;
  }

  /** All that is not told yet, what is being told included, as plain data for JSON. */
  pending(): unknown {
    const running = this.#current?.batch.events.values() ?? [];
    return hookMemory([...running, ...this.#queue.events()]);
  }

  /** Takes back what `pending` gave, as far as it still can be read and still concerns the hook. */
  restore(memory: unknown): void {
    this.add(eventsInMemory(memory));
  }

  get status(): HookStatus {
    const { name, action } = this.#settings;
    return {
      name,
      kind: action.kind,
      waiting: this.#queue.size,
      running: this.#current?.batch.events.size ?? 0,
      done: this.#done,
      failed: this.#failed,
      dropped: this.#dropped,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      ...(this.#lastDoneAt === undefined ? {} : { lastDoneAt: this.#lastDoneAt }),
    };
  }

  /**
   * Begins no run any more. One that is under way may end within the grace and is broken off then;
   * what it was to tell stays pending, as does all that waits.
   */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    this.#callOff?.();
    const current = this.#current;
    if (current === undefined) return;
    const { abort, ended } = current;
    const late = this.#clock.after(graceMs, () => abort.abort(new Error("the program ends")));
    await this.#within(ended, graceMs + DEAF_MS);
    late();
  }

  #wake(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    if (this.#isClosed || this.#current !== undefined || this.#queue.size === 0) return;
    const now = this.#clock.now();
    const readyAt = this.#queue.hasFresh ? now : (this.#queue.dueAt ?? now);
    const waitMs = Math.max(0, Math.max(readyAt, this.#restUntil) - now);
    this.#callOff = this.#clock.after(waitMs, () => this.#start());
  }

  #start(): void {
    this.#callOff = undefined;
    const { perPath, batchPaths } = this.#settings;
    // What fails again and again must not keep the rest from its turn.
    const prefer = this.#failures > 0 ? "fresh" : "due";
    const batch = this.#queue.take(perPath ? 1 : batchPaths, this.#clock.now(), prefer);
    if (batch === undefined) {
      this.#wake();
      return;
    }
    const abort = new AbortController();
    const ended = this.#run(batch, abort).then(() => {
      this.#current = undefined;
      this.#revision++;
      this.#roomAgain();
      this.#wake();
    });
    this.#current = { batch, abort, ended };
  }

  /** Never rejects. */
  async #run(batch: Batch, abort: AbortController): Promise<void> {
    const { timeoutMs } = this.#settings;
    const startedAt = this.#clock.now();
    const callOff = this.#clock.after(timeoutMs, () =>
      abort.abort(new Error(`not done within ${shownMs(timeoutMs)}`)),
    );
    // Not in the turn of whoever set the timer, and a hook that throws at once has failed as well.
    const outcome = await Promise.resolve()
      .then(() => this.#hook.run([...batch.events.values()], abort.signal))
      .then(
        () => undefined,
        (error: unknown) => error ?? new Error("failed"),
      );
    callOff();
    const tookMs = this.#clock.now() - startedAt;
    if (outcome === undefined) this.#succeeded(batch, tookMs);
    else this.#failedWith(outcome, batch, tookMs);
  }

  #succeeded({ events, attempts }: Batch, tookMs: number): void {
    this.#failures = 0;
    this.#restUntil = 0;
    this.#done += events.size;
    this.#lastError = undefined;
    this.#lastDoneAt = this.#clock.now();
    this.#tell({ kind: "told", count: events.size, tookMs, attempts: attempts + 1 });
  }

  #failedWith(error: unknown, batch: Batch, tookMs: number): void {
    // The end of the program is no fault of the other side.
    if (this.#isClosed) {
      this.#queue.putBack(batch);
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    const count = batch.events.size;
    const attempts = batch.attempts + 1;
    const now = this.#clock.now();
    this.#failed++;
    this.#failures++;
    this.#lastError = reason;
    const { retry, attempts: most } = this.#settings;
    const asked = error instanceof BusyError ? error.retryAfterMs : 0;
    const restMs = Math.max(asked, backoffMs(this.#failures, retry, this.#chance()));
    this.#restUntil = now + restMs;
    if (attempts >= most) {
      this.#dropped += count;
      this.#tell({ kind: "gave-up", count, attempts, reason });
      return;
    }
    const retryInMs = Math.max(asked, restMs, backoffMs(attempts, retry, this.#chance()));
    this.#queue.putBack({ events: batch.events, attempts, dueAt: now + retryInMs });
    this.#tell({ kind: "failed", count, tookMs, attempts, reason, retryInMs });
  }

  #roomAgain(): void {
    if (this.#queue.size <= this.#settings.queuePaths / 2) this.#isShort = false;
  }

  #tell(outcome: HookOutcome): void {
    try {
      this.#report(outcome);
    } catch {
      // Whoever listens must not stop the hook.
    }
  }

  /** Resolves with the promise, or when the time is over. */
  #within(promise: Promise<void>, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const callOff = this.#clock.after(ms, resolve);
      void promise.then(() => {
        callOff();
        resolve();
      });
    });
  }
}

function shownMs(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}

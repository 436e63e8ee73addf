/**
 * Keeps one source running: a source that cannot start is tried again, and troubles nobody else.
 */
import type { Clock } from "../model/clock.js";
import { Fault } from "../model/fault.js";
import type { SourceSettings } from "../replicate/settings.js";
import { type ReplicatorContext, SourceReplicator } from "../replicate/source-replicator.js";
import type { SourceStatus } from "../replicate/status.js";
import { displayPath } from "../model/path.js";
import { type BackoffSettings, backoffMs } from "../schedule/backoff.js";

/** A source may be on a disk that is mounted later, or a watch limit be raised. */
const RETRY: BackoffSettings = { firstMs: 2_000, maxMs: 60_000 };

/** Faults that waiting does not heal. */
const FINAL = new Set(["STATE_LOCKED", "STATE_UNUSABLE", "FILTER_INVALID", "DANGEROUS_TARGET"]);

export class Supervisor {
  readonly #context: ReplicatorContext;
  readonly #clock: Clock;
  #settings: SourceSettings;
  #replicator: SourceReplicator | undefined;
  #failures = 0;
  /** Why the last start failed. */
  #reason: string | undefined;
  #closed = false;
  #cancelRetry: (() => void) | undefined;
  readonly #closing = new AbortController();

  constructor(settings: SourceSettings, context: ReplicatorContext) {
    this.#settings = settings;
    this.#context = context;
    this.#clock = context.clock;
  }

  get settings(): SourceSettings {
    return this.#settings;
  }

  get replicator(): SourceReplicator | undefined {
    return this.#replicator;
  }

  get status(): SourceStatus {
    return (
      this.#replicator?.status ?? {
        name: this.#settings.name,
        path: displayPath(this.#settings.path),
        state: "failed",
        ...(this.#reason === undefined ? {} : { reason: this.#reason }),
        coverage: { watched: 0, unwatched: 0 },
        index: { state: "off", entries: 0, seen: 0, expected: 0, writtenAt: undefined },
        holds: [],
        hooks: [],
        targets: [],
      }
    );
  }

  /**
   * Starts the source. What waiting can heal is announced, tried again later, and returned; anything
   * else is thrown.
   */
  async start(): Promise<Fault | undefined> {
    let replicator: SourceReplicator | undefined;
    try {
      replicator = new SourceReplicator(this.#settings, this.#context);
      await replicator.start(this.#closing.signal);
      this.#replicator = replicator;
      this.#failures = 0;
      return undefined;
    } catch (error) {
      await replicator?.close(0);
      if (this.#closed) return undefined;
      if (!(error instanceof Fault) || FINAL.has(error.code)) throw error;
      this.#failed(error);
      return error;
    }
  }

  /** Takes targets in and out of a running source. */
  async changeTargets(settings: SourceSettings, removed: readonly string[]): Promise<void> {
    const had = new Set(this.#settings.targets.map(({ name }) => name));
    for (const name of removed) had.delete(name);
    this.#settings = settings;
    const added = settings.targets.filter(({ name }) => !had.has(name));
    await this.#replicator?.changeTargets(added, removed);
  }

  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#cancelRetry?.();
    this.#closing.abort(new Error("The source is closed"));
    await this.#replicator?.close(graceMs);
  }

  #failed(fault: Fault): void {
    const reason = [fault.message, fault.hint].filter((part) => part !== undefined).join(". ");
    this.#reason = reason;
    const waitMs = backoffMs(++this.#failures, RETRY, Math.random());
    if (this.#failures === 1) {
      this.#context.facts({
        kind: "source-state",
        source: this.#settings.name,
        state: "failed",
        reason,
      });
    }
    this.#cancelRetry = this.#clock.after(waitMs, () => void this.startBeside());
  }

  /** Starts the source beside others that run: whatever is wrong with it is announced and tried again. */
  async startBeside(): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      this.#failed(error instanceof Fault ? error : new Fault("STATE_UNUSABLE", String(error)));
    }
  }
}

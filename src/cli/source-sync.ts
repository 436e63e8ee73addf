/** One source on its way to being equal with its targets; a target that stays away is given up. */
import { systemClock } from "../model/clock.js";
import type { PassFinished } from "../model/fact.js";
import { displayPath } from "../model/path.js";
import type { SourceSettings } from "../replicate/settings.js";
import { type ReplicatorContext, SourceReplicator } from "../replicate/source-replicator.js";
import type { SourceStatus, TargetStatus } from "../replicate/status.js";

export interface TargetResult {
  readonly source: string;
  readonly target: string;
  readonly complete: boolean;
  /** Differences that were found; undefined where the comparison came to no end. */
  readonly differences: number | undefined;
  readonly delivered: number;
  readonly bytes: number;
  /** Paths that the target would not take. */
  readonly failed: readonly { readonly path: string; readonly reason: string }[];
  /** Paths that are still owed, those above included. */
  readonly owed: number;
  /** What only the replica has and was left there. */
  readonly kept: number;
  readonly tookMs: number;
  /** Why the target was given up. */
  readonly fault?: string;
}

const LOOK_EVERY_MS = 100;
const CLOSE_GRACE_MS = 5_000;

export class SourceSync {
  readonly #settings: SourceSettings;
  readonly #context: ReplicatorContext;
  readonly #stopping = new AbortController();
  readonly #passes = new Map<string, PassFinished>();
  readonly #results = new Map<string, TargetResult>();
  /** When a target was first seen down, and with how much delivered by then. */
  readonly #down = new Map<string, { retryAt: number; paths: number }>();
  #startedAt = 0;
  #replicator: SourceReplicator | undefined;
  #stopped: Promise<void> | undefined;

  constructor(settings: SourceSettings, context: ReplicatorContext) {
    this.#settings = { ...settings, initial: "full" };
    this.#context = {
      ...context,
      facts: (fact) => {
        if (fact.kind === "pass" && fact.path === "") this.#passes.set(fact.target, fact);
        context.facts(fact);
      },
    };
  }

  get status(): readonly { readonly source: SourceStatus; readonly target: TargetStatus }[] {
    const source = this.#replicator?.status;
    return source?.targets.map((target) => ({ source, target })) ?? [];
  }

  /** Resolves when every target is equal or given up, or `stop` was called. Throws a Fault. */
  async run(): Promise<TargetResult[]> {
    this.#startedAt = systemClock.now();
    const replicator = new SourceReplicator(this.#settings, this.#context);
    this.#replicator = replicator;
    try {
      // Without a watch: it is one pass and no more.
      replicator.startOnce();
      while (!(await this.#settled(replicator))) await this.#giveUp(replicator);
      for (const target of replicator.status.targets) this.#conclude(target);
    } finally {
      await (this.#stopped ?? replicator.close(CLOSE_GRACE_MS));
      this.#replicator = undefined;
    }
    return [...this.#results.values()];
  }

  stop(graceMs: number): Promise<void> {
    this.#stopping.abort(new Error("The pass was broken off"));
    this.#stopped ??= this.#replicator?.close(graceMs) ?? Promise.resolve();
    return this.#stopped;
  }

  /** True when nothing is left to do; false when a target has to be given up first. */
  async #settled(replicator: SourceReplicator): Promise<boolean> {
    const round = new AbortController();
    const signal = AbortSignal.any([round.signal, this.#stopping.signal]);
    try {
      // A flush waits for ever for a target that is down; somebody else must notice that.
      return await Promise.race([
        replicator.settled(signal).then(() => true),
        this.#someoneIsLost(replicator, signal).then(() => false),
      ]);
    } catch (error) {
      if (this.#stopping.signal.aborted) return true;
      throw error;
    } finally {
      round.abort(new Error("The round is over"));
    }
  }

  async #someoneIsLost(replicator: SourceReplicator, signal: AbortSignal): Promise<void> {
    while (!replicator.status.targets.some((target) => this.#isLost(target))) {
      await systemClock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  /** Down, tried again after a while, and down once more with nothing delivered in between. */
  #isLost(target: TargetStatus): boolean {
    if (target.state !== "down") return false;
    const { retryAt, delivered } = target;
    const before = this.#down.get(target.name);
    if (before?.paths === delivered.paths) return before.retryAt !== retryAt;
    this.#down.set(target.name, { retryAt, paths: delivered.paths });
    return false;
  }

  async #giveUp(replicator: SourceReplicator): Promise<void> {
    const lost = replicator.status.targets.filter((target) => this.#isLost(target));
    for (const target of lost) this.#conclude(target);
    await replicator.changeTargets(
      [],
      lost.map(({ name }) => name),
    );
  }

  #conclude(target: TargetStatus): void {
    const { name, delivered, failed, owed, kept } = target;
    const pass = this.#passes.get(name);
    const fault = target.state === "down" ? target.reason : undefined;
    this.#results.set(name, {
      source: this.#settings.name,
      target: name,
      complete: pass !== undefined && fault === undefined && owed === 0,
      differences: pass?.differences,
      delivered: delivered.paths,
      bytes: delivered.bytes,
      failed: failed.map(({ path, reason }) => ({ path: displayPath(path), reason })),
      owed,
      kept,
      tookMs: Math.round(systemClock.now() - this.#startedAt),
      ...(fault === undefined ? {} : { fault }),
    });
  }
}

/**
 * The composition root: everything a configuration asks for, running; started, reloaded and closed
 * as one.
 */
import type { Config } from "../config/config.js";
import { diffConfigs } from "../config/diff.js";
import { type Clock, systemClock } from "../model/clock.js";
import type { Fact, FactListener } from "../model/fact.js";
import { Metrics } from "../observe/metrics.js";
import type { SourceSettings } from "../replicate/settings.js";
import type { ReplicatorContext } from "../replicate/source-replicator.js";
import type { SourceStatus } from "../replicate/status.js";
import { Semaphore } from "../schedule/semaphore.js";
import type { Running } from "./operations.js";
import { dangersIn } from "./places.js";
import { Supervisor } from "./supervisor.js";

export interface DaemonOptions {
  readonly onFact?: FactListener;
  readonly clock?: Clock;
  /** Of a target that is away, so many debts are kept in memory; the others in the journal alone. */
  readonly debtsInMemory?: number;
  /** Gives up the start. */
  readonly signal?: AbortSignal;
}

export interface ReloadSummary {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** Changed, but only a restart can apply it. */
  readonly needsRestart: readonly string[];
}

/** Comparisons of whole trees under way at once, over all sources. */
const COMPARISONS = 3;

export class Daemon implements AsyncDisposable {
  readonly #context: ReplicatorContext;
  readonly #supervisors = new Map<string, Supervisor>();
  readonly #metrics = new Metrics();
  readonly #count: FactListener = (fact) => this.#metrics.take(fact);
  #config: Config;
  #reloading: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(config: Config, { onFact, clock = systemClock, debtsInMemory }: DaemonOptions = {}) {
    this.#config = config;
    this.#context = {
      stateDirectory: config.stateDirectory,
      clock,
      facts: (fact) => {
        tell(this.#count, fact);
        tell(onFact, fact);
      },
      comparisons: new Semaphore(COMPARISONS),
      ...(debtsInMemory === undefined ? {} : { debtsInMemory }),
    };
  }

  /** See `startDaemon`. */
  async start(signal?: AbortSignal): Promise<void> {
    const [danger] = dangersIn(this.#config.sources);
    if (danger !== undefined) throw danger;
    const giveUp = () => void this.close(0);
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      const added = this.#config.sources.map((source) => this.#add(source));
      const faults = await Promise.all(added.map((supervisor) => supervisor.start()));
      const [first] = faults;
      if (first !== undefined && faults.every((fault) => fault !== undefined)) throw first;
      signal?.throwIfAborted();
    } catch (error) {
      await this.close(0);
      throw error;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  get config(): Config {
    return this.#config;
  }

  get status(): readonly SourceStatus[] {
    return [...this.#supervisors.values()].map(({ status }) => status);
  }

  /** What Prometheus scrapes, in its text format; `version` is told beside it. */
  metrics(version: string): Promise<string> {
    return this.#metrics.text(version, () => this.status);
  }

  /** What runs, for whoever answers an operator. */
  get running(): Running["running"] {
    return [...this.#supervisors.values()];
  }

  /** Resolves when everything that happened before the call is on every target. */
  async flush(signal?: AbortSignal): Promise<void> {
    const replicators = [...this.#supervisors.values()].flatMap(
      ({ replicator }) => replicator ?? [],
    );
    await Promise.all(replicators.map((replicator) => replicator.flush(undefined, signal)));
  }

  /**
   * Applies a new configuration: what did not change is not touched. Throws, with nothing applied,
   * when it is dangerous; a source that cannot start is announced and tried again.
   */
  reload(next: Config): Promise<ReloadSummary> {
    const result = this.#reloading.then(() => this.#reload(next));
    this.#reloading = result.catch(() => undefined);
    return result;
  }

  /** Lets what is in flight end within the grace, then ends it. No child process is left behind. */
  async close(graceMs = 10_000): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#supervisors.values()].map((each) => each.close(graceMs)));
    this.#supervisors.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #reload(next: Config): Promise<ReloadSummary> {
    const [danger] = dangersIn(next.sources);
    if (danger !== undefined) throw danger;
    const diff = diffConfigs(this.#config, next);
    const whole = diff.changed.filter(({ keys }) => keys.length > 0);
    const targetsOnly = diff.changed.filter(({ keys }) => keys.length === 0);
    const ended = [...diff.removed, ...whole.map(({ before }) => before)];
    await Promise.all(ended.map(({ name }) => this.#remove(name)));
    for (const { after, targets } of targetsOnly) {
      const gone = [...targets.removed, ...targets.changed.map(({ before }) => before)];
      const names = gone.map(({ name }) => name);
      await this.#supervisors.get(after.name)?.changeTargets(after, names);
      // Those that take their place begin to count anew, as all else does that is counted of them.
      for (const name of names) this.#metrics.forget(after.name, name);
    }
    // The daemon may have been closed meanwhile: then nothing begins any more.
    const begun = this.#isClosed ? [] : [...diff.added, ...whole.map(({ after }) => after)];
    await Promise.all(begun.map((source) => this.#add(source).startBeside()));
    const { stateDirectory } = this.#config;
    this.#config = { ...next, stateDirectory };
    return {
      added: diff.added.map(({ name }) => name),
      removed: diff.removed.map(({ name }) => name),
      changed: diff.changed.map(({ after }) => after.name),
      needsRestart: diff.stateDirectory ? ["state"] : [],
    };
  }

  #add(source: SourceSettings): Supervisor {
    const supervisor = new Supervisor(source, this.#context);
    this.#supervisors.set(source.name, supervisor);
    return supervisor;
  }

  async #remove(name: string): Promise<void> {
    const supervisor = this.#supervisors.get(name);
    this.#supervisors.delete(name);
    await supervisor?.close(5_000);
    this.#metrics.forget(name);
  }
}

/**
 * Starts every source. A source that cannot start yet is tried again later; when none can, the first
 * one's Fault is thrown. Dangerous targets are refused before anything starts.
 */
export async function startDaemon(config: Config, options: DaemonOptions = {}): Promise<Daemon> {
  const daemon = new Daemon(config, options);
  await daemon.start(options.signal);
  return daemon;
}

/** A listener that throws harms nobody. */
function tell(listener: FactListener | undefined, fact: Fact): void {
  try {
    listener?.(fact);
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}

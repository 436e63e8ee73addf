/** `replicate()` of the library: one source and its targets, running, as a handle. */
import { type ArgumentOverrides, configFromArguments } from "../config/arguments.js";
import { type Daemon, startDaemon } from "../daemon/daemon.js";
import { FactStream } from "./fact-stream.js";
import type { Fact } from "../model/fact.js";
import type { Hold } from "../model/hold.js";
import type { SourceStatus } from "../replicate/status.js";
import type { ReplicateOptions } from "./replicate-options.js";

export interface Replication extends AsyncDisposable {
  /** What can be said at this moment: states, what is owed, lag, counts. */
  readonly status: SourceStatus;
  /** Resolves when everything that happened before the call is on every target. */
  flush(signal?: AbortSignal): Promise<void>;
  /** Lets work go that a guard holds (`status.holds`); answers what was held. */
  approve(): readonly Hold[];
  /** Drops it: what was to be deleted stays on the replicas, what was rewritten is not sent. */
  reject(): readonly Hold[];
  /** Every fact from now on; ends when the replication does. */
  facts(): AsyncIterableIterator<Fact, undefined>;
  /** Lets what is in flight arrive within the grace (standard: 10 s). Repeating it is harmless. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Starts to replicate a directory. Resolves when it is watched and the first comparison has begun.
 * Rejects with a Fault.
 */
export async function replicate(
  source: string,
  targets: string | readonly string[],
  { onFact, signal, ...settings }: ReplicateOptions = {},
): Promise<Replication> {
  signal?.throwIfAborted();
  const { name, state, ...rest } = settings;
  const config = await configFromArguments(source, [targets].flat(), {
    name,
    state,
    ...(asWritten(rest) as ArgumentOverrides),
  });
  const streams = new Set<FactStream>();
  const listener = (fact: Fact) => {
    for (const stream of streams) stream.push(fact);
    onFact?.(fact);
  };
  const daemon = await startDaemon(config, {
    onFact: listener,
    ...(signal === undefined ? {} : { signal }),
  });
  return new RunningReplication(daemon, streams, signal);
}

class RunningReplication implements Replication {
  readonly #daemon: Daemon;
  readonly #streams: Set<FactStream>;
  readonly #signal: AbortSignal | undefined;
  #closing: Promise<void> | undefined;
  #last: SourceStatus | undefined;

  constructor(daemon: Daemon, streams: Set<FactStream>, signal: AbortSignal | undefined) {
    this.#daemon = daemon;
    this.#streams = streams;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort, { once: true });
    if (signal?.aborted === true) this.#abort();
  }

  readonly #abort = (): void => void this.close();

  get status(): SourceStatus {
    const [status] = this.#daemon.status;
    this.#last = status ?? this.#last;
    if (this.#last === undefined) throw new Error("A replication has exactly one source");
    return this.#last;
  }

  async flush(signal?: AbortSignal): Promise<void> {
    await this.#daemon.flush(signal);
  }

  approve(): readonly Hold[] {
    return this.#daemon.running[0]?.replicator?.approve() ?? [];
  }

  reject(): readonly Hold[] {
    return this.#daemon.running[0]?.replicator?.reject() ?? [];
  }

  facts(): AsyncIterableIterator<Fact, undefined> {
    const stream = new FactStream(() => this.#streams.delete(stream));
    if (this.#closing === undefined) this.#streams.add(stream);
    else stream.end();
    return stream;
  }

  close(graceMs = 10_000): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(graceMs: number): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#last = this.status;
    await this.#daemon.close(graceMs);
    for (const stream of this.#streams) stream.end();
  }
}

/** Numbers and flags as the text they would be in a file. */
function asWritten(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.map(asWritten);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([key, each]) => [key, asWritten(each)]));
}

/**
 * A verification without end: a few directories at a time, while nothing else is to do, round and
 * round through the whole tree. After a round without a difference the replica is proven equal.
 *
 * It decides how fast to go and what differs for sure. It repairs nothing itself.
 */
import type { Clock } from "../model/clock.js";
import type { RelativePath } from "../model/path.js";
import type { Difference } from "../rsync/remote.js";
import {
  compareOptions,
  type Comparison,
  type Differences,
  judge,
  shortfallOf,
} from "./comparison.js";
import { lookAgain } from "./second-look.js";

export interface AuditOptions {
  /** The share of the tree (0 to 1) that is compared in an hour. */
  readonly sharePerHour: number;
  readonly comparison: Comparison;
  readonly clock: Clock;
  /** Directories in a fixed order, each with how many entries lie directly in it. */
  directories(
    after: RelativePath | undefined,
    limit: number,
  ): Promise<readonly { readonly path: RelativePath; readonly entries: number }[]>;
  /** Entries in the tree altogether. */
  total(): number;
  /** Whether nothing else is to do, and what was done has arrived. */
  isQuiet(): boolean;
  /** What was found to differ for sure, for whoever repairs it. */
  onDrift(differences: readonly Difference[]): void;
  onRound(round: AuditRound): void;
  /** `state` of an earlier run. */
  readonly remembered?: unknown;
}

export interface AuditRound {
  /** Entries that were found to differ. */
  readonly drift: number;
  readonly sample: readonly RelativePath[];
  /**
   * Everything was compared since then and was equal, ms since the epoch: the begin of the round.
   * Undefined where something differed, or could not be compared.
   */
  readonly provenAt: number | undefined;
}

/** Plain JSON. */
export interface AuditState {
  /** The last directory that was compared; null at the begin of a round. */
  readonly cursor: RelativePath | null;
  readonly roundStartedAt: number;
  readonly drift: number;
  readonly sample: readonly RelativePath[];
  /** False when a part of the round could not be compared. */
  readonly complete: boolean;
  /** When the next slice is due, ms since the epoch. */
  readonly nextAt: number;
}

/** Entries of one slice: some tenths of a second for both sides. */
const SLICE_ENTRIES = 5_000;
/** Directories of one slice, as they may be empty. */
const SLICE_DIRECTORIES = 1_000;
const HOUR_MS = 3_600_000;
/** How soon it is looked again whether there is nothing else to do. */
const QUIET_LOOK_MS = 5_000;
/** How long a change that was missed by `isQuiet` may take to arrive, ms. */
const PAUSES_MS = [2_000, 10_000] as const;
/** How long it waits when there is no answer, or nothing to compare. */
const TROUBLE_MS = 300_000;
/** A start has enough to do without it. */
const START_MS = 60_000;
/** A timer cannot wait much longer (31 bits of ms). */
const LONGEST_WAIT_MS = 20 * 24 * HOUR_MS;
const SAMPLE = 20;

export class Audit {
  readonly #options: AuditOptions;
  #state: AuditState;
  #running: { readonly stopping: AbortController; readonly ended: Promise<void> } | undefined;

  constructor(options: AuditOptions) {
    this.#options = options;
    const now = options.clock.now();
    // A tree that nobody has looked at yet can wait: its start was a comparison.
    this.#state = stateFrom(options.remembered, now) ?? newRound(now, now + this.#pauseAfter(0));
  }

  get state(): AuditState {
    return this.#state;
  }

  start(): void {
    if (this.#running !== undefined) return;
    const stopping = new AbortController();
    const ended = this.#rounds(stopping.signal).catch((error: unknown) => {
      if (!stopping.signal.aborted) throw error;
    });
    this.#running = { stopping, ended };
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.stopping.abort(new Error("The audit is stopped"));
    await running?.ended;
  }

  async #rounds(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let earliestAt = clock.now() + START_MS;
    for (;;) {
      const waitMs = Math.max(this.#state.nextAt, earliestAt) - clock.now();
      await clock.sleep(Math.min(Math.max(waitMs, 0), LONGEST_WAIT_MS), signal);
      await this.#quiet(signal);
      if (!(await this.#slice(signal))) earliestAt = clock.now() + TROUBLE_MS;
    }
  }

  /** Compares the next slice; false where that is to be tried again later. */
  async #slice(signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const slice = await this.#next();
    const last = slice.paths.at(-1);
    // Without an index there is nothing to go by.
    if (last === undefined && this.#state.cursor === null) return false;
    const found = await this.#compare(slice.paths, signal);
    if (found === undefined) return false;
    const { drift, sample, complete, cursor } = this.#state;
    // All at once: whoever remembers the state must not see half a step.
    this.#state = {
      ...this.#state,
      cursor: last ?? cursor,
      drift: drift + found.differences.size,
      sample: [...sample, ...found.differences.keys()].slice(0, SAMPLE),
      complete: complete && found.isWhole,
      nextAt: clock.now() + this.#pauseAfter(slice.entries),
    };
    if (found.differences.size > 0) this.#options.onDrift([...found.differences.values()]);
    if (slice.isLast) this.#endRound();
    return true;
  }

  async #next(): Promise<{ paths: RelativePath[]; entries: number; isLast: boolean }> {
    const found = await this.#options.directories(
      this.#state.cursor ?? undefined,
      SLICE_DIRECTORIES,
    );
    const paths: RelativePath[] = [];
    const most = this.#sliceEntries();
    let entries = 0;
    for (const directory of found) {
      if (paths.length > 0 && entries + directory.entries > most) break;
      paths.push(directory.path);
      entries += directory.entries;
    }
    const isLast = paths.length === found.length && found.length < SLICE_DIRECTORIES;
    return { paths, entries, isLast };
  }

  /** What differs for sure; undefined where the replica does not answer. */
  async #compare(
    paths: readonly RelativePath[],
    signal: AbortSignal,
  ): Promise<{ differences: Differences; isWhole: boolean } | undefined> {
    if (paths.length === 0) return { differences: new Map(), isWhole: true };
    const { comparison, clock } = this.#options;
    const found = new Map<RelativePath, Difference>();
    const options = compareOptions(comparison, (difference) => {
      if (judge(difference, comparison) === "drift") found.set(difference.path, difference);
    });
    const run = await comparison.remote.compareDirectories(paths, options, signal);
    if (run.outcome === "failed") return undefined;
    const isWhole = shortfallOf(run) === undefined;
    let differences: Differences = found;
    for (const pauseMs of PAUSES_MS) {
      if (differences.size === 0) break;
      await clock.sleep(pauseMs, signal);
      await this.#quiet(signal);
      const look = await lookAgain(differences, comparison, signal);
      differences = look.still;
      if (look.shortfall === undefined) continue;
      // What could not be looked at again is not known to differ.
      return isWhole ? undefined : { differences: new Map(), isWhole };
    }
    return { differences, isWhole };
  }

  #endRound(): void {
    const { drift, sample, complete, roundStartedAt, nextAt } = this.#state;
    this.#state = newRound(this.#options.clock.now(), nextAt);
    const provenAt = drift === 0 && complete ? roundStartedAt : undefined;
    this.#options.onRound({ drift, sample, provenAt });
  }

  async #quiet(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (!this.#options.isQuiet()) await this.#options.clock.sleep(QUIET_LOOK_MS, signal);
  }

  #sliceEntries(): number {
    const total = this.#options.total();
    // A small tree is one slice, once in an hour; of a large one a slice is never less than its share.
    if (total <= SLICE_ENTRIES) return SLICE_ENTRIES;
    return Math.min(SLICE_ENTRIES, Math.ceil(total * this.#options.sharePerHour));
  }

  #pauseAfter(entries: number): number {
    const total = this.#options.total();
    if (total <= SLICE_ENTRIES || entries === 0) return HOUR_MS;
    const perHour = total * this.#options.sharePerHour;
    return (HOUR_MS * Math.min(entries, total)) / perHour;
  }
}

function newRound(now: number, nextAt: number): AuditState {
  return { cursor: null, roundStartedAt: now, drift: 0, sample: [], complete: true, nextAt };
}

/** Undefined where what was remembered is no state. */
function stateFrom(remembered: unknown, now: number): AuditState | undefined {
  if (typeof remembered !== "object" || remembered === null) return undefined;
  const { cursor, roundStartedAt, drift, sample, complete, nextAt } = remembered as Record<
    string,
    unknown
  >;
  const isState =
    (cursor === null || typeof cursor === "string") &&
    typeof roundStartedAt === "number" &&
    // A clock that was set back would let a round begin in the future.
    roundStartedAt <= now &&
    typeof drift === "number" &&
    Array.isArray(sample) &&
    sample.every((each) => typeof each === "string") &&
    typeof complete === "boolean" &&
    typeof nextAt === "number";
  return isState ? (remembered as AuditState) : undefined;
}

/**
 * Runs on sessions of their own, opened for one purpose, and how often a run is tried again before
 * its caller hears of it.
 */
import type { Clock } from "../model/clock.js";
import type { RelativePath } from "../model/path.js";
import type { Courier, OpenOptions } from "./courier.js";
import { Patience } from "./patience.js";
import { failedRun, type Run } from "./run.js";
import type { SessionPool } from "./session-pool.js";
import type { RsyncSettings } from "./settings.js";
import type { Trouble, TroubleKind } from "./trouble.js";

/** A command line; an ssh connection is known only when it stands. */
export type Arguments = (controlPath: string | undefined) => string[];

export interface ColdRun extends OpenOptions {
  readonly args: Arguments;
  readonly list: readonly RelativePath[];
  /** Names that error lines may speak of; the list where it is not said. */
  readonly names?: readonly RelativePath[];
  /** Work that may take minutes does not count against the number of sessions. */
  readonly long: boolean;
  readonly sparesExcluded?: boolean;
}

/** What a warm session may fail of although the target is well: it slept through a restart. */
const OVERSLEPT: ReadonlySet<TroubleKind> = new Set(["stream-broke", "killed", "timeout"]);

export class ColdRuns {
  readonly settings: RsyncSettings;
  readonly clock: Clock;
  /** The other end rejects deletions by name; learnt from its refusal. */
  deletesByFilter = false;
  readonly #courier: Courier;
  readonly #pool: SessionPool;
  #closed = false;

  constructor(courier: Courier, pool: SessionPool, clock: Clock) {
    this.settings = courier.settings;
    this.clock = clock;
    this.#courier = courier;
    this.#pool = pool;
  }

  /** What began and failed is the caller's to repeat. */
  async run(
    { args, list, names = list, long, sparesExcluded, ...options }: ColdRun,
    signal: AbortSignal | undefined,
  ): Promise<Run> {
    const patience = this.patience();
    const judging = sparesExcluded === undefined ? {} : { sparesExcluded };
    while (true) {
      const open = () => this.#courier.open(args, options);
      const lease = await this.#pool.leaseCold(open, { long }, signal);
      if ("trouble" in lease) return failedRun(lease.trouble);
      const ending = await this.#courier.carry(lease.session, list, signal);
      const run = this.#courier.judge(ending, names, judging);
      if (run.trouble === undefined || lease.session.openTookMs !== undefined) return run;
      if (!(await this.mayTryAgain(run.trouble, { warm: false, patience }, signal))) return run;
    }
  }

  patience(): Patience {
    return new Patience(this.clock, this.settings.connectTimeoutMs);
  }

  async mayTryAgain(
    { kind }: Trouble,
    { warm, patience }: { warm: boolean; patience: Patience },
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (this.#closed) return false;
    if (kind === "too-many-connections") {
      this.#pool.houseIsFull();
      return await patience.wait(signal);
    }
    if (kind === "target-appeared") return await patience.wait(signal);
    if (!warm || !OVERSLEPT.has(kind) || !patience.oversleeps()) return false;
    this.#pool.distrust();
    return true;
  }

  /** Nothing is tried again from now on. */
  close(): void {
    this.#closed = true;
  }
}

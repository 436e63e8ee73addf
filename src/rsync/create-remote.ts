/** A remote made of real rsync processes: leases a session for each run and judges how it ended. */
import { randomUUID } from "node:crypto";
import { rsyncArguments } from "../filter/filter.js";
import { systemClock, type Clock } from "../model/clock.js";
import { ROOT, type RelativePath } from "../model/path.js";
import { compareArguments, deletionArguments, sendArguments } from "./arguments.js";
import { Courier, type Opened, type OpenOptions } from "./courier.js";
import {
  deletionList,
  isMissing,
  NAMES_AT_ONCE,
  topmostMissing,
  withRulesFile,
} from "./delete-by-filter.js";
import { differenceFrom, liesWithin } from "./itemize.js";
import { Patience } from "./patience.js";
import type { CompareOptions, Remote, SendOptions } from "./remote.js";
import type { Ending, Run } from "./run.js";
import { emptyRun, failedRun, joinRuns } from "./run.js";
import type { Session } from "./session.js";
import type { Variant } from "./session-pool.js";
import { MAIN, SessionPool } from "./session-pool.js";
import type { Profile, RsyncSettings } from "./settings.js";
import type { Trouble, TroubleKind } from "./trouble.js";
import { troubleOf } from "./trouble.js";

/** Opens nothing before the next turn of the loop, so that listeners are there in time. */
export function createRemote(settings: RsyncSettings, clock: Clock = systemClock): Remote {
  return new RsyncRemote(settings, clock);
}

/**
 * A list can only say "./" for the root, and that means all that lies directly in it, too. But rsync
 * sets the attributes of every directory above a name, also of a name that is missing on both sides.
 */
const NAME_FOR_ROOT = `.treecast-${randomUUID()}` as RelativePath;

/** What a warm session may fail of although the target is well: it slept through a restart. */
const OVERSLEPT: ReadonlySet<TroubleKind> = new Set(["stream-broke", "killed", "timeout"]);

const FIRST_CYCLE_MS = 100;
/** The weight of one more cycle in the running mean. */
const CYCLE_WEIGHT = 0.1;
const CLOSE_GRACE_MS = 5000;
/** Reading one huge file at the other end takes long, and gives no sign of life. */
const READING_MS = 3_600_000;

type Arguments = (controlPath: string | undefined) => string[];

interface ColdRun extends OpenOptions {
  readonly args: Arguments;
  readonly list: readonly RelativePath[];
  /** Names that error lines may speak of; the list where it is not said. */
  readonly names?: readonly RelativePath[];
  readonly long: boolean;
}

class RsyncRemote implements Remote {
  readonly #settings: RsyncSettings;
  readonly #clock: Clock;
  readonly #courier: Courier;
  readonly #pool: SessionPool;
  readonly #readyListeners: (() => void)[] = [];
  readonly #troubleListeners: ((trouble: Trouble) => void)[] = [];
  #cycleMs = FIRST_CYCLE_MS;
  #deletesByFilter = false;
  #closing: Promise<void> | undefined;

  constructor(settings: RsyncSettings, clock: Clock) {
    const { endpoint, sessions } = settings;
    this.#settings = settings;
    this.#clock = clock;
    this.#courier = new Courier(settings, clock);
    this.#pool = new SessionPool({
      ...sessions,
      clock,
      closing: troubleOf("killed", endpoint, "the target is being closed"),
      open: (variant, onReady) => this.#openForSending(variant, onReady),
      explain: async (session) =>
        this.#courier.judge(await session.ended, []).trouble ??
        troubleOf("stream-broke", endpoint, "a session ended before it was used"),
      onReady: () => {
        for (const listener of this.#readyListeners) listener();
      },
      onTrouble: (trouble) => {
        for (const listener of this.#troubleListeners) listener(trouble);
      },
    });
  }

  get cycleMs(): number {
    return this.#cycleMs;
  }

  ready(profile: Profile): number {
    return this.#pool.ready(profile);
  }

  want(count: number): void {
    this.#pool.want(count);
  }

  onReady(listener: () => void): void {
    this.#readyListeners.push(listener);
  }

  onTrouble(listener: (trouble: Trouble) => void): void {
    this.#troubleListeners.push(listener);
  }

  async send(
    names: readonly RelativePath[],
    options: SendOptions,
    signal?: AbortSignal,
  ): Promise<Run> {
    signal?.throwIfAborted();
    if (names.length === 0) return emptyRun();
    const named = names.map((name) => (name === ROOT ? NAME_FOR_ROOT : name));
    return await this.#sendNamed(named, options, signal);
  }

  async compare(path: RelativePath, options: CompareOptions, signal?: AbortSignal): Promise<Run> {
    signal?.throwIfAborted();
    const { deletes, checksum } = options;
    const onLine = (line: string): boolean => {
      const difference = differenceFrom(line);
      if (difference === undefined) return false;
      if (liesWithin(difference.path, path)) options.onDifference(difference);
      return true;
    };
    const { source } = this.#settings;
    if (path !== ROOT && isMissing(source, path)) {
      // rsync cannot go into what is not there: whatever the replica has is extra.
      if (!deletes) return emptyRun();
      return await this.#deleteByFilter([topmostMissing(source, path)], signal, onLine);
    }
    const filters = rsyncArguments(options.filter);
    return await this.#runCold(
      {
        args: (controlPath) =>
          compareArguments(this.#settings, { deletes, checksum, filters, controlPath }),
        list: [path],
        long: true,
        onLine,
        ...(checksum === true ? { silenceLimitMs: READING_MS } : {}),
      },
      signal,
    );
  }

  async probe(signal?: AbortSignal): Promise<Trouble | undefined> {
    signal?.throwIfAborted();
    // An empty list changes nothing and yet makes the other end say what it has against us: rsync
    // reads those words only when its own list is done.
    const { profile, deletes } = MAIN;
    const args: Arguments = (controlPath) =>
      sendArguments(this.#settings, profile, { deletes, controlPath });
    const { trouble } = await this.#runCold({ args, list: [], long: false }, signal);
    if (trouble === undefined) this.#pool.resume();
    return trouble;
  }

  close(graceMs: number = CLOSE_GRACE_MS): Promise<void> {
    this.#closing ??= this.#pool.close(graceMs).then(() => this.#courier.close());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #sendNamed(
    names: readonly RelativePath[],
    { profile, deletes }: SendOptions,
    signal: AbortSignal | undefined,
  ): Promise<Run> {
    if (deletes && this.#deletesByFilter) return await this.#sendApart(names, profile, signal);
    const patience = new Patience(this.#clock, this.#settings.connectTimeoutMs);
    let interrupted = false;
    while (true) {
      const lease = await this.#pool.lease({ profile, deletes }, signal);
      if ("trouble" in lease) return failedRun(lease.trouble);
      const ending = await this.#courier.carry(lease.session, names, signal);
      const run = this.#courier.judge(ending, names);
      if (run.trouble === undefined) {
        this.#noteCycle(lease.session, ending);
        return interrupted ? { ...run, interrupted } : run;
      }
      interrupted = true;
      if (run.trouble.kind === "deletes-by-name-rejected") {
        this.#deletesByFilter = true;
        return await this.#sendApart(names, profile, signal);
      }
      if (!(await this.#mayTryAgain(run.trouble, lease.warm, patience, signal))) return run;
    }
  }

  /** Sends what is there and deletes what is missing, in runs of their own. */
  async #sendApart(
    names: readonly RelativePath[],
    profile: Profile,
    signal: AbortSignal | undefined,
  ): Promise<Run> {
    const { source } = this.#settings;
    const missing = names.filter((name) => isMissing(source, name));
    const present = names.filter((name) => !missing.includes(name));
    let run =
      present.length === 0
        ? emptyRun()
        : await this.#sendNamed(present, { profile, deletes: false }, signal);
    for (let at = 0; at < missing.length && run.outcome !== "failed"; at += NAMES_AT_ONCE) {
      const part = missing.slice(at, at + NAMES_AT_ONCE);
      run = joinRuns(run, await this.#deleteByFilter(part, signal));
    }
    return run;
  }

  /** With `onLine` it only says what it would delete. */
  async #deleteByFilter(
    names: readonly RelativePath[],
    signal: AbortSignal | undefined,
    onLine?: (line: string) => boolean,
  ): Promise<Run> {
    const { directories, rules } = deletionList(names);
    const dryRun = onLine !== undefined;
    return await withRulesFile(rules, (rulesFile) =>
      this.#runCold(
        {
          args: (controlPath) =>
            deletionArguments(this.#settings, { dryRun, rulesFile, controlPath }),
          list: directories,
          names,
          long: dryRun,
          onLine: onLine ?? isDeletionNotice,
        },
        signal,
      ),
    );
  }

  /** A run on a session of its own. What began and failed is the caller's to repeat. */
  async #runCold(
    { args, list, names = list, long, ...options }: ColdRun,
    signal: AbortSignal | undefined,
  ): Promise<Run> {
    const patience = new Patience(this.#clock, this.#settings.connectTimeoutMs);
    while (true) {
      const open = () => this.#courier.open(args, options);
      const lease = await this.#pool.leaseCold(open, { long }, signal);
      if ("trouble" in lease) return failedRun(lease.trouble);
      const ending = await this.#courier.carry(lease.session, list, signal);
      const run = this.#courier.judge(ending, names);
      if (run.trouble === undefined || lease.session.openTookMs !== undefined) return run;
      if (!(await this.#mayTryAgain(run.trouble, false, patience, signal))) return run;
    }
  }

  #openForSending({ profile, deletes }: Variant, onReady: () => void): Promise<Opened> {
    return this.#courier.open(
      (controlPath) => sendArguments(this.#settings, profile, { deletes, controlPath }),
      { onReady, onLine: isDeletionNotice },
    );
  }

  async #mayTryAgain(
    { kind }: Trouble,
    warm: boolean,
    patience: Patience,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (this.#closing !== undefined) return false;
    if (kind === "too-many-connections") {
      this.#pool.houseIsFull();
      return await patience.wait(signal);
    }
    if (kind === "target-appeared") return await patience.wait(signal);
    if (!warm || !OVERSLEPT.has(kind) || !patience.oversleeps()) return false;
    this.#pool.distrust();
    return true;
  }

  #noteCycle(session: Session, { tookMs }: Ending): void {
    this.#pool.noteSuccess();
    const sample = (session.openTookMs ?? 0) + tookMs;
    this.#cycleMs += CYCLE_WEIGHT * (sample - this.#cycleMs);
  }
}

/** One line for each entry deleted: a sign of life that nobody reads. */
function isDeletionNotice(line: string): boolean {
  return line.startsWith("deleting ");
}

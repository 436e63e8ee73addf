/** A remote made of real rsync processes: leases a session for each run and judges how it ended. */
import type { Filter } from "../filter/filter.js";
import { systemClock, type Clock } from "../model/clock.js";
import { PARTIAL_DIRECTORY } from "../model/own-names.js";
import { joinPath, parentOf, ROOT, type RelativePath } from "../model/path.js";
import { sendArguments } from "./arguments.js";
import { type Arguments, ColdRuns } from "./cold-runs.js";
import { compareSingly, compareSubtree, holdsNothing } from "./comparing.js";
import { Courier, type Opened } from "./courier.js";
import { isMissing, NAMES_AT_ONCE } from "./delete-by-filter.js";
import { deleteByFilter, isDeletionNotice, removeNames } from "./deleting.js";
import { NOTHING_IN_ROOT } from "./nothing.js";
import { relocate } from "./relocation.js";
import type { CompareOptions, Identification, Relocation, Remote, SendOptions } from "./remote.js";
import type { Ending, Run } from "./run.js";
import { emptyRun, failedRun, joinRuns } from "./run.js";
import type { Session } from "./session.js";
import { MAIN, type Variant } from "./demand.js";
import { SessionPool } from "./session-pool.js";
import type { Profile, RsyncSettings } from "./settings.js";
import { identify, leaveToken } from "./token.js";
import { daysBefore, trashDay } from "./trash.js";
import type { Trouble } from "./trouble.js";
import { troubleOf } from "./trouble.js";

/** Opens nothing before the next turn of the loop, so that listeners are there in time. */
export function createRemote(settings: RsyncSettings, clock: Clock = systemClock): Remote {
  return new RsyncRemote(settings, clock);
}

const FIRST_CYCLE_MS = 100;
/** The weight of one more cycle in the running mean. */
const CYCLE_WEIGHT = 0.1;
const CLOSE_GRACE_MS = 5000;

class RsyncRemote implements Remote {
  readonly #settings: RsyncSettings;
  readonly #clock: Clock;
  readonly #courier: Courier;
  readonly #pool: SessionPool;
  readonly #cold: ColdRuns;
  readonly #readyListeners: (() => void)[] = [];
  readonly #brokenListeners: (() => void)[] = [];
  readonly #troubleListeners: ((trouble: Trouble) => void)[] = [];
  #cycleMs = FIRST_CYCLE_MS;
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
      onBroken: () => {
        for (const listener of this.#brokenListeners) listener();
      },
    });
    this.#cold = new ColdRuns(this.#courier, this.#pool, clock);
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

  onBroken(listener: () => void): void {
    this.#brokenListeners.push(listener);
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
    const named = names.map((name) => (name === ROOT ? NOTHING_IN_ROOT : name));
    const run = await this.#sendNamed(named, options, signal);
    if (options.profile === "large" && run.trouble?.kind === "disk-full") {
      await this.#makeRoom(names, signal);
    }
    return run;
  }

  async compare(path: RelativePath, options: CompareOptions, signal?: AbortSignal): Promise<Run> {
    signal?.throwIfAborted();
    return await compareSubtree(this.#cold, path, options, signal);
  }

  async compareDirectories(
    paths: readonly RelativePath[],
    options: CompareOptions,
    signal?: AbortSignal,
  ): Promise<Run> {
    signal?.throwIfAborted();
    return await compareSingly(this.#cold, paths, options, signal);
  }

  async holdsNothing(filter: Filter, signal?: AbortSignal): Promise<boolean | undefined> {
    signal?.throwIfAborted();
    return await holdsNothing(this.#cold, filter, signal);
  }

  async relocate(relocation: Relocation, signal?: AbortSignal): Promise<Run> {
    signal?.throwIfAborted();
    return await relocate(this.#cold, relocation, signal);
  }

  async remove(names: readonly RelativePath[], signal?: AbortSignal): Promise<Run> {
    signal?.throwIfAborted();
    return await removeNames(this.#cold, names, signal);
  }

  async emptyTrash(olderThan: Date, signal?: AbortSignal): Promise<Run> {
    return await this.remove(daysBefore(olderThan), signal);
  }

  async identify(token: string, signal?: AbortSignal): Promise<Identification> {
    signal?.throwIfAborted();
    return await identify(this.#cold, token, signal);
  }

  async leaveToken(token: string, signal?: AbortSignal): Promise<Run> {
    signal?.throwIfAborted();
    const run = await leaveToken(this.#cold, token, signal);
    if (run.outcome !== "done") return run;
    // A name was made in the root, and so its time is another than here.
    return joinRuns(run, await this.send([ROOT], { profile: "content", deletes: false }, signal));
  }

  async probe(signal?: AbortSignal): Promise<Trouble | undefined> {
    signal?.throwIfAborted();
    // An empty list changes nothing and yet makes the other end say what it has against us: rsync
    // reads those words only when its own list is done.
    const { profile, deletes } = MAIN;
    const args: Arguments = (controlPath) =>
      sendArguments(this.#settings, profile, { deletes, controlPath });
    const { trouble } = await this.#cold.run({ args, list: [], long: false }, signal);
    if (trouble === undefined) this.#pool.resume();
    return trouble;
  }

  close(graceMs: number = CLOSE_GRACE_MS): Promise<void> {
    this.#cold.close();
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
    if (deletes && this.#cold.deletesByFilter) return await this.#sendApart(names, profile, signal);
    const patience = this.#cold.patience();
    let interrupted = false;
    while (true) {
      const lease = await this.#pool.lease({ profile, deletes }, signal);
      if ("trouble" in lease) return failedRun(lease.trouble);
      const { session, warm } = lease;
      const ending = await this.#courier.carry(session, names, signal);
      const run = this.#courier.judge(ending, names);
      if (run.trouble === undefined) {
        this.#noteCycle(session, ending);
        return interrupted ? { ...run, interrupted } : run;
      }
      interrupted = true;
      if (run.trouble.kind === "deletes-by-name-rejected") {
        this.#cold.deletesByFilter = true;
        return await this.#sendApart(names, profile, signal);
      }
      if (!(await this.#cold.mayTryAgain(run.trouble, { warm, patience }, signal))) return run;
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
      run = joinRuns(run, await deleteByFilter(this.#cold, part, signal));
    }
    return run;
  }

  /** What had arrived of a file too large for the disk would keep everything else from it. */
  async #makeRoom(names: readonly RelativePath[], signal: AbortSignal | undefined): Promise<void> {
    const partials = names.map((name) => joinPath(parentOf(name), PARTIAL_DIRECTORY));
    await removeNames(this.#cold, partials, signal);
  }

  #openForSending({ profile, deletes }: Variant, onReady: () => void): Promise<Opened> {
    const day = trashDay(this.#clock.now());
    return this.#courier.open(
      (controlPath) => sendArguments(this.#settings, profile, { deletes, controlPath, day }),
      { onReady, onLine: isDeletionNotice },
    );
  }

  #noteCycle(session: Session, { tookMs }: Ending): void {
    this.#pool.noteSuccess();
    const sample = (session.openTookMs ?? 0) + tookMs;
    this.#cycleMs += CYCLE_WEIGHT * (sample - this.#cycleMs);
  }
}

/** A remote made of real rsync processes: leases a session for each run and judges how it ended. */
import { rsyncArguments } from "../filter/filter.js";
import { systemClock, type Clock } from "../model/clock.js";
import { ROOT, type RelativePath } from "../model/path.js";
import {
  argumentText,
  compareArguments,
  destination,
  rootArguments,
  sendArguments,
} from "./arguments.js";
import { differenceFrom, liesWithin } from "./itemize.js";
import type { CompareOptions, Remote, SendOptions } from "./remote.js";
import type { Ending, Run } from "./run.js";
import { emptyRun, failedRun, runFrom } from "./run.js";
import { childEnvironment, passwordEnvironment } from "./secret.js";
import { Session } from "./session.js";
import type { Opened, Variant } from "./session-pool.js";
import { MAIN, SessionPool } from "./session-pool.js";
import type { Profile, RsyncSettings } from "./settings.js";
import { SshMaster } from "./ssh-master.js";
import type { Trouble, TroubleKind } from "./trouble.js";
import { troubleOf } from "./trouble.js";

/** Opens nothing before the next turn of the loop, so that listeners are there in time. */
export function createRemote(settings: RsyncSettings, clock: Clock = systemClock): Remote {
  return new RsyncRemote(settings, clock);
}

/** What a warm session may fail of although the target is well: it slept through a restart. */
const OVERSLEPT: ReadonlySet<TroubleKind> = new Set(["stream-broke", "killed", "timeout"]);

const FIRST_CYCLE_MS = 100;
/** The weight of one more cycle in the running mean. */
const CYCLE_WEIGHT = 0.1;
const CLOSE_GRACE_MS = 5000;

/** Reading one huge file at the other end takes long, and gives no sign of life. */
const READING_MS = 3_600_000;

interface OpenOptions {
  readonly onReady?: () => void;
  readonly onLine?: (line: string) => boolean;
  readonly silenceLimitMs?: number;
}

class RsyncRemote implements Remote {
  readonly #settings: RsyncSettings;
  readonly #clock: Clock;
  readonly #cwd: string;
  readonly #master: SshMaster | undefined;
  readonly #pool: SessionPool;
  readonly #readyListeners: (() => void)[] = [];
  readonly #troubleListeners: ((trouble: Trouble) => void)[] = [];
  #cycleMs = FIRST_CYCLE_MS;
  #closing: Promise<void> | undefined;

  constructor(settings: RsyncSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#cwd = argumentText(settings.source);
    // Says at once what no session could be opened for.
    destination(settings);
    const { endpoint } = settings;
    this.#master = endpoint.kind === "ssh" ? new SshMaster(settings, endpoint, clock) : undefined;
    this.#pool = new SessionPool({
      ...settings.sessions,
      clock,
      closing: troubleOf("killed", endpoint, "the target is being closed"),
      open: (variant, onReady) => this.#openForSending(variant, onReady),
      explain: async (session) => this.#explain(await session.ended),
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
    { profile, deletes }: SendOptions,
    signal?: AbortSignal,
  ): Promise<Run> {
    const others = names.filter((name) => name !== ROOT);
    const run =
      others.length === 0
        ? emptyRun()
        : await this.#sendNamed(others, { profile, deletes }, signal);
    if (others.length === names.length || run.outcome === "failed") return run;
    const root = await this.#sendRoot(signal);
    if (root.outcome === "done") return run;
    const errors = [...run.errors, ...root.errors];
    return { ...root, errors, suspects: [...run.suspects, ROOT] };
  }

  /** The root's own attributes; rare enough for a session opened on purpose. */
  async #sendRoot(signal: AbortSignal | undefined): Promise<Run> {
    const lease = await this.#pool.leaseCold(
      () => this.#open((controlPath) => rootArguments(this.#settings, { controlPath }), {}),
      { long: false },
      signal,
    );
    if ("trouble" in lease) return failedRun(lease.trouble);
    return this.#judge(await this.#carry(lease.session, [ROOT], signal), [ROOT]);
  }

  async #sendNamed(
    names: readonly RelativePath[],
    { profile, deletes }: SendOptions,
    signal: AbortSignal | undefined,
  ): Promise<Run> {
    signal?.throwIfAborted();
    const patience = new Patience(this.#clock, this.#settings.connectTimeoutMs);
    while (true) {
      const lease = await this.#pool.lease({ profile, deletes }, signal);
      if ("trouble" in lease) return failedRun(lease.trouble);
      const ending = await this.#carry(lease.session, names, signal);
      const run = this.#judge(ending, names);
      if (run.trouble === undefined) {
        this.#noteCycle(lease.session, ending);
        return run;
      }
      if (!(await this.#mayTryAgain(run.trouble, lease.warm, patience, signal))) return run;
    }
  }

  async compare(path: RelativePath, options: CompareOptions, signal?: AbortSignal): Promise<Run> {
    signal?.throwIfAborted();
    const onLine = (line: string): boolean => {
      const difference = differenceFrom(line);
      if (difference === undefined) return false;
      if (liesWithin(difference.path, path)) options.onDifference(difference);
      return true;
    };
    const { deletes, checksum } = options;
    const filters = rsyncArguments(options.filter);
    const patience = new Patience(this.#clock, this.#settings.connectTimeoutMs);
    while (true) {
      const lease = await this.#pool.leaseCold(
        () =>
          this.#open(
            (controlPath) =>
              compareArguments(this.#settings, { deletes, checksum, filters, controlPath }),
            { onLine, ...(checksum === true ? { silenceLimitMs: READING_MS } : {}) },
          ),
        { long: true },
        signal,
      );
      if ("trouble" in lease) return failedRun(lease.trouble);
      const ending = await this.#carry(lease.session, [path], signal);
      const run = this.#judge(ending, [path]);
      // What was reported once would be reported twice, so only what never began is tried again.
      const began = lease.session.openTookMs !== undefined;
      if (run.trouble === undefined || began) return run;
      if (!(await this.#mayTryAgain(run.trouble, false, patience, signal))) return run;
    }
  }

  async probe(signal?: AbortSignal): Promise<Trouble | undefined> {
    signal?.throwIfAborted();
    const patience = new Patience(this.#clock, this.#settings.connectTimeoutMs);
    while (true) {
      const lease = await this.#pool.leaseCold(
        () => this.#openForSending(MAIN, () => undefined),
        { long: false },
        signal,
      );
      if ("trouble" in lease) return lease.trouble;
      // An empty list changes nothing and yet makes the other end say what it has against us: rsync
      // reads those words only when its own list is done.
      const trouble = this.#explainIfAny(await this.#carry(lease.session, [], signal));
      if (trouble === undefined) this.#pool.resume();
      else if (await this.#mayTryAgain(trouble, false, patience, signal)) continue;
      return trouble;
    }
  }

  close(graceMs: number = CLOSE_GRACE_MS): Promise<void> {
    this.#closing ??= this.#pool.close(graceMs).then(() => this.#master?.close());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #openForSending({ profile, deletes }: Variant, onReady: () => void): Promise<Opened> {
    return this.#open(
      (controlPath) => sendArguments(this.#settings, profile, { deletes, controlPath }),
      // One line for each entry deleted: nobody reads them.
      { onReady, onLine: (line) => line.startsWith("deleting ") },
    );
  }

  async #open(
    args: (controlPath: string | undefined) => string[],
    { silenceLimitMs, ...listeners }: OpenOptions,
  ): Promise<Opened> {
    const { endpoint, program, connectTimeoutMs, timeoutMs } = this.#settings;
    const connection = await this.#master?.connect();
    if (connection !== undefined && "trouble" in connection) return connection;
    const password = await passwordEnvironment(this.#settings);
    if ("trouble" in password) return password;
    const session = new Session(
      {
        program,
        args: args(connection?.controlPath),
        env: childEnvironment(password.environment),
        cwd: this.#cwd,
        endpoint,
        // A little more than rsync's own limit, whose words say more.
        openLimitMs: connectTimeoutMs + 2000,
        silenceLimitMs: silenceLimitMs ?? timeoutMs * 1.5 + 2000,
        ...listeners,
      },
      this.#clock,
    );
    return { session };
  }

  /** Runs a list on a session; an abort kills the session before it rejects. */
  async #carry(
    session: Session,
    names: readonly RelativePath[],
    signal: AbortSignal | undefined,
  ): Promise<Ending> {
    const stop = () => void session.kill("killed");
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted === true) stop();
    const ending = await session.run(names);
    signal?.removeEventListener("abort", stop);
    signal?.throwIfAborted();
    return ending;
  }

  #judge(ending: Ending, names: readonly RelativePath[]): Run {
    const { endpoint, source, filter } = this.#settings;
    const sparesExcluded = filter !== undefined && rsyncArguments(filter).length > 0;
    return runFrom(ending, names, { endpoint, source, sparesExcluded });
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

  #explainIfAny(ending: Ending): Trouble | undefined {
    return this.#judge(ending, []).trouble;
  }

  #explain(ending: Ending): Trouble {
    const { endpoint } = this.#settings;
    return (
      this.#explainIfAny(ending) ??
      troubleOf("stream-broke", endpoint, "a session ended before it was used")
    );
  }
}

/**
 * How often one list is tried again before the caller hears of it: with waits that grow while the
 * house is full, for a session of ours may be about to end there; and once after oversleeping.
 */
class Patience {
  readonly #clock: Clock;
  readonly #until: number;
  #nextMs = 30;
  #overslept = false;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#until = clock.now() + limitMs;
  }

  /** True the first time; whoever breaks again did not oversleep. */
  oversleeps(): boolean {
    const first = !this.#overslept;
    this.#overslept = true;
    return first;
  }

  /** False when it is over. */
  async wait(signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#clock.now() + this.#nextMs > this.#until) return false;
    await this.#clock.sleep(this.#nextMs, signal);
    this.#nextMs = Math.min(this.#nextMs * 2, 1000);
    return true;
  }
}

/** Runs the passes of one lane, one at a time, and decides what each may delete. */
import type { Filter } from "../filter/filter.js";
import type { Kinds } from "../model/change.js";
import { type RelativePath, ROOT, isBelow } from "../model/path.js";
import type { Remote } from "../rsync/remote.js";
import type { Trouble } from "../rsync/trouble.js";
import { type Acquaintance, KeptNames } from "../safety/first-contact.js";
import type { LaneSource } from "./lane-source.js";
import { type ExtraPolicy, type PassReason, PendingPasses, comparePass } from "./passes.js";
import type { TargetSettings } from "./settings.js";

export interface LanePassesHooks {
  /** The remote to use now; undefined while the target is down or the source lost. */
  remote(): Remote | undefined;
  deletesRefused(): boolean;
  /** A difference was found, so the target answers. */
  owe(path: RelativePath, kinds: Kinds): void;
  /** Resolves when what was owed is settled. */
  settled(signal: AbortSignal): Promise<void>;
  failed(trouble: Trouble, remote: Remote): void;
  /**
   * Everything was compared, and what differs is owed; `judged`: so is what to keep of the rest.
   * `equalAt`: nothing differed, as of then. Trouble leaves the pass to be repeated.
   */
  compared(
    remote: Remote,
    judged: boolean,
    equalAt: number | undefined,
  ): Promise<Trouble | undefined>;
  /** A pass came to its end, or there is nothing more to do. */
  ended(): void;
}

export class LanePasses {
  readonly #source: LaneSource;
  readonly #settings: TargetSettings;
  readonly #filter: Filter;
  readonly #hooks: LanePassesHooks;
  readonly #pending = new PendingPasses();
  readonly #closing = new AbortController();
  readonly kept: KeptNames;
  #firstContact: boolean;
  #running: RelativePath | undefined;
  /** Ends the pass under way, and no more. */
  #round = new AbortController();

  constructor(
    source: LaneSource,
    settings: TargetSettings,
    address: string,
    filter: Filter,
    hooks: LanePassesHooks,
  ) {
    this.#source = source;
    this.#settings = settings;
    this.#filter = filter;
    this.#hooks = hooks;
    const memory = source.state.target(address);
    this.#firstContact = memory === undefined || memory.unjudged === true;
    this.keptBefore = memory !== undefined && (memory.keptMore || memory.kept.length > 0);
    this.kept = new KeptNames(settings.adopt === "replace" ? undefined : memory);
  }

  /** Something was on the replica before us, as an earlier run found. */
  readonly keptBefore: boolean;

  get isIdle(): boolean {
    return this.#pending.size === 0 && this.#running === undefined;
  }

  /** Subtrees that wait to be compared or are being compared. */
  get owed(): readonly RelativePath[] {
    const waiting = this.#pending.paths;
    return this.#running === undefined ? waiting : [this.#running, ...waiting];
  }

  /** True while the whole tree is being compared, or is about to be. */
  get isCatchingUp(): boolean {
    return this.#running === ROOT || this.#pending.includesRoot;
  }

  /**
   * A new directory may have been compared before it was watched, and have lost an entry in between
   * that nobody will tell of: so it is compared once more.
   */
  newDirectory(path: RelativePath): void {
    const running = this.#running;
    if (running === path || (running !== undefined && isBelow(path, running))) {
      this.#pending.add(path, "gap");
    }
  }

  add(path: RelativePath, reason: PassReason): void {
    this.#pending.add(path, reason);
    this.run();
  }

  /** Forgets what waits, and the acquaintance: the replica is another one. */
  startOver(): void {
    this.#pending.clear();
    this.#round.abort(new Error("The replica is another one"));
    this.#firstContact = true;
  }

  /** What was there before us, for the next run. */
  get acquaintance(): Acquaintance {
    return this.#settings.adopt === "keep" ? this.kept.acquaintance : new KeptNames().acquaintance;
  }

  /** Starts what waits, if it can run now. */
  run(): void {
    if (this.#running === undefined) void this.#runAll();
  }

  close(): void {
    this.#closing.abort(new Error("The lane is closed"));
  }

  async #runAll(): Promise<void> {
    const { signal: closing } = this.#closing;
    for (;;) {
      this.#round = new AbortController();
      const signal = AbortSignal.any([closing, this.#round.signal]);
      const remote = closing.aborted ? undefined : this.#hooks.remote();
      const pass = remote === undefined ? undefined : this.#pending.take();
      if (pass === undefined || remote === undefined) break;
      this.#running = pass.path;
      try {
        const { path, reason } = pass;
        const task = () => this.#pass(path, reason, remote, signal);
        const finished = await this.#source.comparisons.run(task, signal);
        if (!finished) this.#pending.add(path, reason);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        this.#running = undefined;
      }
    }
    this.#hooks.ended();
  }

  /** True when the part was compared to its end. */
  async #pass(
    path: RelativePath,
    reason: PassReason,
    remote: Remote,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock, facts, name } = this.#source;
    const startedAt = clock.now();
    const extras = this.#extras(reason);
    const result = await comparePass(
      path,
      {
        extras,
        kept: this.kept,
        keeps: (at, isDirectory) => this.#filter.keeps(at, isDirectory),
        owe: (at, kinds) => this.#hooks.owe(at, kinds),
        compare: (at, deletes, onDifference, either) =>
          remote.compare(
            at,
            { deletes, filter: this.#filter, checksum: reason === "moved", onDifference },
            either,
          ),
      },
      signal,
    );
    if (result.trouble !== undefined) {
      this.#hooks.failed(result.trouble, remote);
      return false;
    }
    if (result.unfinished) {
      await this.#hooks.settled(signal);
      return false;
    }
    if (path === ROOT) {
      if (extras !== "ignore") this.#firstContact = false;
      const trouble = await this.#hooks.compared(
        remote,
        extras !== "ignore",
        result.differences === 0 && extras === "delete" ? startedAt : undefined,
      );
      if (trouble !== undefined) {
        this.#hooks.failed(trouble, remote);
        return false;
      }
    }
    facts({
      kind: "pass",
      source: name,
      target: this.#settings.name,
      path,
      differences: result.differences,
      kept: result.kept,
      keptSample: result.keptSample,
      tookMs: clock.now() - startedAt,
    });
    return true;
  }

  #extras(reason: PassReason): ExtraPolicy {
    const { deletes, adopt } = this.#settings;
    if (deletes === "never" || this.#hooks.deletesRefused()) return "ignore";
    // The directory was deleted before our eyes: what it held goes with it.
    if (reason === "replaced" || reason === "moved")
      return deletes === "startup-only" ? "ignore" : "delete";
    if (deletes === "live-only" || (deletes === "startup-only" && reason === "gap"))
      return "ignore";
    return this.#firstContact && adopt === "keep" ? "keep" : "delete";
  }
}

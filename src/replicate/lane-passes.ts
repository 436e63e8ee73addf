/** Runs the passes of one lane, one at a time, and decides what each may delete. */
import type { Filter } from "../filter/filter.js";
import type { BatchEntry } from "../model/batch.js";
import { Kind, type Kinds } from "../model/change.js";
import { type RelativePath, ROOT, baseName, isBelow, joinPath, parentOf } from "../model/path.js";
import { kindsOf } from "../rsync/itemize.js";
import type { Difference, Remote } from "../rsync/remote.js";
import type { Trouble } from "../rsync/trouble.js";
import { type Acquaintance, KeptNames } from "../safety/first-contact.js";
import type { Extras } from "./holds.js";
import type { LaneSource } from "./lane-source.js";
import {
  type ExtraPolicy,
  isIncomplete,
  MOST_REPEATS,
  type PassReason,
  PendingPasses,
  comparePass,
} from "./passes.js";
import type { TargetSettings } from "./settings.js";

export interface LanePassesHooks {
  /** The remote to use now; undefined while the target is down or the source lost. */
  remote(): Remote | undefined;
  deletesRefused(): boolean;
  /** Something is in flight at the path, or waits. */
  isOwed(path: RelativePath): boolean;
  /** A difference was found, so the target answers. */
  owe(path: RelativePath, kinds: Kinds): void;
  /** These are on the replica alone, each with all it may hold: they are weighed by the index. */
  gone(paths: readonly RelativePath[]): void;
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

/** Paths sent last that are remembered. */
const MOST_RECENT = 4_000;

/** rsync's name for a file that it has not finished: a dot, the name, and six characters. */
const TEMPORARY = /^\.(?<name>.+)\.[A-Za-z0-9]{6}$/s;

/** Directories in one comparison of what lies directly in them. */
const SHALLOW_AT_ONCE = 500;

export class LanePasses {
  readonly #source: LaneSource;
  readonly #settings: TargetSettings;
  readonly #filter: Filter;
  readonly #hooks: LanePassesHooks;
  readonly #pending = new PendingPasses();
  readonly #shallow = new Set<RelativePath>();
  readonly #weighing: Extras | undefined;
  #runs = false;
  /** Comparisons in a row that were repeated because they were incomplete. */
  #repeats = 0;
  /** A comparison under way has not told all it will. */
  #isComparing = false;
  readonly #closing = new AbortController();
  readonly kept: KeptNames;
  #firstContact: boolean;
  /** What was sent during the first contact; afterwards the latest of it. */
  readonly #sent = new Set<RelativePath>();
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
    this.#weighing = source.holds.extras();
    const memory = source.state.target(address);
    this.#firstContact = memory === undefined || memory.unjudged === true;
    this.keptBefore = memory !== undefined && (memory.keptMore || memory.kept.length > 0);
    this.kept = new KeptNames(settings.adopt === "replace" ? undefined : memory);
  }

  /** Something was on the replica before us, as an earlier run found. */
  readonly keptBefore: boolean;

  get isIdle(): boolean {
    const waiting = this.#pending.size + this.#shallow.size;
    return waiting === 0 && this.#running === undefined && !this.#runs;
  }

  /**
   * True when the replica holds nothing at all, so that nothing on it can be anybody's but ours from
   * now on. To be asked before anything is sent; in doubt false.
   */
  async findsNothing(remote: Remote): Promise<boolean> {
    if (!this.#firstContact || this.#settings.deletes === "never") return false;
    if ((await remote.holdsNothing(this.#filter)) !== true) return false;
    this.#firstContact = false;
    return true;
  }

  /** Has what lies directly in a directory compared. */
  addShallow(path: RelativePath): void {
    this.#shallow.add(path);
    this.run();
  }

  /** Directories of which what lies directly in them waits to be compared. */
  get shallow(): ReadonlySet<RelativePath> {
    return this.#shallow;
  }

  /** Subtrees that wait to be compared or are being compared. */
  get owed(): readonly RelativePath[] {
    const waiting = this.#pending.paths;
    return this.#running === undefined ? waiting : [this.#running, ...waiting];
  }

  /** A comparison is under way, and how much of what it finds is to be deleted is not known yet. */
  get isWeighing(): boolean {
    return this.#isComparing && this.#weighing !== undefined;
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

  /**
   * These are being sent. Until the first pass has told what was on the replica before us, they are
   * remembered: deleted here before that pass comes to them, they would look like somebody's.
   */
  sending(entries: readonly BatchEntry[]): void {
    for (const { path, sight } of entries) if (sight.type !== "missing") this.#sent.add(path);
    if (this.#firstContact) return;
    // A replica may be another one for a moment before anybody notices.
    for (const path of this.#sent) {
      if (this.#sent.size <= MOST_RECENT) break;
      this.#sent.delete(path);
    }
  }

  /** Forgets what waits, and the acquaintance: the replica is another one. */
  startOver(): void {
    this.#pending.clear();
    this.#shallow.clear();
    this.#round.abort(new Error("The replica is another one"));
    this.#firstContact = true;
  }

  /** What was there before us, for the next run. */
  get acquaintance(): Acquaintance {
    return this.#settings.adopt === "keep" ? this.kept.acquaintance : new KeptNames().acquaintance;
  }

  /** Starts what waits, if it can run now. */
  run(): void {
    if (!this.#runs) void this.#runAll();
  }

  close(): void {
    this.#closing.abort(new Error("The lane is closed"));
  }

  async #runAll(): Promise<void> {
    const { signal: closing } = this.#closing;
    this.#runs = true;
    try {
      while (!closing.aborted) {
        const remote = this.#hooks.remote();
        if (remote === undefined) break;
        this.#round = new AbortController();
        const signal = AbortSignal.any([closing, this.#round.signal]);
        const pass = this.#pending.take();
        if (pass !== undefined) await this.#runPass(pass, remote, signal);
        else if (this.#shallow.size === 0 || this.#source.isScanning()) break;
        else await this.#compareShallow(remote, signal);
      }
    } finally {
      this.#runs = false;
    }
    this.#hooks.ended();
  }

  async #runPass(
    { path, reason }: { readonly path: RelativePath; readonly reason: PassReason },
    remote: Remote,
    signal: AbortSignal,
  ): Promise<void> {
    this.#running = path;
    try {
      const task = () => this.#pass(path, reason, remote, signal);
      const finished = await this.#source.comparisons.run(task, signal);
      if (!finished) this.#pending.add(path, reason);
    } catch (error) {
      if (!signal.aborted) throw error;
      // What is broken off by our end is still owed. Of another replica nothing is.
      if (this.#closing.signal.aborted) this.#pending.add(path, reason);
    } finally {
      this.#running = undefined;
    }
  }

  /** A comparison that was incomplete is worth another one when what it found is settled. */
  #isToRepeat(incomplete: boolean, differences: number): boolean {
    const isWorthIt = incomplete && differences > 0 && this.#repeats < MOST_REPEATS;
    this.#repeats = isWorthIt ? this.#repeats + 1 : 0;
    return isWorthIt;
  }

  /** Compares what lies directly in some directories; they are owed until that is done. */
  async #compareShallow(remote: Remote, signal: AbortSignal): Promise<void> {
    const paths = [...this.#shallow].slice(0, SHALLOW_AT_ONCE);
    const extras = this.#extras("gap");
    const found: Difference[] = [];
    let incomplete: boolean;
    try {
      const run = await remote.compareDirectories(
        paths,
        {
          deletes: extras === "delete",
          filter: this.#filter,
          onDifference: (difference) => found.push(difference),
        },
        signal,
      );
      if (run.trouble !== undefined) {
        this.#hooks.failed(run.trouble, remote);
        return;
      }
      incomplete = isIncomplete(run);
    } catch (error) {
      if (!signal.aborted) throw error;
      return;
    }
    const isWanted = ({ path, isDirectory, what }: Difference) =>
      this.#filter.keeps(path, isDirectory) &&
      !(what === "extra" && (this.kept.protects(path) || this.isUnfinished(path)));
    const wanted = found.filter(isWanted);
    // What is gone here since a moment ago may not have been told yet.
    this.#hooks.gone(wanted.flatMap(({ path, what }) => (what === "extra" ? path : [])));
    for (const difference of wanted) this.#owe(difference.path, kindsOf(difference));
    if (this.#isToRepeat(incomplete, wanted.length)) {
      await this.#hooks.settled(signal).catch(() => undefined);
      return;
    }
    for (const path of paths) this.#shallow.delete(path);
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
    this.#isComparing = true;
    const result = await comparePass(
      path,
      {
        extras,
        kept: this.kept,
        isOurs: (at) => this.#sent.has(at),
        isUnfinished: (at) => this.isUnfinished(at),
        keeps: (at, isDirectory) => this.#filter.keeps(at, isDirectory),
        owe: (at, kinds) => this.#owe(at, kinds),
        compare: (at, deletes, onDifference, either) =>
          remote.compare(
            at,
            { deletes, filter: this.#filter, checksum: reason === "moved", onDifference },
            either,
          ),
      },
      signal,
    ).finally(() => (this.#isComparing = false));
    if (result.trouble !== undefined) {
      this.#hooks.failed(result.trouble, remote);
      return false;
    }
    if (result.unfinished || this.#isToRepeat(result.incomplete, result.differences)) {
      await this.#hooks.settled(signal);
      return false;
    }
    const isEqual = result.differences + result.kept === 0 && !result.incomplete;
    if (path === ROOT) {
      if (extras !== "ignore") this.#firstContact = false;
      this.#sent.clear();
      const trouble = await this.#hooks.compared(
        remote,
        extras !== "ignore",
        isEqual && extras !== "ignore" ? startedAt : undefined,
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

  /** What a comparison deletes is weighed like what is deleted before our eyes, unless it was asked for. */
  #owe(path: RelativePath, kinds: Kinds): void {
    const isExtra = (kinds & Kind.Gone) !== 0;
    if (isExtra && this.#settings.adopt === "keep")
      this.#weighing?.found(path, this.#source.indexed());
    this.#hooks.owe(path, kinds);
  }

  /** What rsync is just writing there, under another name. */
  isUnfinished(path: RelativePath): boolean {
    const name = TEMPORARY.exec(baseName(path))?.groups?.["name"];
    return name !== undefined && this.#hooks.isOwed(joinPath(parentOf(path), name));
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

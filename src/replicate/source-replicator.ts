/**
 * One source and its lanes: a true watch on the tree, a copy of every change for each target, and a
 * journal that is brought up to date beside it all.
 *
 * Nothing but wiring. Lanes know nothing of one another.
 */
import { compileFilter } from "../filter/filter.js";
import type { Journal, Memories } from "../journal/journal.js";
import { noJournal } from "../journal/no-journal.js";
import { openJournal } from "../journal/open-journal.js";
import { SourceState } from "../journal/source-state.js";
import { type Changes, type Coverage, type Gap, Kind, type Kinds } from "../model/change.js";
import type { Clock } from "../model/clock.js";
import type { FactListener } from "../model/fact.js";
import type { Hold } from "../model/hold.js";
import { type RelativePath, displayPath } from "../model/path.js";
import type { Semaphore } from "../schedule/semaphore.js";
import { createLook } from "../transfer/look.js";
import { SourceRoot } from "../transfer/source-root.js";
import { type TreeWatch, type WatchListener, startWatch } from "../watch/watch.js";
import { Checkpoints } from "./checkpoints.js";
import { Holds } from "./holds.js";
import { DEBTS_IN_MEMORY } from "./lane-debts.js";
import type { LaneSource } from "./lane-source.js";
import { Lanes } from "./lanes.js";
import { longestWaits } from "./longest-waits.js";
import { PassSchedule } from "./pass-schedule.js";
import type { PassReason } from "./passes.js";
import { priorities } from "./priorities.js";
import { Reconciler } from "./reconciler.js";
import type { SourceSettings, TargetSettings } from "./settings.js";
import { SourceHooks } from "./source-hooks.js";
import { SourcePhase } from "./source-phase.js";
import type { IndexStatus, SourceStatus } from "./status.js";
import { Silence } from "./silence.js";
import type { TargetLane } from "./target-lane.js";

export interface ReplicatorContext {
  readonly stateDirectory: string;
  readonly clock: Clock;
  readonly facts: FactListener;
  readonly comparisons: Semaphore;
  /** Of a target that is away, so many are kept in memory. */
  readonly debtsInMemory?: number;
}

/** Whoever finds changes by looking waits so long for crowded lanes before it asks again. */
const CROWD_PAUSE_MS = 20;

export class SourceReplicator {
  readonly settings: SourceSettings;
  readonly #context: ReplicatorContext;
  readonly #state: SourceState;
  readonly #root: SourceRoot;
  readonly #lanes = new Lanes();
  #journal: Journal = noJournal();
  #holds: Holds | undefined;
  #hooks: SourceHooks | undefined;
  #checkpoints: Checkpoints | undefined;
  #reconciler: Reconciler | undefined;
  #schedule: PassSchedule | undefined;
  #watch: TreeWatch | undefined;
  #coverage: Coverage = { watched: 0, unwatched: 0 };
  readonly #phase: SourcePhase;
  readonly #silence = new Silence({
    journal: () => this.#journal,
    root: () => this.#phase.root,
    checkpoint: async () => (await this.#checkpoints?.run()) ?? false,
    now: () => this.#context.clock.now(),
    unheard: (path) => this.#watch?.unheard(path),
  });
  #isClosing = false;
  readonly #facts: FactListener = (fact) => {
    this.#hooks?.told(fact);
    this.#context.facts(fact);
  };

  /**
   * Takes the source's state and opens its root; starts nothing. Throws a Fault: ROOT_MISSING,
   * STATE_LOCKED, STATE_UNUSABLE, FILTER_INVALID, DANGEROUS_TARGET.
   */
  constructor(settings: SourceSettings, context: ReplicatorContext) {
    this.settings = settings;
    this.#context = context;
    compileFilter(settings.rules, "source");
    this.#state = new SourceState(context.stateDirectory, settings.path);
    try {
      this.#root = new SourceRoot(settings.path, this.#state.heldEntries);
      this.#phase = new SourcePhase(
        settings.name,
        this.#root,
        this.#state,
        context.clock,
        this.#facts,
        {
          suspend: () => this.#suspend(),
          resume: () => this.#resume(),
          coverage: () => this.#coverage,
        },
      );
    } catch (error) {
      this.#state.close();
      throw error;
    }
  }

  /** Watches first, then compares: nothing can fall between. Resolves when the tree is watched. */
  async start(signal?: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const { path, rules, index, scanIntervalMs, events, watcher } = this.settings;
    const startedAt = clock.now();
    this.#phase.starting();
    this.#journal = await openJournal({
      directory: this.#state.directory,
      source: path,
      rules,
      index,
    });
    this.#sayOrigin();
    this.#join();
    this.#watch = await startWatch(
      { root: path, rules, scanIntervalMs, events, source: watcher },
      this.#listener(),
      signal,
    );
    this.#coverage = this.#watch.coverage;
    this.#phase.watching(clock.now() - startedAt);
    for (const lane of this.#lanes) lane.start();
    this.#reconciler?.start();
    this.#schedule?.start();
  }

  /** Compares once with every target, without a watch and without a journal. */
  startOnce(): void {
    this.#join(true);
    for (const lane of this.#lanes) lane.start();
  }

  /** Resolves when everything that happened before the call is on the targets, or on those named. */
  async flush(targets?: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.#watch?.drain({ scan: true }, signal);
    await this.#reconciler?.idle(signal);
    const time = this.#context.clock.now();
    await this.#lanes.arrived(time, targets, signal);
  }

  /** Resolves when nothing is owed that could be sent now to the targets that can be reached. */
  async settled(signal?: AbortSignal): Promise<void> {
    await Promise.all(this.#lanes.all.map((lane) => lane.idle(signal)));
  }

  lane(target: string): TargetLane | undefined {
    return this.#lanes.byName.get(target);
  }

  get lanes(): readonly TargetLane[] {
    return this.#lanes.all;
  }

  /** Has a subtree compared with every replica, or with those named. */
  compare(path: RelativePath, reason: PassReason, targets?: readonly string[]): void {
    for (const [name, lane] of this.#lanes.byName) {
      if (targets?.includes(name) ?? true) lane.compare(path, reason);
    }
  }

  /** Lets held work go. */
  approve(): readonly Hold[] {
    const ended = this.#holds?.end("approved") ?? [];
    void this.#checkpoints?.run();
    return ended;
  }

  /** Drops held work: what was to be deleted stays on the replicas, what was rewritten is not sent. */
  reject(): readonly Hold[] {
    const held = this.#holds?.list() ?? [];
    void this.#drop(held);
    return held;
  }

  /** Takes targets in and out; those that did not change are not touched. */
  async changeTargets(
    added: readonly TargetSettings[],
    removedNames: readonly string[],
  ): Promise<void> {
    await this.#lanes.change(added, removedNames);
    for (const name of removedNames) {
      if (!this.#lanes.byName.has(name)) this.#hooks?.left(name);
    }
  }

  get status(): SourceStatus {
    const { reason } = this.#phase;
    return {
      name: this.settings.name,
      path: displayPath(this.settings.path),
      state: this.#phase.state,
      ...(reason === undefined ? {} : { reason }),
      coverage: this.#coverage,
      ...(this.#watch === undefined ? {} : { watcher: this.#watch.watcher }),
      index: this.#indexStatus,
      holds: this.#holds?.list() ?? [],
      hooks: this.#hooks?.status ?? [],
      targets: this.#lanes.all.map((lane) => lane.status),
    };
  }

  /** The last raw kernel events, for bug reports. */
  async recentEvents(): Promise<readonly string[]> {
    return (await this.#watch?.recent()) ?? [];
  }

  /** Stops watching, lets what is in flight end within the grace, and gives the state back. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    this.#phase.close();
    this.#schedule?.close();
    await this.#reconciler?.close();
    await Promise.all([this.#lanes.close(graceMs), this.#hooks?.close(graceMs)]);
    // What did not arrive is owed. The watch has to vouch for what is written.
    if (this.#watch !== undefined) await this.#checkpoints?.close();
    await this.#watch?.close();
    this.#holds?.close();
    await this.#journal.close();
    this.#phase.remember();
    this.#root.close();
    this.#state.close();
  }

  /** Makes everything that stands on the journal. */
  #join(isOnce = false): void {
    const { name, rules, guard, waits, first, last, audit, initial, passes, hooks } = this.settings;
    const { clock, comparisons } = this.#context;
    const facts = this.#facts;
    const journal = this.#journal;
    this.#hooks = new SourceHooks(isOnce ? [] : hooks, journal.memories["hooks"], {
      source: name,
      root: this.settings.path,
      clock,
      facts,
      lanes: () => this.#lanes.all,
      wakeJournal: () => this.#checkpoints?.wake(),
    });
    const holds = new Holds(name, journal, clock, facts, guard, {
      exists: (path) => createLook(this.#root.pinned)(path).type !== "missing",
      changed: () => {
        for (const lane of this.#lanes) lane.holdsChanged();
        this.#checkpoints?.wake();
      },
      caughtUp: async () => this.#watch?.drain({ scan: false }),
    });
    this.#holds = holds;
    const shared: LaneSource = {
      name,
      root: this.#root,
      filter: compileFilter(rules, "source"),
      longestWaitMs: longestWaits(waits),
      rankOf: priorities(first, last),
      state: this.#state,
      journal,
      memories: journal.memories,
      holds,
      indexed: () => this.#indexStatus.entries,
      audit,
      initial,
      debtsInMemory: this.#context.debtsInMemory ?? DEBTS_IN_MEMORY,
      clock,
      comparisons,
      facts,
      isScanning: () => this.#reconciler?.isIdle === false,
      rootLost: (reason) => this.#phase.missed(reason),
      caughtUp: async (signal) => this.#watch?.drain({ scan: false }, signal),
      wakeJournal: () => this.#checkpoints?.wake(),
      suspect: (paths) => this.#suspect(paths),
      lackedAtFirst: (target, path) => this.#hooks?.lackedAtFirst(target, path),
      origins: () => this.#phase.origins,
    };
    this.#lanes.begin(shared, this.settings.targets);
    this.#schedule = new PassSchedule(
      passes,
      this.#lanes.byName,
      clock,
      journal.memories["passes"],
    );
    const root = () => this.#phase.root;
    this.#reconciler = new Reconciler(name, journal, clock, facts, {
      root,
      reliedOn: () => this.#lanes.all.some((lane) => lane.isKnown),
      found: (changes) => this.#found(changes),
      filled: () => this.#checkpoints?.wake(),
      rested: () => {
        for (const lane of this.#lanes) lane.scanEnded();
      },
    });
    journal.onReset(() => this.#indexLost());
    journal.onTrouble((trouble) => this.#say(trouble));
    if (isOnce) return;
    this.#checkpoints = new Checkpoints(journal, clock, {
      root,
      // What is owed is written with what is held of it, so that no start finds one without the other.
      drain: async () => {
        // The watch knows best whether anything has to be scanned: what was told of that may be old.
        await this.#watch?.drain({ scan: true });
        await holds.judged();
      },
      debts: () => {
        const isFilled = !journal.hasIndex || (this.#reconciler?.isFilled ?? false);
        return this.#lanes.debts(isFilled);
      },
      memories: () => this.#memories(),
      looks: () => holds.looks(),
      committed: () => {
        holds.indexed();
        this.#lanes.committed();
      },
      notCommitted: () => this.#lanes.notCommitted(),
      rewritten: (count, indexed) => holds.rewritten(count, indexed),
    });
  }

  /** The hold ends last: nothing of it may slip away meanwhile. */
  async #drop(held: readonly Hold[]): Promise<void> {
    for (const lane of this.#lanes) {
      if (held.some(({ kind }) => kind === "rewrites")) lane.dropOwed();
      if (held.some(({ kind }) => kind === "deletes")) await lane.keepDeleted();
    }
    this.#holds?.end("rejected");
    void this.#checkpoints?.run();
  }

  #listener(): WatchListener {
    return {
      changes: (changes: Changes) => {
        this.#holds?.weigh(changes);
        for (const lane of this.#lanes) lane.changed(changes);
        this.#hooks?.changed(changes);
        this.#checkpoints?.note(changes);
      },
      gap: (gap: Gap) => this.#gap(gap),
      root: (state, reason) => this.#phase.told(state, reason),
      coverage: (coverage) => {
        this.#coverage = coverage;
        this.#facts({ kind: "coverage", source: this.settings.name, coverage });
      },
      notice: ({ level, text, hint }) => this.#note(level, text, hint),
    };
  }

  #gap(gap: Gap): void {
    this.#facts({ kind: "gap", source: this.settings.name, gap });
    // First the index keeps its older rows, then the scan compares with them.
    this.#checkpoints?.gap(gap.path);
    for (const lane of this.#lanes) lane.gap(gap.path);
    this.#reconciler?.gap(gap.path);
  }

  /** A scan found these; replicas that are still to be compared as a whole need not be told. */
  async #found(changes: Changes): Promise<void> {
    // What came and went since the last checkpoint has left no trace but its directory's time; and
    // what is a new directory here may be an old one there.
    const kinds = changes.kinds.map((kind) => (isDirectory(kind) ? kind | Kind.Children : kind));
    this.#holds?.weigh(changes);
    for (const lane of this.#lanes) lane.found({ ...changes, kinds });
    this.#hooks?.changed(changes);
    this.#checkpoints?.note(changes);
    while (this.#isCrowded() && !this.#isClosing) await this.#context.clock.sleep(CROWD_PAUSE_MS);
  }

  /** Where some events do not count, a change without one is nothing to wonder at. */
  #suspect(paths: readonly RelativePath[]): void {
    if (this.settings.events === undefined) void this.#silence.suspect(paths);
  }

  #isCrowded(): boolean {
    if (this.#phase.isLost) return false;
    if (this.#checkpoints?.isCrowded === true) return true;
    return this.#lanes.all.some((lane) => lane.isCrowded);
  }

  #memories(): Memories {
    const { memory: holds } = this.#holds ?? {};
    const hooks = this.#hooks?.memories();
    return { holds, passes: this.#schedule?.memory, ...hooks, ...this.#lanes.memories };
  }

  #indexLost(): void {
    this.#hooks?.journalLost();
    for (const lane of this.#lanes) lane.indexLost();
    this.#reconciler?.refill();
  }

  get #indexStatus(): IndexStatus {
    const state = this.#reconciler?.state ?? "off";
    const { seen, expected } = this.#reconciler?.progress ?? { seen: 0, expected: 0 };
    const { indexed, writtenAt } = this.#checkpoints ?? {};
    const total = this.#reconciler?.total ?? 0;
    const entries = indexed ?? (total > 0 ? total : expected);
    return { state, entries, seen, expected, writtenAt };
  }

  /** The root is gone: nothing is read and nothing is sent. */
  #suspend(): void {
    this.#reconciler?.suspend();
    for (const lane of this.#lanes) lane.suspend();
  }

  #resume(): void {
    for (const lane of this.#lanes) lane.resume();
    this.#reconciler?.resume();
  }

  #sayOrigin(): void {
    const { origin } = this.#journal;
    if (origin.kind !== "set-aside") return;
    const text = `Cannot use the journal: ${origin.reason}. It lies in '${origin.movedTo}' now, a new one is begun, and every replica is compared as a whole`;
    this.#note("error", text, undefined);
  }

  #say(trouble: { readonly text: string } | undefined): void {
    if (trouble === undefined) this.#note("info", "The journal can be written again", undefined);
    else this.#note("error", trouble.text, "Replication goes on; a restart will compare more.");
  }

  #note(level: "info" | "warn" | "error", text: string, hint: string | undefined): void {
    const advice = hint === undefined ? text : `${text}. ${hint}`;
    this.#facts({ kind: "note", level, source: this.settings.name, text: advice });
  }
}

function isDirectory(kinds: Kinds): boolean {
  return (kinds & Kind.Directory) !== 0 && (kinds & Kind.Gone) === 0;
}

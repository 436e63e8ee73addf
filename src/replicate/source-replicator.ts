/**
 * One source and its lanes: a true watch on the tree, and a copy of every change for each target.
 *
 * Nothing but wiring and the state of the root. Lanes know nothing of one another.
 */
import { compileFilter } from "../filter/filter.js";
import { SourceState } from "../journal/source-state.js";
import type { Changes, Coverage, Gap } from "../model/change.js";
import type { Clock } from "../model/clock.js";
import type { FactListener, SourceState as State } from "../model/fact.js";
import { displayPath } from "../model/path.js";
import type { Semaphore } from "../schedule/semaphore.js";
import { SourceRoot } from "../transfer/source-root.js";
import { type TreeWatch, type WatchListener, startWatch } from "../watch/watch.js";
import type { LaneSource } from "./lane-source.js";
import { longestWaits } from "./longest-waits.js";
import type { SourceSettings, TargetSettings } from "./settings.js";
import type { SourceStatus } from "./status.js";
import { TargetLane } from "./target-lane.js";

export interface ReplicatorContext {
  readonly stateDirectory: string;
  readonly clock: Clock;
  readonly facts: FactListener;
  readonly comparisons: Semaphore;
}

/** How long one lane may take to end what it has under way when its target is taken out, ms. */
const REMOVAL_GRACE_MS = 5_000;

export class SourceReplicator {
  readonly settings: SourceSettings;
  readonly #context: ReplicatorContext;
  readonly #state: SourceState;
  readonly #root: SourceRoot;
  readonly #shared: LaneSource;
  readonly #lanes = new Map<string, TargetLane>();
  #watch: TreeWatch | undefined;
  #coverage: Coverage = { watched: 0, unwatched: 0 };
  #phase: State = { state: "starting" };

  /**
   * Takes the source's state and opens its root; starts nothing. Throws a Fault: ROOT_MISSING,
   * STATE_LOCKED, STATE_UNUSABLE, FILTER_INVALID.
   */
  constructor(settings: SourceSettings, context: ReplicatorContext) {
    this.settings = settings;
    this.#context = context;
    const filter = compileFilter(settings.rules, "source");
    const longestWaitMs = longestWaits(settings.waits);
    this.#state = new SourceState(context.stateDirectory, settings.path);
    try {
      this.#root = new SourceRoot(settings.path, this.#state.heldEntries);
    } catch (error) {
      this.#state.close();
      throw error;
    }
    this.#shared = {
      name: settings.name,
      root: this.#root,
      filter,
      longestWaitMs,
      state: this.#state,
      clock: context.clock,
      comparisons: context.comparisons,
      facts: context.facts,
      rootLost: (reason) => this.#rootLost(reason),
    };
    for (const target of settings.targets) this.#addLane(target);
  }

  /** Watches first, then compares: nothing can fall between. Resolves when the tree is watched. */
  async start(signal?: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const startedAt = clock.now();
    this.#enter({ state: "starting" });
    this.#watch = await startWatch(
      { root: this.settings.path, rules: this.settings.rules },
      this.#listener(),
      signal,
    );
    this.#coverage = this.#watch.coverage;
    const tookMs = clock.now() - startedAt;
    this.#enter({ state: "watching", coverage: this.#coverage, tookMs });
    this.startLanes();
  }

  /** Starts every lane; without a watch it is a full pass and no more. */
  startLanes(): void {
    for (const lane of this.#lanes.values()) lane.start(this.settings.initial);
  }

  /** Resolves when everything that happened before the call is on the targets that can be reached. */
  async flush(signal?: AbortSignal): Promise<void> {
    await this.#watch?.drain(signal);
    await Promise.all([...this.#lanes.values()].map((lane) => lane.idle(signal)));
  }

  /** Takes targets in and out; those that did not change are not touched. */
  async changeTargets(
    added: readonly TargetSettings[],
    removedNames: readonly string[],
  ): Promise<void> {
    await Promise.all(
      removedNames.map(async (name) => {
        const lane = this.#lanes.get(name);
        this.#lanes.delete(name);
        await lane?.close(REMOVAL_GRACE_MS);
      }),
    );
    for (const target of added) this.#addLane(target).start(this.settings.initial);
  }

  get status(): SourceStatus {
    return {
      name: this.settings.name,
      path: displayPath(this.settings.path),
      state: this.#phase.state,
      coverage: this.#coverage,
      targets: [...this.#lanes.values()].map((lane) => lane.status),
    };
  }

  /** The last raw kernel events, for bug reports. */
  async recentEvents(): Promise<readonly string[]> {
    return (await this.#watch?.recent()) ?? [];
  }

  /** Stops watching, lets what is in flight end within the grace, and gives the state back. */
  async close(graceMs: number): Promise<void> {
    await this.#watch?.close();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close(graceMs)));
    this.#rememberRoot();
    this.#root.close();
    this.#state.close();
  }

  #addLane(settings: TargetSettings): TargetLane {
    const lane = new TargetLane(this.#shared, settings);
    this.#lanes.set(settings.name, lane);
    return lane;
  }

  #listener(): WatchListener {
    return {
      changes: (changes: Changes) => {
        for (const lane of this.#lanes.values()) lane.changed(changes);
      },
      gap: (gap: Gap) => {
        this.#context.facts({ kind: "gap", source: this.settings.name, gap });
        for (const lane of this.#lanes.values()) lane.compare(gap.path, "gap");
      },
      root: (state, reason) => (state === "lost" ? this.#rootLost(reason) : this.#rootReturned()),
      coverage: (coverage) => {
        this.#coverage = coverage;
        this.#context.facts({ kind: "coverage", source: this.settings.name, coverage });
      },
      notice: ({ level, text, hint }) => {
        const advice = hint === undefined ? text : `${text}. ${hint}`;
        this.#context.facts({ kind: "note", level, source: this.settings.name, text: advice });
      },
    };
  }

  #rootLost(reason: string): void {
    if (this.#phase.state === "root-lost") return;
    this.#enter({ state: "root-lost", reason });
    for (const lane of this.#lanes.values()) lane.suspend();
  }

  #rootReturned(): void {
    try {
      this.#root.reopen();
    } catch {
      return; // gone again: the watch will tell
    }
    this.#enter({ state: "watching", coverage: this.#coverage, tookMs: 0 });
    for (const lane of this.#lanes.values()) lane.resume();
  }

  #enter(phase: State): void {
    this.#phase = phase;
    this.#rememberRoot();
    this.#context.facts({ kind: "source-state", source: this.settings.name, ...phase });
  }

  #rememberRoot(): void {
    this.#root.verdict();
    this.#state.heldEntries = this.#root.heldEntries;
  }
}

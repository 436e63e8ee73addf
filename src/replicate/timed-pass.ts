/**
 * One timed pass over one target: a comparison of everything, and what it finds is sent, by sessions
 * of its own and with its own limit. Changes that happen meanwhile go their usual way, ahead of it.
 */
import { type Filter, bothKeep, compileFilter } from "../filter/filter.js";
import type { Batch } from "../model/batch.js";
import { Kind } from "../model/change.js";
import { type RelativePath, ROOT } from "../model/path.js";
import type { DirtySet, OnMissing } from "../queue/dirty-set.js";
import type { Remote } from "../rsync/remote.js";
import type { KeptNames } from "../safety/first-contact.js";
import { createLook } from "../transfer/look.js";
import type { LaneSource } from "./lane-source.js";
import { type ExtraPolicy, MOST_REPEATS, comparePass } from "./passes.js";
import type { TargetSettings, TimedPassSettings } from "./settings.js";

export interface TimedPassHooks {
  /** The target is there. */
  isServed(): boolean;
  readonly dirty: DirtySet;
  /** Opens a remote of the pass's own. */
  open(bandwidth: number | undefined): Remote;
  missing(): OnMissing;
  /** A path is missing, and nobody has said so: its deletion waits for a verdict. */
  gone(path: RelativePath): void;
  carry(batch: Batch, remote: Remote): Promise<void>;
  readonly kept: KeptNames;
  /** What a transfer that is under way is writing. */
  readonly isUnfinished: (path: RelativePath) => boolean;
  ended(): void;
}

const CLOSE_GRACE_MS = 5_000;

export class TimedPass {
  readonly #settings: TimedPassSettings;
  readonly #source: LaneSource;
  readonly #target: TargetSettings;
  readonly #filter: Filter;
  readonly #hooks: TimedPassHooks;
  readonly #found = new Set<RelativePath>();

  constructor(
    settings: TimedPassSettings,
    source: LaneSource,
    target: TargetSettings,
    filter: Filter,
    hooks: TimedPassHooks,
  ) {
    this.#settings = settings;
    this.#source = source;
    this.#target = target;
    this.#hooks = hooks;
    const { rules } = settings;
    this.#filter = rules.length === 0 ? filter : bothKeep(filter, compileFilter(rules, "target"));
  }

  /**
   * Compares and sends until the replica is equal, the target goes away, or the signal says that the
   * time is over. True when it came to its end.
   */
  async run(signal: AbortSignal): Promise<boolean> {
    if (!this.#hooks.isServed()) return false;
    const { bandwidth = this.#target.bandwidth } = this.#settings;
    const remote = this.#hooks.open(bandwidth);
    try {
      for (let repeats = 0; ; repeats++) {
        const again = await this.#compare(remote, signal);
        if (again === undefined || !(await this.#send(remote, signal))) return false;
        if (!again || repeats === MOST_REPEATS) return true;
      }
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    } finally {
      this.#handOver();
      this.#hooks.ended();
      await remote.close(CLOSE_GRACE_MS);
    }
  }

  /** Whether another comparison may find more when this is sent; undefined where the target failed. */
  async #compare(remote: Remote, signal: AbortSignal): Promise<boolean | undefined> {
    const { clock, facts, name } = this.#source;
    const startedAt = clock.now();
    const { dirty, kept } = this.#hooks;
    const weighing = this.#source.holds.extras();
    const {
      trouble,
      differences,
      unfinished,
      incomplete,
      kept: keptCount,
      keptSample,
    } = await comparePass(
      ROOT,
      {
        extras: this.#extras(),
        kept,
        isOurs: () => false,
        isUnfinished: this.#hooks.isUnfinished,
        keeps: (path, isDirectory) => this.#filter.keeps(path, isDirectory),
        owe: (path, kinds) => {
          if (dirty.awaitsClose(path) || dirty.debtOf(path) !== undefined) return;
          if ((kinds & Kind.Gone) !== 0 && this.#target.adopt === "keep") {
            weighing?.found(path, this.#source.indexed());
          }
          dirty.add(path, kinds, clock.now(), { background: true });
          this.#found.add(path);
        },
        compare: (path, deletes, onDifference, either) =>
          remote.compare(path, { deletes, filter: this.#filter, onDifference }, either),
      },
      signal,
    );
    if (trouble !== undefined) return undefined;
    this.#source.wakeJournal();
    facts({
      kind: "pass",
      source: name,
      target: this.#target.name,
      path: ROOT,
      differences,
      kept: keptCount,
      keptSample,
      tookMs: clock.now() - startedAt,
    });
    return unfinished || (incomplete && differences > 0);
  }

  /** What is left of it is as good as any other change. */
  #handOver(): void {
    const { dirty } = this.#hooks;
    for (const path of this.#found) {
      const debt = dirty.debtOf(path);
      if (debt !== undefined) dirty.add(path, debt.kinds, debt.since);
    }
    this.#found.clear();
  }

  async #send(remote: Remote, signal: AbortSignal): Promise<boolean> {
    const { clock, root } = this.#source;
    const { dirty } = this.#hooks;
    while (dirty.hasBackground) {
      if (signal.aborted || !this.#hooks.isServed()) return false;
      const batch = dirty.cut({
        now: clock.now(),
        lane: "background",
        missing: this.#hooks.missing(),
        look: createLook(root.pinned),
        onGone: (path) => this.#hooks.gone(path),
      });
      if (batch === undefined) await clock.sleep(100, signal);
      else await this.#hooks.carry(batch, remote);
    }
    return true;
  }

  #extras(): ExtraPolicy {
    const { deletes } = this.#target;
    return deletes === "mirror" || deletes === "startup-only" ? "delete" : "ignore";
  }
}

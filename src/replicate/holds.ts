/**
 * Work that is held because too much was deleted or rewritten at once: judged here, for all lanes of
 * a source together; remembered over a restart; ended by a person, or by the source's recovery.
 */
import type { Journal } from "../journal/journal.js";
import { type Changes, Kind } from "../model/change.js";
import type { Clock } from "../model/clock.js";
import type { FactListener } from "../model/fact.js";
import type { Hold, HoldEnd, HoldKind } from "../model/hold.js";
import { type RelativePath, isBelow } from "../model/path.js";
import { Surge } from "../safety/surge.js";
import { Tally } from "../safety/tally.js";
import type { GuardSettings } from "./settings.js";

export interface HoldsHooks {
  /** Whether something is at a path now. */
  exists(path: RelativePath): boolean;
  /** What may be sent has changed. */
  changed(): void;
  /** Resolves when all that happened before the call was told, and so weighed. */
  caughtUp(): Promise<void>;
}

/** Paths of held deletions that are remembered, to see whether they come back. */
const MOST_PATHS = 2_000;
const SAMPLE = 5;
const RECHECK_MS = 5_000;

/** Of the remembered paths so many have to be back before a hold ends by itself. */
const RECOVERED_SHARE = 0.9;

/** Counts what only a replica has, and holds it where that is too much. */
export interface Extras {
  /** @param indexed entries in the index */
  found(path: RelativePath, indexed: number): void;
}

interface Held extends Hold {
  /** What was deleted; of `rewrites` nothing. */
  readonly paths: readonly RelativePath[];
}

export class Holds {
  readonly #source: string;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #facts: FactListener;
  readonly #hooks: HoldsHooks;
  readonly #limits: GuardSettings;
  readonly #deletes: Surge | undefined;
  readonly #rewrites: Surge | undefined;
  readonly #held = new Map<HoldKind, Held>();
  /** What was deleted within the last minute, for the sample and for the look whether it is back. */
  #gone: { readonly at: number; readonly path: RelativePath }[] = [];
  readonly #judging = new Set<Promise<void>>();
  readonly #tally = new Tally();
  /** What was seen to be missing before anybody said why. */
  readonly #missing = new Set<RelativePath>();
  #cancelRecheck: (() => void) | undefined;

  constructor(
    source: string,
    journal: Journal,
    clock: Clock,
    facts: FactListener,
    limits: GuardSettings,
    hooks: HoldsHooks,
  ) {
    this.#source = source;
    this.#journal = journal;
    this.#clock = clock;
    this.#facts = facts;
    this.#hooks = hooks;
    this.#limits = limits;
    this.#deletes = limits.deletes && new Surge(limits.deletes);
    this.#rewrites = limits.rewrites && new Surge(limits.rewrites);
    for (const hold of remembered(journal.memories["holds"])) {
      const limit = hold.kind === "deletes" ? limits.deletes : limits.rewrites;
      if (limit !== undefined) this.#held.set(hold.kind, hold);
    }
    if (this.#held.has("deletes")) this.#recheckLater();
  }

  /** Deletions have to wait: held, or not judged yet. */
  get holdsDeletes(): boolean {
    return this.isJudging || this.#held.size > 0;
  }

  /** Deletions that were told are being weighed: in a moment they go, or are held. */
  get isJudging(): boolean {
    return this.#judging.size > 0;
  }

  /** Resolves when every deletion told so far is judged. */
  async judged(): Promise<void> {
    while (this.isJudging) await Promise.all(this.#judging);
  }

  /** Nothing may be sent. */
  get holdsEverything(): boolean {
    return this.#held.has("rewrites");
  }

  list(): readonly Hold[] {
    return [...this.#held.values()].map(({ kind, since, entries, of, sample }) => ({
      kind,
      since,
      entries,
      of,
      sample,
    }));
  }

  /** For the journal, as plain JSON. */
  get memory(): unknown {
    return [...this.#held.values()];
  }

  /**
   * Weighs the deletions among changes, by what the index holds there. To be called before the lanes
   * take them over. Whoever was renamed is not deleted; what is told twice counts once.
   */
  weigh({ paths, kinds, moves = [], at }: Changes): void {
    if (this.#deletes === undefined || !this.#journal.hasIndex) return;
    const moved = new Set(moves.map(({ from }) => from));
    for (const path of this.#missing) {
      if (moves.some(({ from }) => path === from || isBelow(path, from)))
        this.#missing.delete(path);
    }
    const gone = paths.filter(
      (path, index) => ((kinds[index] ?? 0) & Kind.Gone) !== 0 && !moved.has(path),
    );
    if (gone.length > 0) this.#await(this.#judge(gone, at, this.#deletes));
  }

  /**
   * Weighs what a look found missing. The disk is ahead of the news: what was renamed a moment ago is
   * told so in a moment, and is not deleted. Until then no deletion goes.
   */
  weighMissing(paths: readonly RelativePath[]): void {
    const surge = this.#deletes;
    if (surge === undefined || !this.#journal.hasIndex || paths.length === 0) return;
    for (const path of paths) this.#missing.add(path);
    this.#await(this.#judgeMissing(paths, surge));
  }

  /** A measure of its own for whoever finds by comparing that something is to be deleted on a replica. */
  extras(): Extras | undefined {
    const limit = this.#limits.deletes;
    if (limit === undefined || !this.#journal.hasIndex) return undefined;
    const surge = new Surge(limit);
    return {
      found: (path, indexed) => {
        const now = this.#clock.now();
        surge.add(1, now);
        const tripped = surge.judge(now, indexed);
        if (tripped === undefined) return;
        surge.forgive();
        this.#hold("deletes", tripped, [path]);
      },
    };
  }

  /** The index begins to be brought up to date with all that was told so far. */
  looks(): void {
    this.#tally.looks();
  }

  /** It was. */
  indexed(): void {
    this.#tally.indexed();
  }

  /** Weighs what a checkpoint saw rewritten. */
  rewritten(count: number, indexed: number): void {
    if (this.#rewrites === undefined) return;
    const now = this.#clock.now();
    this.#rewrites.add(count, now);
    const tripped = this.#rewrites.judge(now, indexed);
    if (tripped !== undefined) this.#hold("rewrites", tripped, []);
  }

  /** Ends what is held, as a person decided; answers what that was. */
  end(how: Extract<HoldEnd, "approved" | "rejected">): readonly Hold[] {
    const ended = this.list();
    for (const { kind } of ended) this.#release(kind, how);
    return ended;
  }

  close(): void {
    this.#cancelRecheck?.();
  }

  #await(judging: Promise<void>): void {
    const judgement = judging.finally(() => {
      this.#judging.delete(judgement);
      if (!this.isJudging) this.#hooks.changed();
    });
    this.#judging.add(judgement);
  }

  async #judgeMissing(paths: readonly RelativePath[], surge: Surge): Promise<void> {
    // Where no news can be had, what is missing counts as deleted.
    await this.#hooks.caughtUp().catch(() => undefined);
    const gone = paths.filter((path) => this.#missing.delete(path));
    if (gone.length > 0) await this.#judge(gone, this.#clock.now(), surge);
  }

  async #judge(gone: readonly RelativePath[], at: number, surge: Surge): Promise<void> {
    const { round } = this.#tally;
    try {
      const { each, all } = await this.#journal.count(gone);
      const entries = gone.map((path, index) => this.#tally.add(path, each[index] ?? 0, round));
      surge.add(
        entries.reduce((sum, one) => sum + one, 0),
        at,
      );
      this.#note(gone, at);
      const tripped = surge.judge(at, all);
      if (tripped !== undefined)
        this.#hold(
          "deletes",
          tripped,
          this.#gone.map(({ path }) => path),
        );
    } catch {
      // The journal is being closed, or has said what is wrong; nothing can be weighed without it.
    }
  }

  #note(gone: readonly RelativePath[], at: number): void {
    const recent = this.#gone.filter((each) => at - each.at < 60_000);
    for (const path of gone) if (recent.length < MOST_PATHS) recent.push({ at, path });
    this.#gone = recent;
  }

  #hold(
    kind: HoldKind,
    { entries, of }: { readonly entries: number; readonly of: number },
    paths: readonly RelativePath[],
  ): void {
    const known = this.#held.get(kind);
    const since = known?.since ?? this.#clock.now();
    const held = { kind, since, entries, of, sample: paths.slice(0, SAMPLE), paths };
    this.#held.set(kind, held);
    if (known !== undefined) return;
    const hold: Hold = { kind, since, entries, of, sample: held.sample };
    this.#facts({ kind: "held", source: this.#source, hold });
    this.#hooks.changed();
    if (kind === "deletes") this.#recheckLater();
  }

  #release(kind: HoldKind, how: HoldEnd): void {
    if (!this.#held.delete(kind)) return;
    (kind === "deletes" ? this.#deletes : this.#rewrites)?.forgive();
    if (kind === "deletes") this.#gone = [];
    this.#facts({ kind: "hold-ended", source: this.#source, hold: kind, how });
    this.#hooks.changed();
  }

  #recheckLater(): void {
    this.#cancelRecheck?.();
    this.#cancelRecheck = this.#clock.after(RECHECK_MS, () => this.#recheck());
  }

  /** What was deleted may be back: a disk is mounted again, a backup restored. */
  #recheck(): void {
    const held = this.#held.get("deletes");
    if (held === undefined) return;
    const back = held.paths.filter((path) => this.#hooks.exists(path)).length;
    const isBack = held.paths.length > 0 && back >= RECOVERED_SHARE * held.paths.length;
    if (isBack) this.#release("deletes", "recovered");
    else this.#recheckLater();
  }
}

function remembered(memory: unknown): readonly Held[] {
  return Array.isArray(memory) ? (memory as readonly Held[]) : [];
}

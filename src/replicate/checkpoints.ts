/**
 * Brings the journal up to date, about once a second while anything happens, and never in anybody's
 * way: look at what changed, make sure that every lane has heard of all that happened before the
 * look, then write what was seen together with what the lanes owe. See journal/journal.ts.
 */
import type { DebtChange, Journal, Memories } from "../journal/journal.js";
import { type Changes, Kind } from "../model/change.js";
import type { Clock } from "../model/clock.js";
import { type RelativePath, isBelow, ROOT } from "../model/path.js";

export interface CheckpointHooks {
  /** Where to look: the pinned root; undefined while the root is lost. */
  root(): string | undefined;
  /** What was noted so far is about to be looked at. */
  looks(): void;
  /** Resolves when all that happened before the call was told; with `scan`, where nothing tells it, too. */
  drain(): Promise<void>;
  /** What the lanes owe, as of this very moment; empty where nothing is new. */
  debts(): readonly DebtChange[];
  /** What else is to be remembered, as of this very moment. */
  memories(): Memories;
  /** The journal holds what `debts` and `memories` said. */
  committed(): void;
  /** It does not: the next time they have to say everything. */
  notCommitted(): void;
  /** Files that were in the index and are another now, and entries in the index. */
  rewritten(count: number, indexed: number): void;
}

const PAUSE_MS = 1_000;

/** The longest share of the time that draining may take: it scans where nothing is told. */
const DRAIN_SHARE = 20;

/** The last one may take so long. */
const LAST_MS = 5_000;

/** So many paths are not kept waiting for the next second. */
const MOST_NOTED = 50_000;

export class Checkpoints {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #hooks: CheckpointHooks;
  #noted = new Set<RelativePath>();
  #subtrees = new Set<RelativePath>();
  /** Where there were gaps since the look under way was begun: it is worth nothing then. */
  #gaps: RelativePath[] = [];
  #cancelTimer: (() => void) | undefined;
  #running: Promise<boolean> | undefined;
  #closed = false;
  #pauseMs = PAUSE_MS;
  /** When a checkpoint last came to its end, ms since the epoch. */
  writtenAt: number | undefined;
  /** Entries in the index, as of the last checkpoint; undefined before the first. */
  indexed: number | undefined;

  constructor(journal: Journal, clock: Clock, hooks: CheckpointHooks) {
    this.#journal = journal;
    this.#clock = clock;
    this.#hooks = hooks;
  }

  /** Takes over what the watch or a scan has told. */
  note({ paths, kinds, moves }: Changes): void {
    if (this.#journal.hasIndex) {
      for (const [index, path] of paths.entries()) {
        this.#noted.add(path);
        if (((kinds[index] ?? 0) & Kind.Subtree) !== 0) this.#subtrees.add(path);
      }
      for (const { to, isDirectory } of moves ?? []) if (isDirectory) this.#subtrees.add(to);
    }
    this.wake();
  }

  /** Something is to be written, in a moment. */
  wake(): void {
    if (this.#closed || this.#running !== undefined) return;
    if (this.#noted.size >= MOST_NOTED) void this.run();
    else this.#cancelTimer ??= this.#clock.after(this.#pauseMs, () => void this.run());
  }

  /** True while so much is noted that whoever finds more should wait. */
  get isCrowded(): boolean {
    return this.#noted.size >= MOST_NOTED;
  }

  /**
   * Events were lost: what was noted at and below `path` is forgotten, so that the index keeps its
   * older rows, and the scan that has to follow finds everything there that is not as it was.
   */
  gap(path: RelativePath): void {
    this.#gaps.push(path);
    for (const set of [this.#noted, this.#subtrees]) {
      for (const noted of set) if (touches(path, noted)) set.delete(noted);
    }
    void this.#journal.discard();
  }

  /** Makes one checkpoint, after the one that is under way. True when it was written. */
  async run(): Promise<boolean> {
    while (this.#running !== undefined) await this.#running;
    if (this.#closed) return false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#running = this.#make();
    const written = await this.#running.finally(() => (this.#running = undefined));
    if (this.#noted.size > 0 || this.#subtrees.size > 0) this.wake();
    return written;
  }

  /**
   * Makes a last one, where that does not take long: a watch that is just healing cannot vouch for it,
   * and the next start finds what was not written. Nothing is written afterwards.
   */
  async close(): Promise<void> {
    const over = new AbortController();
    const limit = this.#clock.sleep(LAST_MS, over.signal).catch(() => undefined);
    await Promise.race([this.run(), limit]);
    over.abort();
    this.#closed = true;
    this.#cancelTimer?.();
  }

  async #make(): Promise<boolean> {
    const root = this.#hooks.root();
    if (root === undefined) return false;
    this.#gaps = [];
    const paths = this.#noted;
    const subtrees = this.#subtrees;
    this.#noted = new Set();
    this.#subtrees = new Set();
    this.#hooks.looks();
    const again = () => {
      const isSound = (path: RelativePath) => !this.#gaps.some((gap) => touches(gap, path));
      for (const path of paths) if (isSound(path)) this.#noted.add(path);
      for (const path of subtrees) if (isSound(path)) this.#subtrees.add(path);
    };
    try {
      const racy = await this.#look(root, paths, subtrees);
      const startedAt = this.#clock.now();
      await this.#hooks.drain();
      const tookMs = this.#clock.now() - startedAt;
      this.#pauseMs = Math.max(PAUSE_MS, DRAIN_SHARE * tookMs);
      if (this.#gaps.length > 0 || this.#closed) {
        again();
        return false;
      }
      for (const path of racy) this.#noted.add(path);
      await this.#journal.commit(this.#hooks.debts(), this.#hooks.memories());
      this.writtenAt = this.#clock.now();
      this.#hooks.committed();
      await this.#count();
      return true;
    } catch {
      // The journal has said what is wrong. What it has seen it keeps, so naming it again is enough.
      again();
      this.#hooks.notCommitted();
      return false;
    }
  }

  async #count(): Promise<void> {
    if (!this.#journal.hasIndex) return;
    // It may be closing, or have been damaged since: the figure is then as it was.
    const counted = await this.#journal.count([]).catch(() => undefined);
    this.indexed = counted?.all ?? this.indexed;
  }

  async #look(
    root: string,
    paths: ReadonlySet<RelativePath>,
    subtrees: ReadonlySet<RelativePath>,
  ): Promise<readonly RelativePath[]> {
    if (!this.#journal.hasIndex || paths.size + subtrees.size === 0) return [];
    const seen = await this.#journal.look(root, [...paths], [...subtrees]);
    if (seen.rewritten > 0) this.#hooks.rewritten(seen.rewritten, seen.indexed);
    return seen.racy;
  }
}

/** True where one lies at or below the other. */
function touches(one: RelativePath, other: RelativePath): boolean {
  return one === ROOT || one === other || isBelow(other, one) || isBelow(one, other);
}

/**
 * What one target is owed, as the journal is to have it: tells what changed since the last checkpoint,
 * keeps it out of memory while the target is away and it is much, and brings it back.
 */
import type { Debt, DebtChange, Journal } from "../journal/journal.js";
import { Kind, type Kinds } from "../model/change.js";
import type { Clock } from "../model/clock.js";
import type { RelativePath } from "../model/path.js";
import type { Owed, OwedPath } from "../queue/debts.js";
import type { DirtySet } from "../queue/dirty-set.js";

export interface LaneDebtsHooks {
  /** The target is away: nothing is taken out of the dirty set. */
  isAway(): boolean;
  /** Subtrees that wait to be compared, or are being compared. */
  passes(): readonly RelativePath[];
  /** Directories of which what lies directly in them is to be compared. */
  shallow(): ReadonlySet<RelativePath>;
  /** Has a subtree compared that was owed so. */
  compare(path: RelativePath, reason: "gap"): void;
  /** Why a path failed last; "" where it did not. */
  reasonOf(path: RelativePath): string;
  /** A debt was brought back that had failed before. */
  failedBefore(debt: Debt): void;
  /** Something was brought back into the dirty set. */
  loaded(): void;
}

/** Standard for `debtsInMemory`. */
export const DEBTS_IN_MEMORY = 50_000;

/** Debts are brought back so many at a time, whenever fewer than that wait. */
const PAGE = 20_000;

export interface DebtsLegacy {
  /** Debts in the journal, at least; 0 only where there are none. */
  readonly stored: number;
  /** Debts in memory, written or not. */
  readonly others: readonly Omit<OwedPath, "retryAt">[];
  readonly shallow: readonly RelativePath[];
}

type Arriving = Map<RelativePath, { kinds: Kinds; since: number }>;

/** What the checkpoint under way was told. */
interface Told {
  readonly arriving: Arriving;
  readonly passes: ReadonlySet<RelativePath>;
  readonly shallow: ReadonlySet<RelativePath>;
  readonly leavesRows: boolean;
}

export class LaneDebts {
  readonly #key: string;
  readonly #journal: Journal;
  readonly #dirty: DirtySet;
  readonly #clock: Clock;
  /** More than this is not kept in memory for a target that is away. */
  readonly #mostInMemory: number;
  readonly #hooks: LaneDebtsHooks;
  /**
   * `known`: the replica has what the index says, but for what it is owed; so it takes part in
   * checkpoints. `proven`: it will, from the next checkpoint on.
   */
  #standing: "unknown" | "proven" | "known";
  /** Where debts that are not in memory are: nowhere, all in the journal, or on their way back. */
  #store: "none" | "stored" | "loading" = "none";
  #stored = 0;
  #cursor: RelativePath | undefined;
  #isReading = false;
  /** Changes that came while the debts are stored. */
  #arriving: Arriving = new Map();
  #touched = new Set<RelativePath>();
  #passesWritten: ReadonlySet<RelativePath> = new Set();
  #shallowWritten: ReadonlySet<RelativePath> = new Set();
  /** The journal may hold rows of this replica. */
  #hasRows: boolean;
  /** What the journal holds of this replica counts no more: the next checkpoint says everything. */
  #replacesRows = false;
  #told: Told | undefined;

  constructor(
    key: string,
    journal: Journal,
    dirty: DirtySet,
    clock: Clock,
    isKnown: boolean,
    stored: number,
    mostInMemory: number,
    hooks: LaneDebtsHooks,
  ) {
    this.#mostInMemory = mostInMemory;
    this.#key = key;
    this.#journal = journal;
    this.#dirty = dirty;
    this.#clock = clock;
    this.#hooks = hooks;
    this.#standing = isKnown ? "known" : "unknown";
    this.#stored = stored;
    this.#hasRows = stored > 0;
    if (isKnown && stored > 0) this.#store = "stored";
  }

  /** All of it, for another lane with the same replica: what the journal holds, and what it may not. */
  get legacy(): DebtsLegacy {
    const arriving = [...this.#arriving].map(([path, owed]) => ({ path, ...owed, attempts: 0 }));
    const subtrees = this.#hooks.passes().map(subtreeDebt);
    return {
      stored: this.#hasRows ? Math.max(1, this.stored) : 0,
      others: [...this.#dirty.debts(), ...arriving, ...subtrees],
      shallow: [...this.#hooks.shallow()],
    };
  }

  /** Takes over what another lane owed; what the journal holds of it is loaded like any other. */
  inherit({ others }: DebtsLegacy): void {
    for (const { path, kinds, since, attempts } of others) {
      if (kinds === Kind.Subtree) this.#hooks.compare(path, "gap");
      else if (!this.store(path, kinds, since)) {
        this.#dirty.add(path, kinds, since, { attempts, retryAt: 0 });
      }
    }
  }

  /** The replica is known to have all but what it is owed: changes are enough for it. */
  get isKnown(): boolean {
    return this.#standing === "known";
  }

  /** It is known, or will be with the next checkpoint. */
  get willBeKnown(): boolean {
    return this.#standing !== "unknown";
  }

  /** False while debts are not in memory. */
  get isComplete(): boolean {
    return this.#store === "none";
  }

  /** Debts that are not in memory; an estimate while they are brought back. */
  get stored(): number {
    return this.#store === "none" ? 0 : Math.max(0, this.#stored) + this.#arriving.size;
  }

  /** Everything that is owed, in memory or not. */
  async *paths(): AsyncGenerator<RelativePath> {
    for (const { path } of this.#dirty.debts()) yield path;
    if (this.isComplete) return;
    let after: RelativePath | undefined;
    for (;;) {
      const page = await this.#journal.debts(this.#key, after, PAGE);
      for (const { path } of page) yield path;
      after = page.at(-1)?.path;
      if (after === undefined) return;
    }
  }

  /** A pass has compared everything, and all it found is owed. */
  prove(): void {
    if (this.#standing === "unknown") this.#standing = "proven";
  }

  /** The replica is not the one it was, or the index is lost: only a pass can tell what it lacks. */
  forget(): void {
    this.#standing = "unknown";
    // A checkpoint under way is about the replica as it was: its end makes nothing known.
    this.#told = undefined;
    this.#store = "none";
    this.#stored = 0;
    this.#replacesRows = false;
    this.#arriving.clear();
    this.#touched.clear();
    this.#dirty.evict();
  }

  /** Nothing of what is owed will be sent, in memory or not. */
  drop(): void {
    for (const { path } of this.#dirty.debts()) this.#touched.add(path);
    this.#dirty.evict();
    if (this.#store === "none") return;
    this.#store = "none";
    this.#stored = 0;
    this.#arriving.clear();
    // A checkpoint under way says what was owed before.
    this.#told = undefined;
    this.#replacesRows = true;
  }

  /** Takes a change in place of the dirty set, while debts are stored. False: it should go there. */
  store(path: RelativePath, kinds: Kinds, at: number): boolean {
    if (this.#store !== "stored") return false;
    const known = this.#arriving.get(path);
    if (known === undefined) this.#arriving.set(path, { kinds, since: at });
    else known.kinds |= kinds;
    return true;
  }

  /** What changed since the last checkpoint that was written; undefined where that is nothing. */
  change(mayBecomeKnown: boolean): DebtChange | undefined {
    for (const path of this.#dirty.takeTouched()) this.#touched.add(path);
    if (this.#standing === "unknown" || (this.#standing === "proven" && !mayBecomeKnown)) {
      this.#touched.clear();
      return undefined;
    }
    const replaceAll = this.#standing === "proven" || this.#replacesRows;
    const passes = new Set(this.#hooks.passes());
    const shallow = new Set(this.#hooks.shallow());
    const owed: Debt[] = [];
    const settled = new Set<RelativePath>();
    if (replaceAll) for (const { path } of this.#dirty.debts()) this.#touched.add(path);
    for (const path of passes) {
      if (replaceAll || !this.#passesWritten.has(path)) owed.push(subtreeDebt(path));
    }
    for (const path of this.#passesWritten) {
      if (passes.has(path)) continue;
      settled.add(path);
      this.#touched.add(path); // what is settled is settled whole: owe again what is still owed
    }
    for (const path of [...shallow, ...this.#shallowWritten]) {
      const isWritten = shallow.has(path) && this.#shallowWritten.has(path) && !replaceAll;
      if (!isWritten) this.#touched.add(path);
    }
    for (const path of this.#touched) {
      const debt = debtWith(this.#dirty.debtOf(path), shallow.has(path), this.#clock.now());
      if (debt !== undefined) owed.push({ path, ...debt, reason: this.#hooks.reasonOf(path) });
      else if (this.#hasRows) {
        settled.add(path);
        if (passes.has(path)) owed.push(subtreeDebt(path));
      }
    }
    const arriving = this.#arriving;
    for (const [path, { kinds, since }] of arriving) {
      owed.push({ path, kinds, since, attempts: 0, retryAt: 0, reason: "" });
    }
    this.#arriving = new Map();
    const leavesRows =
      owed.length > 0 || this.#store !== "none" || shallow.size > 0 || !this.#isEmpty(passes);
    this.#told = { arriving, passes, shallow, leavesRows };
    if (owed.length + settled.size === 0 && !replaceAll) return undefined;
    return { replica: this.#key, replaceAll, owed, settled: [...settled] };
  }

  /** The journal holds what `change` said. */
  committed(): void {
    const told = this.#told;
    this.#told = undefined;
    if (told === undefined) return;
    this.#standing = "known";
    this.#touched.clear();
    this.#passesWritten = told.passes;
    this.#shallowWritten = told.shallow;
    this.#hasRows = told.leavesRows;
    this.#replacesRows = false;
    if (this.#store === "stored") this.#stored += told.arriving.size;
    if (this.#hooks.isAway() && this.#mustStore()) this.#storeAll();
  }

  /** It does not; the next `change` says it again. */
  notCommitted(): void {
    const told = this.#told;
    this.#told = undefined;
    for (const [path, change] of told?.arriving ?? []) {
      const newer = this.#arriving.get(path);
      this.#arriving.set(path, { ...change, kinds: change.kinds | (newer?.kinds ?? 0) });
    }
  }

  /** Brings stored debts back, a page at a time, while the target can be served. */
  async load(): Promise<void> {
    if (this.#store === "none" || this.#isReading || this.#hooks.isAway()) return;
    if (this.#dirty.size >= PAGE) return;
    this.#isReading = true;
    try {
      this.#store = "loading";
      for (const [path, { kinds, since }] of this.#arriving) this.#dirty.add(path, kinds, since);
      this.#arriving.clear();
      const page = await this.#journal.debts(this.#key, this.#cursor, PAGE);
      // Away again meanwhile, or another replica by now.
      if ((this.#store as string) !== "loading") return;
      for (const debt of page) this.#bringBack(debt);
      this.#stored -= page.length;
      this.#cursor = page.at(-1)?.path;
      if (page.length < PAGE) {
        this.#store = "none";
        this.#cursor = undefined;
      }
    } catch {
      // The journal says what is wrong; the next call tries again.
    } finally {
      this.#isReading = false;
    }
    this.#hooks.loaded();
  }

  #bringBack(debt: Debt): void {
    const { path, kinds, attempts } = debt;
    // The clock may have been set back since then; what waits for a time must not wait for that one.
    const since = Math.min(debt.since, this.#clock.now());
    if (kinds === Kind.Subtree) {
      this.#hooks.compare(path, "gap");
      return;
    }
    // Whatever it failed of: the target was met just now, and somebody may have seen to it.
    this.#dirty.add(path, kinds, since, { attempts, retryAt: 0 });
    if (attempts > 0) this.#hooks.failedBefore(debt);
  }

  #mustStore(): boolean {
    return this.#store === "loading" || this.#dirty.size > this.#mostInMemory;
  }

  /** Lets go of what is written by now; what came since then waits for the next checkpoint. */
  #storeAll(): void {
    const now = this.#dirty.takeTouched();
    for (const path of now) {
      const debt = this.#dirty.debtOf(path);
      if (debt !== undefined) this.#arriving.set(path, { kinds: debt.kinds, since: debt.since });
    }
    this.#stored += this.#dirty.size;
    this.#dirty.evict();
    this.#store = "stored";
    this.#cursor = undefined;
    this.#hasRows = true;
  }

  #isEmpty(passes: ReadonlySet<RelativePath>): boolean {
    if (passes.size > 0) return false;
    for (const _ of this.#dirty.debts()) return false;
    return true;
  }
}

/** What is owed at a path, and whether what lies directly in it is to be compared. */
function debtWith(owed: Owed | undefined, isShallow: boolean, now: number): Owed | undefined {
  if (!isShallow) return owed;
  const { kinds, ...rest } = owed ?? { kinds: 0, since: now, attempts: 0, retryAt: 0 };
  return { kinds: kinds | Kind.Attributes | Kind.Directory | Kind.Children, ...rest };
}

function subtreeDebt(path: RelativePath): Debt {
  return { path, kinds: Kind.Subtree, since: 0, attempts: 0, retryAt: 0, reason: "" };
}

/**
 * Debts and memories of commits that failed, put together, so that the next commit writes what they
 * would have written. It never holds more than one debt of a kind for a path.
 */
import { Kind } from "../model/change.js";
import type { RelativePath } from "../model/path.js";
import type { Debt, DebtChange, Memories } from "./journal.js";

/** The two debts a path may have. */
interface Pair {
  entry?: Debt;
  subtree?: Debt;
}

interface Gathered {
  replaceAll: boolean;
  readonly owed: Map<RelativePath, Pair>;
  /** Settled before all in `owed`. */
  readonly settled: Set<RelativePath>;
}

export class Unwritten {
  readonly #replicas = new Map<string, Gathered>();
  #memories: Memories = {};

  get memories(): Memories {
    return this.#memories;
  }

  /** One for each replica. */
  debts(): DebtChange[] {
    return [...this.#replicas].map(([replica, { replaceAll, owed, settled }]) => ({
      replica,
      replaceAll,
      owed: [...owed.values()].flatMap(({ entry, subtree }) =>
        [entry, subtree].filter((debt) => debt !== undefined),
      ),
      settled: [...settled],
    }));
  }

  add(debts: readonly DebtChange[], memories: Memories): void {
    this.#memories = { ...this.#memories, ...memories };
    for (const change of debts) this.#addChange(change);
  }

  clear(): void {
    this.#replicas.clear();
    this.#memories = {};
  }

  #addChange({ replica, replaceAll, owed, settled }: DebtChange): void {
    let gathered = this.#replicas.get(replica);
    if (gathered === undefined || replaceAll) {
      gathered = { replaceAll, owed: new Map(), settled: new Set() };
      this.#replicas.set(replica, gathered);
    }
    for (const path of settled) {
      gathered.owed.delete(path);
      gathered.settled.add(path);
    }
    for (const debt of owed) {
      const pair = gathered.owed.get(debt.path) ?? {};
      gathered.owed.set(debt.path, pair);
      if ((debt.kinds & Kind.Subtree) === 0) pair.entry = debt;
      else pair.subtree = debt;
    }
  }
}

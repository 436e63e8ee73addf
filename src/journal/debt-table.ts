/** What the replicas are owed, and the small things to remember, as rows. */
import { Kind } from "../model/change.js";
import type { RelativePath } from "../model/path.js";
import type { Database, Statement } from "./database.js";
import { bytesOf, latin1Of } from "./index-reader.js";
import type { Debt, DebtChange, Memories } from "./journal.js";

export class DebtTable {
  readonly #database: Database;
  readonly #idOf: Statement;
  readonly #makeReplica: Statement;
  readonly #forgetAll: Statement;
  readonly #forgetReplica: Statement;
  readonly #owe: Statement;
  readonly #settle: Statement;
  readonly #page: Statement;
  readonly #remember: Statement;
  readonly #forgetMemory: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#idOf = database.prepare("SELECT id FROM replica WHERE key = ?");
    this.#makeReplica = database.prepare("INSERT INTO replica (key) VALUES (?) RETURNING id");
    this.#forgetAll = database.prepare("DELETE FROM owed WHERE replica = ?");
    this.#forgetReplica = database.prepare("DELETE FROM replica WHERE id = ?");
    // What is said of a path adds up until it is settled: whoever says more may know only a part.
    this.#owe = database.prepare(
      `INSERT INTO owed VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET kinds = kinds | excluded.kinds, since = min(since, excluded.since),
         attempts = excluded.attempts, retry_at = excluded.retry_at, reason = excluded.reason`,
    );
    this.#settle = database.prepare("DELETE FROM owed WHERE replica = ? AND path = ?");
    this.#page = database.prepare(
      `SELECT path, kinds, since, attempts, retry_at, reason FROM owed
       WHERE replica = ? AND path > ? ORDER BY path, subtree LIMIT ?`,
    );
    this.#remember = database.prepare("INSERT OR REPLACE INTO memory VALUES (?, ?)");
    this.#forgetMemory = database.prepare("DELETE FROM memory WHERE key = ?");
  }

  /** How many debts each replica has. */
  counts(): Map<string, number> {
    const rows = this.#database
      .prepare(
        "SELECT key, count(*) FROM owed JOIN replica ON replica.id = owed.replica GROUP BY owed.replica",
      )
      .all();
    return new Map(rows as [string, number][]);
  }

  memories(): Memories {
    const rows = this.#database.prepare("SELECT key, value FROM memory").all();
    return Object.fromEntries(
      (rows as [string, string][]).map(([key, value]) => [key, JSON.parse(value) as unknown]),
    );
  }

  /** In the order of their paths. One more than `limit` where the last path has two debts. */
  page(replica: string, after: RelativePath | undefined, limit: number): Debt[] {
    const id = this.#replicaId(replica);
    if (id === undefined) return [];
    // The root's path is empty, and comes first: a number sorts before every BLOB.
    const from = after === undefined ? 0 : bytesOf(after);
    const debts = this.#page.all(id, from, limit + 1).map(debtOf);
    if (debts.length > limit && debts[limit]?.path !== debts[limit - 1]?.path) debts.pop();
    return debts;
  }

  /** To be called within a transaction, as all that follows. */
  apply({ replica, replaceAll, owed, settled }: DebtChange): void {
    const known = this.#replicaId(replica);
    if (known !== undefined) {
      if (replaceAll) this.#forgetAll.run(known);
      for (const path of settled) this.#settle.run(known, bytesOf(path));
    }
    if (owed.length === 0) {
      if (replaceAll && known !== undefined) this.#forgetReplica.run(known);
      return;
    }
    const id = known ?? (this.#makeReplica.get(replica)?.[0] as number);
    for (const { path, kinds, since, attempts, retryAt, reason } of owed) {
      const isSubtree = (kinds & Kind.Subtree) === 0 ? 0 : 1;
      this.#owe.run(id, bytesOf(path), isSubtree, kinds, since, attempts, retryAt, reason);
    }
  }

  remember(memories: Memories): void {
    for (const [key, value] of Object.entries(memories)) {
      if (value === undefined) this.#forgetMemory.run(key);
      else this.#remember.run(key, JSON.stringify(value));
    }
  }

  #replicaId(replica: string): number | undefined {
    return this.#idOf.get(replica)?.[0] as number | undefined;
  }
}

function debtOf([path, kinds, since, attempts, retryAt, reason]: unknown[]): Debt {
  return {
    path: latin1Of(path) as RelativePath,
    kinds: kinds as number,
    since: since as number,
    attempts: attempts as number,
    retryAt: retryAt as number,
    reason: reason as string,
  };
}

/**
 * The one place that speaks to SQLite: opening, transactions, and what an error means.
 */
import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "@photostructure/sqlite";

export type Value = number | string | Buffer;

/** A prepared statement; rows are arrays of their columns. */
export interface Statement {
  run(...values: Value[]): { readonly changes: number | bigint };
  get(...values: Value[]): unknown[] | undefined;
  all(...values: Value[]): unknown[][];
}

export interface Database {
  prepare(sql: string): Statement;
  exec(sql: string): void;
  /** All of it or nothing. Not to be nested. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/**
 * At most 64 MiB of changes (16,000 pages) gather in the write-ahead log before they are moved into
 * the database: moving them takes a tenth of a second, and each page but once.
 */
const LOG_PAGES = 16_000;

/** Opens, or makes, a database that this thread writes. */
export function openDatabase(file: string): Database {
  // Made here so that nobody else may read it, and SQLite gives its log the same mode.
  closeSync(openSync(file, "a", 0o600));
  return wrapped(new DatabaseSync(file), [
    "PRAGMA journal_mode = WAL",
    // No fsync for each commit: after a power cut the last commits may be missing, but never one
    // without those before it. Rows and debts of one commit go together, so what is left is an
    // earlier truth, and the scan that follows finds all that is newer.
    "PRAGMA synchronous = NORMAL",
    `PRAGMA wal_autocheckpoint = ${LOG_PAGES}`,
    `PRAGMA journal_size_limit = ${LOG_PAGES * 4096}`,
    "PRAGMA temp_store = MEMORY",
  ]);
}

/** Opens a database that another thread writes. */
export function openForReading(file: string): Database {
  // A reader waits only while the log is begun anew.
  return wrapped(new DatabaseSync(file, { readOnly: true, timeout: 10_000 }), []);
}

function wrapped(
  database: InstanceType<typeof DatabaseSync>,
  pragmas: readonly string[],
): Database {
  try {
    for (const pragma of pragmas) database.exec(pragma);
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    prepare(sql) {
      const statement = database.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    },
    exec: (sql) => database.exec(sql),
    transaction(work) {
      database.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        database.exec("COMMIT");
        return result;
      } catch (error) {
        // SQLite has rolled back by itself after some errors, a full disk among them.
        if (database.isTransaction) database.exec("ROLLBACK");
        throw error;
      }
    },
    close: () => database.close(),
  };
}

// sqlite3.h; the upper bits of an extended code say more about the kind.
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;
const SQLITE_IOERR_SHORT_READ = 522;
const SQLITE_IOERR_CORRUPTFS = 8458;

/** sqlite3_errstr(3) of the two. */
const DAMAGE_TEXTS = ["database disk image is malformed", "file is not a database"];

/** True when the files themselves are damaged: no later attempt will succeed. */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { sqliteExtendedCode: code } = error as { readonly sqliteExtendedCode?: number };
  // Reading all rows at once throws an error that has the text alone.
  if (code === undefined) return DAMAGE_TEXTS.includes(error.message);
  return (
    [SQLITE_CORRUPT, SQLITE_NOTADB].includes(code & 0xff) ||
    [SQLITE_IOERR_SHORT_READ, SQLITE_IOERR_CORRUPTFS].includes(code)
  );
}

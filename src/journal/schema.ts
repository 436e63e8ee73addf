/**
 * The tables, and how those of an earlier version become today's.
 */
import type { Database } from "./database.js";

/** Says that a file is a journal of ours: "trec", in SQLite's header. */
const APPLICATION_ID = 0x74726563;

/** The tables cannot be used; the message says why. */
export class ForeignTables extends Error {
  override readonly name = "ForeignTables";
}

/**
 * Each step leads from the version of its place to the next; none is ever changed once released.
 *
 * A directory is named once, with its path; its entries follow each other in one B-tree. The root's
 * own entry is kept with directory 0. The replica's key is long, so debts have a number for it.
 */
const STEPS: readonly string[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
   CREATE TABLE directory (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE);
   CREATE TABLE entry (
     directory INTEGER NOT NULL, name BLOB NOT NULL, print INTEGER NOT NULL, body INTEGER NOT NULL,
     PRIMARY KEY (directory, name)
   ) WITHOUT ROWID;
   CREATE TABLE replica (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
   CREATE TABLE owed (
     replica INTEGER NOT NULL, path BLOB NOT NULL, subtree INTEGER NOT NULL,
     kinds INTEGER NOT NULL, since REAL NOT NULL, attempts INTEGER NOT NULL,
     retry_at REAL NOT NULL, reason TEXT NOT NULL,
     PRIMARY KEY (replica, path, subtree)
   ) WITHOUT ROWID;
   CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`,
];

/**
 * Brings the tables up to date, in one transaction. Throws `ForeignTables` where a newer program or
 * another one made them.
 */
export function migrate(database: Database, steps: readonly string[] = STEPS): void {
  const version = numberOf(database, "PRAGMA user_version");
  const isOurs = numberOf(database, "PRAGMA application_id") === APPLICATION_ID;
  if (!isOurs && numberOf(database, "SELECT count(*) FROM sqlite_schema") > 0) {
    throw new ForeignTables("it belongs to another program");
  }
  if (version > steps.length) {
    throw new ForeignTables(
      `a newer treecast wrote it (version ${version}, known are ${steps.length})`,
    );
  }
  if (isOurs && version === steps.length) return;
  database.transaction(() => {
    for (const step of steps.slice(version)) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${steps.length}`);
  });
}

function numberOf(database: Database, sql: string): number {
  return Number(database.prepare(sql).get()?.[0]);
}

/** Forgets the whole index, and gives its room back to the file system. */
export function emptyIndex(database: Database): void {
  if (numberOf(database, "SELECT count(*) FROM (SELECT 1 FROM directory LIMIT 1)") === 0) return;
  database.transaction(() => {
    // Without a condition SQLite frees whole pages and looks at no row.
    database.exec(
      "DELETE FROM entry; DELETE FROM directory; DELETE FROM meta WHERE key = 'entries'",
    );
  });
  database.exec("VACUUM");
}

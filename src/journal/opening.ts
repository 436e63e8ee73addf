/**
 * Opening a journal's file, whatever state it is in: one that cannot be trusted is set aside, never
 * repaired, because an index that is wrong in one row loses a change in silence.
 */
import { readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { displayPath } from "../model/path.js";
import { type Database, isDamage, openDatabase } from "./database.js";
import type { Origin } from "./journal.js";
import { emptyIndex, ForeignTables, migrate } from "./schema.js";

export const JOURNAL_FILE = "journal.db";

/** SQLite's own files beside a database that is in use, or was when its program ended. */
const COMPANIONS = ["-wal", "-shm"];

/** So many that were set aside are kept, for whoever wants to know what happened. */
const MOST_SET_ASIDE = 3;

/**
 * A file above this size is not read through after a crash: checking takes 75 ms for 40 MB, and a
 * crash of a program does not damage it. Damage is noticed when SQLite comes upon it.
 */
const LARGEST_CHECKED = 512 * 1024 * 1024;

export interface OpenedDatabase {
  readonly database: Database;
  readonly origin: Origin;
}

/** Throws what SQLite or the file system says where no journal can be had at all. */
export function openJournalFile(
  directory: string,
  source: string,
  keepsIndex: boolean,
): OpenedDatabase {
  const file = join(directory, JOURNAL_FILE);
  const isNew = sizeOf(file) <= 0;
  // A log that is not empty was left by a process that did not come to its end.
  const wasCrash = sizeOf(`${file}-wal`) > 0;
  try {
    const database = openChecked(file, source, keepsIndex, wasCrash);
    return { database, origin: { kind: isNew ? "new" : "kept" } };
  } catch (error) {
    if (!isDamage(error) && !(error instanceof ForeignTables)) throw error;
    const movedTo = setAside(directory);
    const reason = (error as Error).message;
    const database = openChecked(file, source, keepsIndex, false);
    return { database, origin: { kind: "set-aside", movedTo, reason } };
  }
}

function openChecked(
  file: string,
  source: string,
  keepsIndex: boolean,
  wasCrash: boolean,
): Database {
  const database = openDatabase(file);
  try {
    if (wasCrash && sizeOf(file) <= LARGEST_CHECKED) {
      const verdict = database.prepare("PRAGMA quick_check(1)").get()?.[0];
      if (verdict !== "ok") throw new ForeignTables(`it is damaged: ${String(verdict)}`);
    }
    migrate(database);
    claim(database, source);
    if (!keepsIndex) emptyIndex(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function claim(database: Database, source: string): void {
  const owner = database.prepare("SELECT value FROM meta WHERE key = 'source'").get()?.[0];
  if (owner === undefined) {
    const path = Buffer.from(source, "latin1");
    database.prepare("INSERT INTO meta VALUES ('source', ?)").run(path);
    return;
  }
  const name = Buffer.from(owner as Uint8Array).toString("latin1");
  if (name !== source) throw new ForeignTables(`it belongs to the source '${displayPath(name)}'`);
}

/** Renames the files of a journal that nobody has open; answers the new name of the first. */
export function setAside(directory: string): string {
  const file = join(directory, JOURNAL_FILE);
  const movedTo = freeName(`${file}.set-aside-${new Date().toISOString().replace(/[:.]/g, "-")}`);
  renameSync(file, movedTo);
  for (const companion of COMPANIONS) {
    if (sizeOf(file + companion) >= 0) renameSync(file + companion, movedTo + companion);
  }
  forgetOldest(directory);
  return movedTo;
}

function freeName(wanted: string): string {
  let name = wanted;
  for (let i = 2; sizeOf(name) >= 0; i++) name = `${wanted}-${i}`;
  return name;
}

function forgetOldest(directory: string): void {
  const prefix = `${JOURNAL_FILE}.set-aside-`;
  const names = readdirSync(directory).filter((name) => name.startsWith(prefix));
  const sets = names.filter((name) => !COMPANIONS.some((end) => name.endsWith(end))).sort();
  for (const name of sets.slice(0, -MOST_SET_ASIDE)) {
    for (const end of ["", ...COMPANIONS]) rmSync(join(directory, name + end), { force: true });
  }
}

/** -1 where there is none. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? -1;
}

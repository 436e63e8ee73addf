/**
 * Writing the index, always within a transaction of the caller's.
 *
 * What holds between the tables: every directory but the root has an entry of kind directory in the
 * one above it, so that whoever finds that entry gone can take all below it away.
 */
import { baseName, parentOf, ROOT } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import type { Database, Statement } from "./database.js";
import {
  ABOVE_ROOT,
  bytesOf,
  type DirectoryId,
  type IndexReader,
  rangeBelow,
} from "./index-reader.js";
import { type Appearance, DOUBTFUL, doubtful, isDirectory } from "./print.js";

/** Rows of one directory, found by a scan: the same place in each list. */
export interface RowsOf {
  readonly directory: RelativePath;
  /** The only row is the root's own, which lies in no directory. */
  readonly isRoot: boolean;
  /** Joined by "/", which no name has: one string crosses threads more cheaply than a thousand. */
  readonly names: string;
  readonly prints: Float64Array;
  readonly bodies: Int32Array;
}

export class IndexWriter {
  readonly #reader: IndexReader;
  readonly #makeDirectory: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #remove: Statement;
  readonly #removeBelow: readonly Statement[];
  readonly #writeCount: Statement;
  /** Directories of the transaction under way. */
  readonly #ids = new Map<RelativePath, DirectoryId>();
  /** Entries in the index, the root left out; as last committed, and with what is under way. */
  #committedCount: number;
  #count: number;

  constructor(database: Database, reader: IndexReader) {
    this.#reader = reader;
    this.#makeDirectory = database.prepare("INSERT INTO directory (path) VALUES (?) RETURNING id");
    this.#insert = database.prepare("INSERT INTO entry VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
    this.#update = database.prepare(
      "UPDATE entry SET print = ?, body = ? WHERE directory = ? AND name = ?",
    );
    this.#remove = database.prepare("DELETE FROM entry WHERE directory = ? AND name = ?");
    const below = "path = ?1 OR (path > ?2 AND path < ?3)";
    this.#removeBelow = [
      database.prepare(
        `DELETE FROM entry WHERE directory IN (SELECT id FROM directory WHERE ${below})`,
      ),
      database.prepare(`DELETE FROM directory WHERE ${below}`),
    ];
    this.#writeCount = database.prepare(
      "INSERT INTO meta VALUES ('entries', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    );
    const count = database.prepare("SELECT value FROM meta WHERE key = 'entries'").get()?.[0];
    this.#committedCount = Number(count ?? 0);
    this.#count = this.#committedCount;
  }

  /** Entries as last committed. */
  get count(): number {
    return this.#committedCount;
  }

  /** To be called as the last thing in a transaction. */
  writeCount(): void {
    if (this.#count !== this.#committedCount) this.#writeCount.run(this.#count);
  }

  /** To be called after each transaction. */
  ended(wasCommitted: boolean): void {
    this.#ids.clear();
    if (wasCommitted) this.#committedCount = this.#count;
    else this.#count = this.#committedCount;
  }

  /**
   * Writes one entry. A doubtful one is only put where none is, so that what is known stays.
   *
   * @param isAnother all that lay below it was gone in between
   */
  put(path: RelativePath, now: Appearance, isAnother: boolean): void {
    const directory = path === ROOT ? ABOVE_ROOT : this.#directory(parentOf(path));
    const name = bytesOf(baseName(path));
    const isNew = this.#insert.run(directory, name, now.print, now.body).changes !== 0;
    if (isNew) this.#added(directory);
    else if (now.print !== DOUBTFUL) {
      const was = this.#reader.entryIn(directory, baseName(path));
      if (isDirectory(was?.body ?? 0) && (isAnother || !isDirectory(now.body))) this.#drop(path);
      this.#update.run(now.print, now.body, directory, name);
    }
    if (isDirectory(now.body)) this.#directory(path);
  }

  /** Takes an entry away, and all below it. */
  remove(path: RelativePath): void {
    const parent = path === ROOT ? ABOVE_ROOT : this.#known(parentOf(path));
    if (parent === undefined) return;
    const was = this.#reader.entryIn(parent, baseName(path));
    if (was === undefined) return;
    if (isDirectory(was.body)) this.#drop(path);
    this.#remove.run(parent, bytesOf(baseName(path)));
    if (parent !== ABOVE_ROOT) this.#count--;
  }

  /** Writes many entries of one directory. */
  putRows({ directory, isRoot, names, prints, bodies }: RowsOf): void {
    if (isRoot) {
      this.put(ROOT, { print: prints[0] ?? DOUBTFUL, body: bodies[0] ?? 0 }, false);
      return;
    }
    const parent = this.#directory(directory);
    const bytes = bytesOf(names);
    let from = 0;
    for (const [i, print] of prints.entries()) {
      const slash = bytes.indexOf(0x2f, from);
      const to = slash < 0 ? bytes.length : slash;
      const body = bodies[i] ?? 0;
      const name = bytes.subarray(from, to);
      // A new entry of a kind without anything below it is all that a first filling meets.
      if (!isDirectory(body) && this.#insert.run(parent, name, print, body).changes !== 0) {
        this.#count++;
      } else {
        const path = directory === ROOT ? "" : `${directory}/`;
        this.put((path + name.toString("latin1")) as RelativePath, { print, body }, false);
      }
      from = to + 1;
    }
  }

  #known(path: RelativePath): DirectoryId | undefined {
    const id = this.#ids.get(path) ?? this.#reader.directoryId(path);
    if (id !== undefined) this.#ids.set(path, id);
    return id;
  }

  /** The directory's number; it and those above are put into the index where they are not. */
  #directory(path: RelativePath): DirectoryId {
    const known = this.#known(path);
    if (known !== undefined) return known;
    const id = this.#makeDirectory.get(bytesOf(path))?.[0] as DirectoryId;
    this.#ids.set(path, id);
    const above = path === ROOT ? ABOVE_ROOT : this.#directory(parentOf(path));
    const name = bytesOf(baseName(path));
    const { print, body } = doubtful("directory");
    if (this.#insert.run(above, name, print, body).changes !== 0) this.#added(above);
    else if (!isDirectory(this.#reader.entryIn(above, baseName(path))?.body ?? 0)) {
      this.#update.run(print, body, above, name);
    }
    return id;
  }

  /** Forgets all below a directory, and that it is one. */
  #drop(path: RelativePath): void {
    const [from, to] = rangeBelow(path);
    const [entries, directories] = this.#removeBelow.map((statement) =>
      Number(statement.run(bytesOf(path), from, to).changes),
    );
    this.#count -= entries ?? 0;
    if ((directories ?? 0) > 0) this.#ids.clear();
  }

  #added(directory: DirectoryId): void {
    if (directory !== ABOVE_ROOT) this.#count++;
  }
}

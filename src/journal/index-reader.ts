/** Reading the index: what it holds of one directory, one entry, or all below a path. */
import { ancestorsOf, baseName, parentOf, ROOT } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import type { Database, Statement } from "./database.js";
import { type Appearance, type Digest, DIGEST_SQL } from "./print.js";

export type DirectoryId = number;

/** The root's own entry is kept as if it lay in this one. */
export const ABOVE_ROOT: DirectoryId = 0;

const ROWS_AT_ONCE = 2_000;

export interface Row extends Appearance {
  readonly name: string;
}

export interface IndexedDirectory {
  readonly path: RelativePath;
  readonly entries: number;
}

export class IndexReader {
  readonly #idOf: Statement;
  readonly #digest: Statement;
  readonly #rows: Statement;
  readonly #entry: Statement;
  readonly #below: Statement;
  readonly #directories: Statement;

  constructor(database: Database) {
    this.#idOf = database.prepare("SELECT id FROM directory WHERE path = ?");
    this.#digest = database.prepare(`SELECT ${DIGEST_SQL} FROM entry WHERE directory = ?`);
    this.#rows = database.prepare(
      "SELECT name, print, body FROM entry WHERE directory = ? AND name > ? ORDER BY name LIMIT ?",
    );
    this.#entry = database.prepare(
      "SELECT print, body FROM entry WHERE directory = ? AND name = ?",
    );
    this.#below = database.prepare(
      `SELECT count(*) FROM entry WHERE directory IN (
         SELECT id FROM directory WHERE path = ?1 OR (path > ?2 AND path < ?3))`,
    );
    this.#directories = database.prepare(
      `SELECT path, (SELECT count(*) FROM entry WHERE entry.directory = directory.id)
       FROM directory WHERE path > ? ORDER BY path LIMIT ?`,
    );
  }

  /** Undefined for a directory the index does not know. */
  directoryId(path: RelativePath): DirectoryId | undefined {
    return this.#idOf.get(bytesOf(path))?.[0] as DirectoryId | undefined;
  }

  entry(path: RelativePath): Appearance | undefined {
    const directory = path === ROOT ? ABOVE_ROOT : this.directoryId(parentOf(path));
    return directory === undefined ? undefined : this.entryIn(directory, baseName(path));
  }

  entryIn(directory: DirectoryId, name: string): Appearance | undefined {
    const row = this.#entry.get(directory, bytesOf(name));
    return row === undefined ? undefined : { print: row[0] as number, body: row[1] as number };
  }

  /** Reads no row into this thread's memory: a directory of a million costs next to nothing. */
  digest(directory: DirectoryId): Digest {
    const [count, upper, lower] = (this.#digest.get(directory) ?? []) as number[];
    return { count: count ?? 0, upper: upper ?? 0, lower: lower ?? 0 };
  }

  /**
   * In the order of their names as bytes, a part at a time: an open read would keep the log from
   * being moved into the database.
   */
  *rows(directory: DirectoryId): Generator<Row, void> {
    let after = "";
    while (true) {
      const rows = this.#rows.all(directory, bytesOf(after), ROWS_AT_ONCE);
      for (const [bytes, print, body] of rows) {
        after = latin1Of(bytes);
        yield { name: after, print: print as number, body: body as number };
      }
      if (rows.length < ROWS_AT_ONCE) return;
    }
  }

  /**
   * Entries at and below each path, 0 for one below another.
   *
   * @param all entries in the index, which need not be counted for the root
   */
  countEach(paths: readonly RelativePath[], all: number): number[] {
    const given = new Set(paths);
    return paths.map((path) => {
      if (path === ROOT) return all;
      return given.has(ROOT) || [...ancestorsOf(path)].some((above) => given.has(above))
        ? 0
        : this.#countAtAndBelow(path);
    });
  }

  #countAtAndBelow(path: RelativePath): number {
    const own = this.entry(path) === undefined ? 0 : 1;
    const [from, to] = rangeBelow(path);
    return own + Number(this.#below.get(bytesOf(path), from, to)?.[0]);
  }

  /** In the order of their paths as bytes, after one of them. */
  directories(after: RelativePath | undefined, limit: number): readonly IndexedDirectory[] {
    const isFromStart = after === undefined;
    const found = isFromStart && limit > 0 ? this.#rootAlone() : [];
    const rows = this.#directories.all(bytesOf(after ?? ROOT), limit - found.length);
    for (const [path, entries] of rows) {
      found.push({ path: latin1Of(path) as RelativePath, entries: entries as number });
    }
    return found;
  }

  #rootAlone(): IndexedDirectory[] {
    const id = this.directoryId(ROOT);
    return id === undefined ? [] : [{ path: ROOT, entries: this.digest(id).count }];
  }
}

export function bytesOf(path: string): Buffer {
  return Buffer.from(path, "latin1");
}

export function latin1Of(bytes: unknown): string {
  const { buffer, byteOffset, byteLength } = bytes as Uint8Array;
  return Buffer.from(buffer, byteOffset, byteLength).toString("latin1");
}

/** No path the kernel takes has 4,096 bytes. */
const AFTER_ALL_PATHS = Buffer.alloc(4096, 0xff);

/** Bounds, both excluded, between which exactly the paths below this one sort as bytes. */
export function rangeBelow(path: RelativePath): readonly [Buffer, Buffer] {
  if (path === ROOT) return [Buffer.alloc(0), AFTER_ALL_PATHS];
  // "0" is the character after "/".
  return [bytesOf(`${path}/`), bytesOf(`${path}0`)];
}

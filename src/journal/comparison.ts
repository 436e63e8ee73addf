/**
 * Comparing one directory of the tree with what the index holds of it. Whoever runs it says what
 * becomes of the differences: told, or written.
 *
 * A directory in which nothing changed costs one sum over its rows and no row is fetched. It is a
 * generator, so that a huge directory can be left alone for a moment: its values mean nothing.
 */
import { Errno } from "../kernel/libc.js";
import { openStatusReading, statusKind } from "../kernel/statx.js";
import type { Filter } from "../filter/filter.js";
import { Fault } from "../model/fault.js";
import { displayPath, joinPath, ROOT } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import type { IndexReader, Row } from "./index-reader.js";
import {
  addToDigest,
  type Appearance,
  type Digest,
  doubtful,
  DOUBTFUL,
  isDirectory,
  isRacy,
  kindOf,
  readAppearance,
} from "./print.js";

export interface Findings {
  /** The entry is new, or another than in the index; `was` undefined where it is new. */
  found(path: RelativePath, now: Appearance, was: Appearance | undefined): void;
  /** The entry is in the index and not on the disk. What lies below it is not named. */
  gone(path: RelativePath, was: Appearance): void;
  /** The entry is in the index, and the rules exclude it by now. */
  excluded(path: RelativePath, was: Appearance): void;
  /** The directory, or the entry, cannot be looked at; its rows are left alone. */
  unread(path: RelativePath): void;
  /** A directory to be compared as well. */
  directory(path: RelativePath): void;
}

export interface ComparisonSettings {
  /** Absolute, latin1. */
  readonly root: string;
  readonly index: IndexReader;
  /** Undefined where every entry counts: asking costs a string for each. */
  readonly filter: Filter | undefined;
}

/** What was seen in a directory: an entry has the same place in each list. */
class Listing {
  readonly names: string[] = [];
  // Numbers side by side, as an object for each would weigh 60 MB in a directory of a million.
  readonly prints: number[] = [];
  readonly bodies: number[] = [];
  readonly digest: Digest = { count: 0, upper: 0, lower: 0 };
  readonly racy = new Set<string>();
  /** Names whose status could not be read: nothing is said of them. */
  readonly unread = new Set<string>();

  add(name: string, { print, body }: Appearance): void {
    this.names.push(name);
    this.prints.push(print);
    this.bodies.push(body);
    addToDigest(this.digest, print);
  }

  appearance(i: number): Appearance {
    return { print: this.prints[i] ?? DOUBTFUL, body: this.bodies[i] ?? 0 };
  }
}

/** So many entries of a directory are handled before the generator gives way. */
export const ENTRIES_AT_ONCE = 1_000;

/** Answers how many entries it has looked at. */
export function* compareDirectory(
  settings: ComparisonSettings,
  path: RelativePath,
  findings: Findings,
): Generator<void, number> {
  const listing = new Listing();
  const error = yield* list(settings, path, listing);
  // It has gone meanwhile; events tell that to whoever follows them.
  if (GONE_ERRORS.has(error)) return 0;
  if (error !== 0) {
    findings.unread(path);
    return 0;
  }
  for (const name of listing.unread) findings.unread(joinPath(path, name));
  const { index } = settings;
  const directory = index.directoryId(path);
  const known = directory === undefined ? NOTHING : index.digest(directory);
  if (!isEqual(known, listing.digest) || listing.unread.size > 0) {
    const rows = directory === undefined ? [] : index.rows(directory);
    yield* merge(settings, path, listing, rows, findings);
  }
  for (const [i, name] of listing.names.entries()) {
    if (isDirectory(listing.bodies[i] ?? 0)) findings.directory(joinPath(path, name));
  }
  return listing.names.length;
}

const NOTHING: Digest = { count: 0, upper: 0, lower: 0 };

/** Nothing is there, or no directory by now. */
export const GONE_ERRORS: ReadonlySet<number> = new Set([Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP]);

function isEqual(a: Digest, b: Digest): boolean {
  return a.count === b.count && a.upper === b.upper && a.lower === b.lower;
}

/** "/." follows the root itself, which may be a link to the directory that is held open. */
export function absolutePath(root: string, path: RelativePath): string {
  return path === ROOT ? `${root}/.` : `${root}/${path}`;
}

export function rootMissing(root: string): Fault {
  return new Fault("ROOT_MISSING", `Cannot look below '${displayPath(root)}': nothing is there`);
}

function* list(
  { root, filter }: ComparisonSettings,
  path: RelativePath,
  listing: Listing,
): Generator<void, number> {
  const reading = openStatusReading(absolutePath(root, path));
  if (typeof reading === "number") return reading;
  try {
    while (true) {
      const state = reading.next((name, error) => {
        if (error !== 0) {
          if (!GONE_ERRORS.has(error)) listing.unread.add(name);
          return;
        }
        if (filter?.keepsEntry(joinPath(path, name), statusKind() === "directory") === false)
          return;
        if (isRacy(Date.now())) listing.racy.add(name);
        listing.add(name, readAppearance(name));
      });
      if (typeof state === "number") return state;
      if (state === "end") return 0;
      yield;
    }
  } finally {
    reading.close();
  }
}

function* merge(
  { filter }: ComparisonSettings,
  path: RelativePath,
  listing: Listing,
  rows: Iterable<Row>,
  findings: Findings,
): Generator<void> {
  const { names } = listing;
  // Latin1 strings sort as their bytes do, and so as the rows.
  const order = Uint32Array.from(names.keys()).sort((a, b) => compareNames(names[a], names[b]));
  let at = 0;
  let handled = 0;
  const lost = (row: Row) => {
    if (listing.unread.has(row.name)) return;
    const lostPath = joinPath(path, row.name);
    if (filter?.keepsEntry(lostPath, isDirectory(row.body)) === false) {
      findings.excluded(lostPath, row);
    } else findings.gone(lostPath, row);
  };
  const seen = (i: number, row: Row | undefined) => {
    const now = listing.appearance(i);
    // A directory that changes while it is read may name an entry twice.
    if (row?.print === now.print || names[order[at] ?? -1] === names[i]) return;
    const name = names[i] ?? "";
    const isSure = !listing.racy.has(name);
    findings.found(joinPath(path, name), isSure ? now : doubtful(kindOf(now.body)), row);
  };
  for (const row of rows) {
    let name;
    while ((name = names[order[at] ?? -1]) !== undefined && name < row.name) {
      seen(order[at++] ?? 0, undefined);
      if (++handled % ENTRIES_AT_ONCE === 0) yield;
    }
    if (name === row.name) {
      while (names[order[at + 1] ?? -1] === name) at++;
      seen(order[at++] ?? 0, row);
    } else lost(row);
    if (++handled % ENTRIES_AT_ONCE === 0) yield;
  }
  while (at < order.length) {
    seen(order[at++] ?? 0, undefined);
    if (++handled % ENTRIES_AT_ONCE === 0) yield;
  }
}

function compareNames(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

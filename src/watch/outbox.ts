/**
 * Changes on their way out of the reader: one entry for each path, however many events it had, and
 * renames in their order. It keeps the order in which paths were first named, and knows nothing of
 * the tree.
 *
 * It is cut into segments only where the union of kinds would say too little: what was changed
 * before a rename is told no later than the rename, and in one segment no directory is told to be
 * gone after a rename has brought it there.
 */
import type { Changes, Kinds, Move } from "../model/change.js";
import { Kind } from "../model/change.js";
import { ancestorsOf } from "../model/path.js";
import type { RelativePath } from "../model/path.js";

/** What a path may wait with: its close, or a longest wait, is awaited downstream anyway. */
const PATIENT = Kind.Writing | Kind.Directory;
const GONE_DIRECTORY = Kind.Gone | Kind.Directory;
/** The content is not what the receiver has, so a rename of it saves nothing. */
const NEW_CONTENT = Kind.Writing | Kind.Content;

/** Renames come in one message with what surrounds them, and that must stay small. */
const MAX_PATHS_BESIDE_MOVES = 16_384;
/** More directories than this renamed while the owner takes nothing are told entry by entry. */
const MAX_DIRECTORY_MOVES = 1024;
/** Renames of files only save work: beyond this they are left out. */
const MAX_FILE_MOVES = 2048;
const MAX_SEGMENTS = 16;

interface Segment {
  readonly kinds: Map<RelativePath, Kinds>;
  readonly moves: Move[];
  /** Where its renames have brought directories. */
  readonly arrived: Set<RelativePath>;
  /** Directories that are gone, and not by a rename of this segment. */
  readonly left: Set<RelativePath>;
}

export class Outbox {
  /** Oldest first; entries are added to the last one. */
  #segments: Segment[] = [newSegment()];
  #last: Segment = this.#segments[0] ?? newSegment();
  #urgent = false;
  #directoryMoves = 0;
  #fileMoves = 0;
  #lastPath: RelativePath | undefined;
  #lastKinds: Kinds = 0;

  get size(): number {
    let size = 0;
    for (const { kinds } of this.#segments) size += kinds.size;
    return size;
  }

  /** True when something in it is ready to be sent, and not only being written. */
  get isUrgent(): boolean {
    return this.#urgent;
  }

  add(path: RelativePath, kinds: Kinds): void {
    if (this.#last.moves.length > 0) this.#makeRoom(path, kinds);
    if ((kinds & GONE_DIRECTORY) === GONE_DIRECTORY) this.#last.left.add(path);
    if (path === this.#lastPath) {
      // A file's events come in runs; most add nothing new.
      if ((kinds & ~this.#lastKinds) === 0) return;
      kinds |= this.#lastKinds;
    } else {
      kinds |= this.#last.kinds.get(path) ?? 0;
      this.#lastPath = path;
    }
    this.#lastKinds = kinds;
    this.#last.kinds.set(path, kinds);
    if ((kinds & ~PATIENT) !== 0) this.#urgent = true;
  }

  /**
   * A directory was told to be gone from here, or from above, in what waits: whoever renames what
   * came in its place would rename the old one.
   */
  hasLeft(path: RelativePath): boolean {
    const { left } = this.#last;
    if (left.size === 0) return false;
    for (const above of ancestorsOf(path)) if (left.has(above)) return true;
    return left.has(path);
  }

  /**
   * A directory was renamed: names both places, and the rename. False, with nothing added, when
   * too many wait; what lies below the new place has to be told then.
   */
  moveDirectory(from: RelativePath, to: RelativePath): boolean {
    if (this.#directoryMoves >= MAX_DIRECTORY_MOVES) return false;
    if (this.#last.kinds.size >= MAX_PATHS_BESIDE_MOVES / 2) this.#cut();
    // The rename itself says that the old place is gone: no cut, whatever arrived there before.
    this.#union(from, GONE_DIRECTORY);
    this.#union(to, Kind.Content | Kind.Directory);
    this.#last.moves.push({ from, to, isDirectory: true });
    this.#last.arrived.add(to);
    this.#directoryMoves++;
    this.#urgent = true;
    return true;
  }

  /** A file was renamed; both places are named already. Kept where it may save sending content. */
  moveFile(from: RelativePath, to: RelativePath): void {
    if (this.#fileMoves >= MAX_FILE_MOVES || (this.kindsOf(from) & NEW_CONTENT) !== 0) return;
    if (this.#last.kinds.size >= MAX_PATHS_BESIDE_MOVES) return;
    this.#last.moves.push({ from, to, isDirectory: false });
    this.#fileMoves++;
  }

  /** The union of what was said of a path since it was last taken; 0 for nothing. */
  kindsOf(path: RelativePath): Kinds {
    if (this.#segments.length === 1) return this.#last.kinds.get(path) ?? 0;
    let union: Kinds = 0;
    for (const { kinds } of this.#segments) union |= kinds.get(path) ?? 0;
    return union;
  }

  /**
   * Takes the oldest entries, `limit` at most unless there are renames among them; undefined when
   * there are none.
   */
  take(limit: number, at: number): Changes | undefined {
    const [first = this.#last] = this.#segments;
    if (first.kinds.size === 0) return undefined;
    this.#lastPath = undefined;
    if (first.moves.length > 0) limit = Infinity;
    const paths: RelativePath[] = [];
    const kinds: Kinds[] = [];
    for (const [path, kind] of first.kinds) {
      if (paths.length === limit) break;
      paths.push(path);
      kinds.push(kind);
    }
    if (paths.length < first.kinds.size) {
      for (const path of paths) first.kinds.delete(path);
      return { at, paths, kinds };
    }
    this.#shift();
    return first.moves.length === 0
      ? { at, paths, kinds }
      : { at, paths, kinds, moves: first.moves };
  }

  clear(): void {
    this.#segments = [];
    this.#append();
    this.#urgent = false;
    this.#directoryMoves = 0;
    this.#fileMoves = 0;
  }

  #union(path: RelativePath, kinds: Kinds): void {
    this.#last.kinds.set(path, (this.#last.kinds.get(path) ?? 0) | kinds);
    this.#lastPath = undefined;
  }

  #makeRoom(path: RelativePath, kinds: Kinds): void {
    const { kinds: known, arrived } = this.#last;
    const hasLeft = (kinds & GONE_DIRECTORY) === GONE_DIRECTORY && arrived.has(path);
    if (hasLeft || known.size >= MAX_PATHS_BESIDE_MOVES) this.#cut();
  }

  #cut(): void {
    if (this.#last.kinds.size === 0) return;
    if (this.#segments.length >= MAX_SEGMENTS) this.#dissolve(this.#last);
    else this.#append();
  }

  /** Makes comparisons of renames: less is said, and it needs no order. */
  #dissolve(segment: Segment): void {
    for (const { to, isDirectory } of segment.moves) {
      if (isDirectory) {
        this.#union(to, Kind.Content | Kind.Directory | Kind.Subtree);
        this.#directoryMoves--;
      } else this.#fileMoves--;
    }
    segment.moves.length = 0;
    segment.arrived.clear();
  }

  #append(): void {
    this.#last = newSegment();
    this.#segments.push(this.#last);
    this.#lastPath = undefined;
  }

  /** The first segment was taken. */
  #shift(): void {
    const [first, ...others] = this.#segments;
    for (const { isDirectory } of first?.moves ?? []) {
      if (isDirectory) this.#directoryMoves--;
      else this.#fileMoves--;
    }
    this.#segments = others;
    if (others.length > 0) return;
    this.#append();
    this.#urgent = false;
  }
}

function newSegment(): Segment {
  return { kinds: new Map(), moves: [], arrived: new Set(), left: new Set() };
}

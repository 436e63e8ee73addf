/**
 * A replica in memory, kept only by what a watch tells: the disk is looked at where a change points
 * and nowhere else. What the watch misses stays wrong here, and the comparison shows it.
 *
 * The disk may be ahead of what is told: what was looked at since the last barrier may have been
 * something newer already. Whoever carries out renames has to look at that once more, as below.
 */
import { lstatSync, readdirSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { Kind } from "../../src/model/change.js";
import type { Changes, Coverage, Gap, Kinds, Move } from "../../src/model/change.js";
import {
  ancestorsOf,
  bytesBelow,
  displayPath,
  isBelow,
  joinPath,
  ROOT,
} from "../../src/model/path.js";
import type { RelativePath } from "../../src/model/path.js";
import { startWatch } from "../../src/watch/watch.js";
import type {
  TreeWatch,
  WatchListener,
  WatchNotice,
  WatchSettings,
} from "../../src/watch/watch.js";

/** Everything but times of directories, which change with their entries, and counts of links. */
function look(status: BigIntStats): string {
  const common = [status.mode, status.uid, status.gid, status.ino];
  return (
    status.isDirectory() ? common : [...common, status.size, status.mtimeNs, status.rdev]
  ).join(" ");
}

export class Mirror implements WatchListener {
  readonly entries = new Map<RelativePath, string>();
  readonly gaps: Gap[] = [];
  readonly roots: string[] = [];
  readonly notices: WatchNotice[] = [];
  readonly coverages: Coverage[] = [];
  /** Every rename that was told, as `from → to`. */
  readonly moves: string[] = [];
  /** False: does not carry renames out. */
  honoursMoves = true;
  /** Where renames are not carried out, the new place of every directory is compared. */
  comparesMoved = true;
  messages = 0;
  told = 0;
  /** Every kind a path was told with. */
  readonly kinds = new Map<RelativePath, number>();
  readonly #root: string;
  /** Directories that a comparison copied, and that have not been told as new since. */
  readonly #compared = new Set<RelativePath>();
  /** What was looked at since the last barrier, alone and with all below. */
  readonly #fresh = new Set<RelativePath>();
  readonly #freshWholes = new Set<RelativePath>();

  /** `root` is absolute, latin1. */
  constructor(root: string) {
    this.#root = root;
    this.copyAll();
  }

  changes({ paths, kinds, moves = [] }: Changes): void {
    this.messages++;
    this.told += paths.length;
    const marks = new Map<RelativePath, Kinds>();
    for (const [index, path] of paths.entries()) {
      const kind = kinds[index]!;
      this.kinds.set(path, (this.kinds.get(path) ?? 0) | kind);
      marks.set(path, kind);
    }
    for (const move of moves) this.#move(move, marks);
    for (const [path, kind] of marks) {
      // A file that is only being written waits for its close.
      if ((kind & ~(Kind.Writing | Kind.Directory)) !== 0) this.#copy(path, kind);
    }
  }

  /** Everything that happened before has been told. */
  barrier(): void {
    this.#fresh.clear();
    this.#freshWholes.clear();
  }

  /** Carries a rename out, and marks at the new place what is to be looked at there. */
  #move({ from, to, isDirectory: whole }: Move, marks: Map<RelativePath, Kinds>): void {
    this.moves.push(`${displayPath(from)} → ${displayPath(to)}`);
    const mark = (path: RelativePath, kind: Kinds) =>
      marks.set(path, (marks.get(path) ?? 0) | kind);
    if (!this.honoursMoves) {
      if (whole && this.comparesMoved) mark(to, Kind.Content | Kind.Subtree);
      return;
    }
    const before = this.entries.get(from);
    const mustCompare = before === undefined || (whole && !isDirectory(before));
    if (whole && (mustCompare || this.#isFreshWhole(from))) mark(to, Kind.Content | Kind.Subtree);
    // Whatever stood there is gone, also where that was told together with what came.
    const arrived = marks.get(to) ?? 0;
    marks.set(to, arrived & ~Kind.Gone);
    this.#delete(to);
    for (const path of [...this.entries.keys()]) {
      if (path !== from && !isBelow(path, from)) continue;
      this.entries.set(moved(path, from, to), this.entries.get(path)!);
      this.entries.delete(path);
    }
    for (const set of [this.#compared, this.#fresh, this.#freshWholes]) {
      for (const path of [...set]) if (isBelow(path, from)) set.add(moved(path, from, to));
    }
    for (const path of this.#fresh) if (isBelow(path, to)) mark(path, Kind.Content);
    for (const path of this.#freshWholes) {
      if (isBelow(path, to)) mark(path, Kind.Content | Kind.Subtree);
    }
    for (const [path, kind] of [...marks]) {
      if (isBelow(path, from)) mark(moved(path, from, to), kind);
    }
  }

  #isFreshWhole(place: RelativePath): boolean {
    if (this.#freshWholes.has(place) || this.#freshWholes.has(ROOT)) return true;
    for (const above of ancestorsOf(place)) if (this.#freshWholes.has(above)) return true;
    return false;
  }

  gap(gap: Gap): void {
    this.gaps.push(gap);
    this.compareAll();
  }

  root(state: "lost" | "returned", reason: string): void {
    this.roots.push(`${state}: ${reason}`);
  }

  coverage(coverage: Coverage): void {
    this.coverages.push(coverage);
  }

  notice(notice: WatchNotice): void {
    this.notices.push(notice);
  }

  /** Compares everything, while the disk may be ahead of the watch. */
  compareAll(): void {
    this.copyAll();
    this.#freshWholes.add(ROOT);
    for (const [path, text] of this.entries) if (isDirectory(text)) this.#compared.add(path);
  }

  /** Copies everything, while nothing changes. */
  copyAll(): void {
    this.entries.clear();
    this.#compared.clear();
    this.barrier();
    for (const [path, text] of walk(this.#root)) this.entries.set(path, text);
  }

  /** Paths that differ from the disk, as people read them; empty when the mirror is true. */
  differences(ignore: (path: RelativePath) => boolean = () => false): string[] {
    const disk = new Map(walk(this.#root));
    const differing: string[] = [];
    for (const [path, text] of disk) {
      if (this.entries.get(path) === text || ignore(path)) continue;
      differing.push(`${this.entries.has(path) ? "stale" : "missed"} ${displayPath(path)}`);
    }
    for (const path of this.entries.keys()) {
      if (!disk.has(path) && !ignore(path)) differing.push(`left over ${displayPath(path)}`);
    }
    return differing;
  }

  get directories(): number {
    let count = 1;
    for (const text of this.entries.values()) if (isDirectory(text)) count++;
    return count;
  }

  #copy(path: RelativePath, kinds: Kinds): void {
    const text = lookAt(this.#root, path);
    this.#fresh.add(path);
    const before = this.entries.get(path);
    if (text === undefined) this.#drop(path);
    // A file in a directory's place: what was below is not there.
    else if (before !== undefined && isDirectory(before) && !isDirectory(text)) this.#drop(path);
    if (text === undefined || path === "") return;
    this.entries.set(path, text);
    // A directory that was said to be gone and is there is another one: it is compared.
    const isAnother = (kinds & Kind.Gone) !== 0 && (kinds & Kind.Directory) !== 0;
    // One that a comparison met before it was watched is compared again once it is.
    const wasAhead = (kinds & Kind.Content) !== 0 && this.#compared.delete(path);
    const isWhole = (kinds & Kind.Subtree) !== 0;
    if ((isAnother || wasAhead || isWhole) && isDirectory(text)) this.#compare(path, text);
  }

  #compare(path: RelativePath, text: string): void {
    this.#drop(path);
    this.entries.set(path, text);
    this.#compared.add(path);
    for (const [below, each] of walk(this.#root, path)) {
      this.entries.set(below, each);
      if (isDirectory(each)) this.#compared.add(below);
    }
  }

  #drop(path: RelativePath): void {
    this.#freshWholes.add(path);
    this.#delete(path);
  }

  #delete(path: RelativePath): void {
    const before = this.entries.get(path);
    this.entries.delete(path);
    // What lies below an unknown name goes too, as it does when a replica deletes it.
    if (before !== undefined && !isDirectory(before)) return;
    for (const each of this.entries.keys()) if (isBelow(each, path)) this.entries.delete(each);
  }
}

function moved(path: RelativePath, from: RelativePath, to: RelativePath): RelativePath {
  return (to + path.slice(from.length)) as RelativePath;
}

function isDirectory(text: string): boolean {
  return (BigInt(text.slice(0, text.indexOf(" "))) & 0o170000n) === 0o040000n;
}

function lookAt(root: string, path: RelativePath): string | undefined {
  // lstat follows links on the way to a name; what is reached through one is not below the root.
  for (const above of ancestorsOf(path)) if (!isRealDirectory(root, above)) return undefined;
  return lookAtLast(root, path);
}

function isRealDirectory(root: string, path: RelativePath): boolean {
  const text = lookAtLast(root, path);
  return text !== undefined && isDirectory(text);
}

function lookAtLast(root: string, path: RelativePath): string | undefined {
  try {
    return look(lstatSync(bytesBelow(root, path), { bigint: true }));
  } catch {
    return undefined;
  }
}

/** Everything below a root, without the root itself. */
export function* walk(
  root: string,
  directory: RelativePath = ROOT,
): Generator<[RelativePath, string]> {
  let names: string[];
  try {
    names = readdirSync(bytesBelow(root, directory), { encoding: "latin1" });
  } catch {
    return;
  }
  for (const name of names) {
    const path = joinPath(directory, name);
    const text = lookAtLast(root, path);
    if (text === undefined) continue;
    yield [path, text];
    if (isDirectory(text)) yield* walk(root, path);
  }
}

export interface MirroredWatch extends AsyncDisposable {
  readonly mirror: Mirror;
  readonly watch: TreeWatch;
  /** Drains the watch and says what the mirror has wrong. */
  differences(): Promise<string[]>;
}

/** Watches a root (absolute, latin1) and mirrors it. */
export async function startMirror(
  root: string,
  settings: Partial<WatchSettings> = {},
): Promise<MirroredWatch> {
  const mirror = new Mirror(root);
  const watch = await startWatch({ root, rules: [], ...settings }, mirror);
  // What changed while the watch was being set up is the first full pass's business.
  mirror.copyAll();
  return {
    mirror,
    watch,
    async differences() {
      await watch.drain();
      mirror.barrier();
      return mirror.differences();
    },
    [Symbol.asyncDispose]: () => watch.close(),
  };
}

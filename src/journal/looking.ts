/**
 * One look of a checkpoint: what stands at the paths that changed, in the directories they lie in,
 * and below some. Nothing is written; what cannot be told for sure yet is named.
 */
import { readStatus } from "../kernel/statx.js";
import { ancestorsOf, baseName, parentOf, ROOT } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import {
  absolutePath,
  compareDirectory,
  type ComparisonSettings,
  GONE_ERRORS,
  rootMissing,
} from "./comparison.js";
import {
  type Appearance,
  doubtful,
  DOUBTFUL,
  isDirectory,
  isRacy,
  kindOf,
  readAppearance,
} from "./print.js";
import { Sightings } from "./sightings.js";

/** "unknown": something is there that may not be looked at, or the file system failed. */
type Sight = Appearance | "missing" | "unknown";

/** So many paths are looked at before the generator gives way. */
const PATHS_AT_ONCE = 256;

export class Look {
  readonly sightings = new Sightings();
  readonly racy = new Set<RelativePath>();
  /** Directories below which everything was compared with the index. */
  readonly walked = new Set<RelativePath>();
  /** Regular files that were known and have another content by now. */
  rewritten = 0;
  readonly #settings: ComparisonSettings;
  /** What earlier looks have seen and nobody has written yet. */
  readonly #pending: Sightings;
  readonly #looked = new Map<RelativePath, Sight>();

  constructor(settings: ComparisonSettings, pending: Sightings) {
    this.#settings = settings;
    this.#pending = pending;
  }

  /** Its values mean nothing: it may be left alone for a moment at each. */
  *run(paths: readonly RelativePath[], subtrees: readonly RelativePath[]): Generator<void> {
    let looked = 0;
    for (const path of [...paths, ...subtrees]) {
      this.#lookAt(path);
      if (++looked % PATHS_AT_ONCE === 0) yield;
    }
    for (const path of subtrees) yield* this.#walk(path);
  }

  #lookAt(path: RelativePath): void {
    if (path !== ROOT && !this.#reaches(parentOf(path))) return;
    const sight = this.#sightOf(path);
    if (sight !== "unknown" && this.#counts(path, sight)) this.#note(path, sight);
  }

  /** True where it is a directory that counts; where it is none, that is what is noted. */
  #reaches(directory: RelativePath): boolean {
    for (const above of [ROOT, ...ancestorsOf(directory), directory]) {
      const sight = this.#sightOf(above);
      if (sight === "unknown") return false;
      if (!this.#counts(above, sight)) return false;
      if (sight === "missing" || !isDirectory(sight.body)) {
        this.#note(above, sight);
        return false;
      }
    }
    const sight = this.#sightOf(directory);
    if (sight !== "unknown") this.#note(directory, sight);
    return true;
  }

  /** What is missing counts whatever it was: no row of it may stay. */
  #counts(path: RelativePath, sight: Appearance | "missing"): boolean {
    const { filter } = this.#settings;
    if (sight === "missing" || filter === undefined) return true;
    return filter.keepsEntry(path, isDirectory(sight.body));
  }

  #sightOf(path: RelativePath): Sight {
    const known = this.#looked.get(path);
    if (known !== undefined) return known;
    const sight = this.#read(path);
    this.#looked.set(path, sight);
    return sight;
  }

  #read(path: RelativePath): Sight {
    const { root } = this.#settings;
    const error = readStatus(absolutePath(root, path));
    // A root that is lost says nothing of what was below it: to forget that would be to forget what
    // the replicas hold.
    if (error !== 0 && path === ROOT) throw rootMissing(root);
    if (error !== 0) return GONE_ERRORS.has(error) ? "missing" : "unknown";
    const appearance = readAppearance(baseName(path));
    if (!isRacy(Date.now())) return appearance;
    this.racy.add(path);
    return doubtful(kindOf(appearance.body));
  }

  #note(path: RelativePath, sight: Appearance | "missing"): void {
    if (this.sightings.at(path) !== undefined) return;
    const now = sight === "missing" ? undefined : sight;
    if (now !== undefined && kindOf(now.body) === "file") this.#countRewritten(path, now);
    this.sightings.see(path, now);
  }

  #countRewritten(path: RelativePath, now: Appearance): void {
    const pending = this.#pending.at(path);
    const was = pending === undefined ? this.#settings.index.entry(path) : pending.now;
    if (was === undefined || was.print === DOUBTFUL || now.print === DOUBTFUL) return;
    if (kindOf(was.body) === "file" && was.body !== now.body) this.rewritten++;
  }

  *#walk(subtree: RelativePath): Generator<void> {
    const sight = this.#sightOf(subtree);
    if (typeof sight === "string" || !isDirectory(sight.body)) return;
    if (this.sightings.at(subtree) === undefined) return;
    this.walked.add(subtree);
    const directories = [subtree];
    const see = (path: RelativePath, now: Appearance | undefined) => {
      if (now?.print === DOUBTFUL) this.racy.add(path);
      this.sightings.see(path, now);
    };
    let directory;
    while ((directory = directories.pop()) !== undefined) {
      yield* compareDirectory(this.#settings, directory, {
        found: (path, now) => see(path, now),
        gone: (path) => see(path, undefined),
        excluded: (path) => see(path, undefined),
        unread: () => undefined,
        directory: (path) => directories.push(path),
      });
      yield;
    }
  }
}

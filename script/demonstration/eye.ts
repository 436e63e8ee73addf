/**
 * An eye on a small tree: says which entry changed, the moment it does, by watches of its own. It
 * shares nothing with the program whose work it looks at.
 */
import {
  lstatSync,
  readdirSync,
  readlinkSync,
  watch,
  type BigIntStats,
  type FSWatcher,
} from "node:fs";
import { bytesBelow, isBelow, joinPath, ROOT, type RelativePath } from "../../src/model/path.js";

/** What can be seen of an entry; two entries with the same look are the same to a user. */
export type Look = string;

export const MISSING: Look = "missing";

export function lookAt(root: string, path: RelativePath): Look {
  const stats = statusOf(root, path);
  if (stats === undefined) return MISSING;
  const mode = Number(stats.mode).toString(8);
  // The time of a directory changes with every entry in it: no news of the directory itself.
  if (stats.isDirectory()) return mode;
  return `${mode} ${stats.size} ${stats.mtimeNs}${stats.isSymbolicLink() ? ` ${linkAt(root, path)}` : ""}`;
}

export function isDirectoryAt(root: string, path: RelativePath): boolean {
  return statusOf(root, path)?.isDirectory() ?? false;
}

/** Everything below a root, directories before what is in them. */
export function* everythingBelow(
  root: string,
  directory: RelativePath = ROOT,
): Generator<RelativePath> {
  for (const name of namesIn(root, directory)) {
    const path = joinPath(directory, name);
    yield path;
    if (isDirectoryAt(root, path)) yield* everythingBelow(root, path);
  }
}

export class Eye {
  readonly #root: string;
  readonly #onNews: (path: RelativePath) => void;
  readonly #watched = new Map<RelativePath, { watcher: FSWatcher; inode: bigint }>();

  /** @param root absolute, latin1 */
  constructor(root: string, onNews: (path: RelativePath) => void) {
    this.#root = root;
    this.#onNews = onNews;
    this.#enter(ROOT, () => undefined);
  }

  close(): void {
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  /** Watches a directory first and reads it then, so that nothing falls between. */
  #enter(directory: RelativePath, onFound: (path: RelativePath) => void): void {
    const inode = statusOf(this.#root, directory)?.ino;
    const known = this.#watched.get(directory);
    if (inode === undefined || known?.inode === inode) return;
    this.#leave(directory);
    try {
      const at = bytesBelow(this.#root, directory);
      const watcher = watch(at, { encoding: "buffer" }, (_event, name) => {
        if (name !== null) this.#news(joinPath(directory, name.toString("latin1")));
      });
      // The directory went away: its parent tells.
      watcher.on("error", () => undefined);
      this.#watched.set(directory, { watcher, inode });
    } catch {
      return;
    }
    for (const name of namesIn(this.#root, directory)) {
      const path = joinPath(directory, name);
      onFound(path);
      if (isDirectoryAt(this.#root, path)) this.#enter(path, onFound);
    }
  }

  #news(path: RelativePath): void {
    this.#onNews(path);
    if (isDirectoryAt(this.#root, path)) this.#enter(path, this.#onNews);
    else this.#leave(path);
  }

  #leave(directory: RelativePath): void {
    for (const [path, { watcher }] of this.#watched) {
      if (path !== directory && !isBelow(path, directory)) continue;
      watcher.close();
      this.#watched.delete(path);
    }
  }
}

function statusOf(root: string, path: RelativePath): BigIntStats | undefined {
  try {
    return lstatSync(bytesBelow(root, path), { bigint: true });
  } catch {
    return undefined;
  }
}

function linkAt(root: string, path: RelativePath): string {
  try {
    return readlinkSync(bytesBelow(root, path), { encoding: "latin1" });
  } catch {
    return "";
  }
}

function namesIn(root: string, directory: RelativePath): string[] {
  try {
    return readdirSync(bytesBelow(root, directory), { encoding: "latin1" }).sort();
  } catch {
    return [];
  }
}

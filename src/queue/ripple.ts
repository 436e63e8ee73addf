/**
 * Directories whose times two overlapping batches may have left wrong.
 *
 * Every rsync run sets the times of all directories above its entries, as they were when its list
 * was made. Of two runs that overlap, the one with the older list may be the last to write. Such a
 * directory is named once more, alone, when the rush is over.
 */
import type { Batch } from "../model/batch.js";
import { type RelativePath, ROOT, parentOf } from "../model/path.js";

/** How long after the first doubt a directory is looked at again: in a lull, and in a rush. */
const LULL_MS = 250;
const RUSH_MS = 1_000;

export class Ripple {
  /** How many batches in flight set the times of a directory. */
  readonly #touching = new Map<RelativePath, number>();
  readonly #directories = new Map<number, readonly RelativePath[]>();
  readonly #doubtful = new Set<RelativePath>();
  #since = 0;

  /** Directories in doubt, and since when. */
  get doubts(): { readonly paths: ReadonlySet<RelativePath>; readonly since: number } {
    return { paths: this.#doubtful, since: this.#since };
  }

  /** Takes note of a batch; answers the directories it has put in doubt. */
  started(batch: Batch, now: number): RelativePath[] {
    const doubted: RelativePath[] = [];
    const directories = [...directoriesOf(batch)];
    for (const directory of directories) {
      const others = this.#touching.get(directory) ?? 0;
      this.#touching.set(directory, others + 1);
      if (others === 0) continue;
      if (this.#doubtful.size === 0) this.#since = now;
      this.#doubtful.add(directory);
      doubted.push(directory);
    }
    this.#directories.set(batch.id, directories);
    return doubted;
  }

  ended(batchId: number): void {
    for (const directory of this.#directories.get(batchId) ?? []) {
      const others = (this.#touching.get(directory) ?? 1) - 1;
      if (others === 0) this.#touching.delete(directory);
      else this.#touching.set(directory, others);
    }
    this.#directories.delete(batchId);
  }

  dueAt(): number | undefined {
    if (this.#doubtful.size === 0) return undefined;
    return this.#since + (this.#directories.size === 0 ? LULL_MS : RUSH_MS);
  }

  /** The directories to name again, once they are due. */
  take(now: number): RelativePath[] {
    const dueAt = this.dueAt();
    if (dueAt === undefined || dueAt > now) return [];
    const taken = [...this.#doubtful];
    this.#doubtful.clear();
    return taken;
  }

  /** Forgets what is in doubt, not what is in flight. */
  forget(): void {
    this.#doubtful.clear();
  }
}

/** Every directory whose times the run of this batch sets. */
function directoriesOf(batch: Batch): Set<RelativePath> {
  const seen = new Set<RelativePath>();
  for (const { path, sight } of batch.entries) {
    let directory = sight.type === "directory" ? path : parentOf(path);
    while (!seen.has(directory)) {
      seen.add(directory);
      if (directory === ROOT) break;
      directory = parentOf(directory);
    }
  }
  return seen;
}

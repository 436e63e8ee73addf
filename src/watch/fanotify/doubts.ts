/**
 * Directories that were renamed, until it is certain where they have come to.
 *
 * The kernel joins a record with an equal one that still waits: of "a to b, b to a, a to b" it
 * keeps the first two. So what records say in the end may not be so, and each directory that was
 * renamed is looked for when the queue was read to its end. Whoever is in the wrong place is among
 * them: a record that was joined with another had the same target, and that other one was read.
 */
import type { FileHandle } from "../../kernel/fanotify-decode.js";
import type { RelativePath } from "../../model/path.js";
import type { TreeGrounds } from "./grounds.js";

/** A record that explains a place is read by then; if not, its rename is told entry by entry. */
const MOST_ROUNDS = 20;

export interface Doubt {
  readonly handle: FileHandle;
  /** Where the disk has it; undefined where that is not in the tree. */
  readonly path: RelativePath | undefined;
}

export class Doubts {
  /** The disk could not be asked; whoever heals that sets it back. */
  hasFailed = false;
  /** How many times each was found elsewhere while more was queued. */
  readonly #handles = new Map<FileHandle, number>();

  get size(): number {
    return this.#handles.size;
  }

  add(handle: FileHandle): void {
    if (handle !== "") this.#handles.set(handle, 0);
  }

  has(handle: FileHandle): boolean {
    return this.#handles.has(handle);
  }

  /** Looks for each, and takes those that are not where they are believed to be. */
  takeWrong(
    grounds: TreeGrounds,
    believed: (handle: FileHandle) => RelativePath | undefined,
    isQueueEmpty: () => boolean,
  ): Doubt[] {
    const wrong: Doubt[] = [];
    for (const [handle, rounds] of [...this.#handles]) {
      const location = grounds.locate(handle);
      if (location.kind === "unknown") this.hasFailed = true;
      const path = location.kind === "inside" ? location.path : undefined;
      const isRight = location.kind === "unknown" || path === believed(handle);
      // What is queued by now may explain it; where the queue is never empty, it is not waited for.
      if (!isRight && rounds < MOST_ROUNDS && !isQueueEmpty()) {
        this.#handles.set(handle, rounds + 1);
        continue;
      }
      this.#handles.delete(handle);
      if (!isRight) wrong.push({ handle, path });
    }
    return wrong;
  }

  clear(): void {
    this.#handles.clear();
  }
}

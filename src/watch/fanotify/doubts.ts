/**
 * Directories that were renamed, until it is certain where they have come to.
 *
 * The kernel joins a record with an equal one that still waits: of "a to b, b to a, a to b" it
 * keeps the first two. So what records say in the end may not be so, and each directory that was
 * renamed is looked for once when the queue is empty. It is always among the renamed: a record that
 * was joined with another had the same target, and that other one was read.
 */
import type { FileHandle } from "../../kernel/fanotify-decode.js";
import type { RelativePath } from "../../model/path.js";
import type { TreeGrounds } from "./grounds.js";

export interface Doubt {
  readonly handle: FileHandle;
  /** Where the disk has it; undefined where that is not in the tree. */
  readonly path: RelativePath | undefined;
}

export class Doubts {
  /** The disk could not be asked; whoever heals that sets it back. */
  hasFailed = false;
  readonly #handles = new Set<FileHandle>();

  get size(): number {
    return this.#handles.size;
  }

  add(handle: FileHandle): void {
    if (handle !== "") this.#handles.add(handle);
  }

  has(handle: FileHandle): boolean {
    return this.#handles.has(handle);
  }

  /** They are looked for: where each is now, with the queue known to be empty after that. */
  resolve(grounds: TreeGrounds, isQueueEmpty: () => boolean): Doubt[] {
    if (this.#handles.size === 0) return [];
    const found: Doubt[] = [];
    for (const handle of this.#handles) {
      const location = grounds.locate(handle);
      if (location.kind === "unknown") this.hasFailed = true;
      found.push({ handle, path: location.kind === "inside" ? location.path : undefined });
    }
    // What is queued by now may explain where they are.
    if (!isQueueEmpty()) return [];
    this.#handles.clear();
    return found;
  }

  clear(): void {
    this.#handles.clear();
  }
}

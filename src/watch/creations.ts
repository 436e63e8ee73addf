/**
 * What was made, as far as the event does not say: a regular file that is about to be written, or
 * something that is complete at once — a link, a fifo, a device, a file linked into its place.
 * They all raise CREATE; only the former will raise CLOSE_WRITE.
 */
import { Kind } from "../model/change.js";
import { isBelow } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import type { TreeCalls } from "./calls.js";
import type { Outbox } from "./outbox.js";

/** Something has been said already that makes the path be sent or removed. */
const DECIDED = Kind.Content | Kind.Gone;

export class Creations {
  readonly #calls: TreeCalls;
  readonly #outbox: Outbox;
  /** Created since the last settling, and whether written to as well. */
  readonly #created = new Map<RelativePath, boolean>();
  /**
   * Regular files with content that nobody was heard to write. Either the write's event was not
   * read yet (the next reading shows it), or the file came complete: an O_TMPFILE linked into
   * place, a hard link whose other name is gone.
   */
  #suspects = new Set<RelativePath>();

  constructor(calls: TreeCalls, outbox: Outbox) {
    this.#calls = calls;
    this.#outbox = outbox;
  }

  get isUnsettled(): boolean {
    return this.#created.size > 0 || this.#suspects.size > 0;
  }

  created(path: RelativePath): void {
    if (!this.#created.has(path)) this.#created.set(path, false);
  }

  written(path: RelativePath): void {
    if (this.#created.has(path)) this.#created.set(path, true);
    else if (this.#suspects.size > 0) this.#suspects.delete(path);
  }

  /** A directory was renamed: what was made below it is to be looked for at its new place. */
  moved(from: RelativePath, to: RelativePath): void {
    const place = (path: RelativePath) => (to + path.slice(from.length)) as RelativePath;
    for (const [path, written] of [...this.#created]) {
      if (isBelow(path, from)) this.#created.set(place(path), written);
    }
    for (const path of [...this.#suspects]) {
      if (isBelow(path, from)) this.#suspects.add(place(path));
    }
  }

  /** To be called after each reading of the queue: what was queued before the last one is known. */
  settle(): void {
    for (const path of this.#suspects) this.#outbox.add(path, Kind.Content);
    this.#suspects.clear();
    for (const [path, written] of this.#created) {
      if ((this.#outbox.kindsOf(path) & DECIDED) === 0) this.#decide(path, written);
    }
    this.#created.clear();
  }

  #decide(path: RelativePath, written: boolean): void {
    const status = this.#calls.inspect(path);
    // Gone again: its event is on its way.
    if (status === undefined) return;
    if (!status.isFile() || status.nlink > 1n) this.#outbox.add(path, Kind.Content);
    else if (status.size > 0n && !written) this.#suspects.add(path);
  }
}

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

/** Made since the last settling. */
interface Creation {
  /** It was written to as well. */
  written: boolean;
  /** It was not at its place when it was looked for. */
  missed: boolean;
}

export class Creations {
  readonly #calls: Pick<TreeCalls, "inspect">;
  readonly #outbox: Outbox;
  readonly #created = new Map<RelativePath, Creation>();
  /**
   * Regular files with content that nobody was heard to write. Either the write's event was not
   * read yet (the next reading shows it), or the file came complete: an O_TMPFILE linked into
   * place, a hard link whose other name is gone.
   */
  #suspects = new Set<RelativePath>();

  constructor(calls: Pick<TreeCalls, "inspect">, outbox: Outbox) {
    this.#calls = calls;
    this.#outbox = outbox;
  }

  get isUnsettled(): boolean {
    return this.#created.size > 0 || this.#suspects.size > 0;
  }

  created(path: RelativePath): void {
    if (!this.#created.has(path)) this.#created.set(path, { written: false, missed: false });
  }

  written(path: RelativePath): void {
    const created = this.#created.get(path);
    if (created !== undefined) created.written = true;
    else if (this.#suspects.size > 0) this.#suspects.delete(path);
  }

  /** A directory was renamed: what was made below it is to be looked for at its new place. */
  moved(from: RelativePath, to: RelativePath): void {
    const place = (path: RelativePath) => (to + path.slice(from.length)) as RelativePath;
    for (const [path, { written }] of [...this.#created]) {
      if (isBelow(path, from)) this.#created.set(place(path), { written, missed: false });
    }
    for (const path of [...this.#suspects]) {
      if (isBelow(path, from)) this.#suspects.add(place(path));
    }
  }

  /**
   * To be called after each reading of the queue, with whether it emptied the queue: what was queued
   * before the last one is known.
   */
  settle(emptied: boolean): void {
    for (const path of this.#suspects) this.#outbox.add(path, Kind.Content);
    this.#suspects.clear();
    for (const [path, creation] of this.#created) {
      const isDecided = (this.#outbox.kindsOf(path) & DECIDED) !== 0;
      if (isDecided || this.#decide(path, creation, emptied)) this.#created.delete(path);
    }
  }

  /** False where it has to be looked for once more. */
  #decide(path: RelativePath, creation: Creation, emptied: boolean): boolean {
    const status = this.#calls.inspect(path);
    if (status === undefined) {
      // Gone again, or a directory above was renamed: the event is on its way.
      if (creation.missed && emptied) return true;
      creation.missed = true;
      return false;
    }
    const { written } = creation;
    if (!status.isFile() || status.nlink > 1n) this.#outbox.add(path, Kind.Content);
    else if (status.size > 0n && !written) this.#suspects.add(path);
    return true;
  }
}

/**
 * Renames that were told while it was not certain that the disk is no further than the queue.
 *
 * A directory that is not remembered is put where the disk has it. Had it been renamed by then, and
 * the record of that is still to be read, then a rename below it was told by a place that was not its
 * place yet: another directory's, for those who are told. The record shows it when it comes, at the
 * latest in the reading that begins after the disk was asked and empties the queue.
 */
import type { FileHandle } from "../../kernel/fanotify-decode.js";

export class EarlyMoves {
  readonly #handles = new Set<FileHandle>();
  /** The disk was asked, and the queue has not been emptied by a reading that began after that. */
  #isUncertain = false;
  #wasAskedInThisReading = false;

  /** A directory was put where the disk has it. */
  asked(): void {
    this.#isUncertain = true;
    this.#wasAskedInThisReading = true;
  }

  /** A directory's rename was told as such. */
  told(handle: FileHandle): void {
    if (this.#isUncertain) this.#handles.add(handle);
  }

  /** To be called when the records of a reading have been taken. */
  settle(emptied: boolean): void {
    if (emptied && !this.#wasAskedInThisReading) {
      this.#isUncertain = false;
      this.#handles.clear();
    }
    this.#wasAskedInThisReading = false;
  }

  /** The disk was ahead: takes those whose renames cannot be believed. */
  takeAll(): FileHandle[] {
    const handles = [...this.#handles];
    this.#handles.clear();
    return handles;
  }
}

/**
 * When deletions may go: after a pause, and after the writes that were ready before them, so that a
 * rename's new place is there before the old one goes.
 */

/**
 * What to do with a path that is missing when a batch is cut: delete it on the replica; delete it only
 * if it was marked as gone; keep it for later; or forget it.
 */
export type OnMissing = "send" | "marked" | "hold" | "drop";

/**
 * Deletions wait until none has come for this long. It turns `rm -rf` into one name, and spares a
 * replica the moment in which an editor has moved the old file away and not yet made the new one.
 */
export const DELETE_QUIET_MS = 25;

/** Deletions never wait longer than this for a pause. */
export const DELETE_LONGEST_MS = 1_000;

export class DeletionPause {
  #lastGoneAt = -Infinity;
  #waitingSince = -Infinity;
  #follows: number | undefined;

  /** A name was reported gone. */
  gone(at: number): void {
    this.#lastGoneAt = Math.max(this.#lastGoneAt, at);
  }

  /** The first deletion began to wait. */
  begin(now: number): void {
    this.#waitingSince = now;
    this.#follows = undefined;
  }

  get waitingSince(): number {
    return this.#waitingSince;
  }

  get dueAt(): number {
    return Math.min(this.#lastGoneAt + DELETE_QUIET_MS, this.#waitingSince + DELETE_LONGEST_MS);
  }

  /** The batch up to which every write has to be carried first; undefined before they fell due. */
  get follows(): number | undefined {
    return this.#follows;
  }

  /** Said when they have fallen due; later writes hold nothing back. */
  follow(batchId: number): void {
    this.#follows ??= batchId;
  }
}

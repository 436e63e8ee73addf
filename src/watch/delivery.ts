/**
 * Hands changes to the owner's thread: at once when it keeps up, gathered when it does not, so that
 * the number of messages follows the owner and not the events.
 */
import type { MessagePort } from "node:worker_threads";
import { Control } from "./messages.js";
import type { ReaderMessage } from "./messages.js";
import { Outbox } from "./outbox.js";

/** Messages the owner may leave untaken; what comes meanwhile is combined. */
const MAX_UNTAKEN = 2;
/** Paths in one message: some milliseconds of the owner's time. */
const MAX_PATHS = 16_384;
/** Paths that may wait while the owner takes none: some 50 MB. */
const MAX_WAITING = 262_144;
/** How often the owner is looked after while it is behind. */
export const RETRY_MS = 2;
/** Files that are only being written wait for company: most are closed before this. */
const PATIENCE_MS = 10;

export class Delivery {
  readonly outbox = new Outbox();
  readonly #port: MessagePort;
  readonly #control: Int32Array;
  #posted = 0;
  /** When the oldest entry was read, ms since the epoch; undefined while there is none. */
  #since: number | undefined;

  constructor(port: MessagePort, control: Int32Array) {
    this.#port = port;
    this.#control = control;
  }

  post(message: ReaderMessage): void {
    this.#port.postMessage(message);
  }

  /** The owner takes what is posted; while it does not, nothing should be forced on it. */
  get isTaken(): boolean {
    return this.#untaken() < MAX_UNTAKEN;
  }

  /** More waits than is kept: what happened has to be found by comparing. */
  get isTooMuch(): boolean {
    return this.outbox.size > MAX_WAITING;
  }

  /** To be called when changes may have been added, with the time of their reading. */
  noteAdded(at: number): void {
    if (this.outbox.size > 0) this.#since ??= at;
  }

  /** When to deliver again, if nothing happens before; Infinity for never. ms since the epoch. */
  nextDue(now: number): number {
    if (this.#since === undefined) return Infinity;
    return this.outbox.isUrgent ? now + RETRY_MS : this.#since + PATIENCE_MS;
  }

  /** Delivers what is ready; everything, with `force`. */
  deliver(now: number, force = false): void {
    if (this.#since === undefined) return;
    if (!force && !this.outbox.isUrgent && now < this.#since + PATIENCE_MS) return;
    while (force || this.#untaken() < MAX_UNTAKEN) {
      const changes = this.outbox.take(MAX_PATHS, this.#since);
      if (changes === undefined) break;
      this.#posted = (this.#posted + 1) | 0;
      this.post({ kind: "changes", changes });
    }
    if (this.outbox.size === 0) this.#since = undefined;
  }

  /** Drops what has not been delivered: a gap will cover it. */
  clear(): void {
    this.outbox.clear();
    this.#since = undefined;
  }

  #untaken(): number {
    return (this.#posted - Atomics.load(this.#control, Control.TAKEN)) | 0;
  }
}

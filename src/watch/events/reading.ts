/** Records read from the kernel's queue, to wait here until they are taken. */
import { decodeInotify } from "../../kernel/inotify-decode.js";
import { readEvents } from "../../kernel/inotify.js";
import { RecordQueue } from "./record-queue.js";

const BUFFER_BYTES = 256 * 1024;
/** The longest record: a header and a name of 255 bytes, padded. */
const LONGEST_RECORD = 272;
/** What may wait here; more waits in the kernel's queue, until that overflows. */
const MOST_WAITING = 500_000;

const buffer = Buffer.from(new ArrayBuffer(BUFFER_BYTES));

export class Reading {
  readonly records = new RecordQueue();
  readonly #inotify: number;
  #count = 0;

  constructor(inotify: number) {
    this.#inotify = inotify;
  }

  /** How often all that the kernel had was read. */
  get count(): number {
    return this.#count;
  }

  /** Reads all that the kernel has, as far as there is room for it. */
  drain(): void {
    while (this.records.length < MOST_WAITING) {
      const length = readEvents(this.#inotify, buffer);
      decodeInotify(buffer, length, this.#push);
      // The kernel stops at the first record that does not fit, or when there is none.
      if (length + LONGEST_RECORD > BUFFER_BYTES) continue;
      this.#count++;
      return;
    }
  }

  readonly #push = (watch: number, mask: number, cookie: number, name: string): void =>
    this.records.push(watch, mask, cookie, name);
}

/** Waiting for descriptors, with the thread asleep: poll(2). */
import { Fault } from "../model/fault.js";
import { errorName, errorNumber, Errno, libc, pollAside } from "./libc.js";

/** There is something to read. */
export const READABLE = 0x1;
/** What is written will not wait. */
export const WRITABLE = 0x4;
/** What /proc/self/mountinfo raises when the mount table has changed (proc_pid_mountinfo(5)). */
export const CHANGED = 0x2;

/** `struct pollfd { int fd; short events; short revents; }` */
const ENTRY_BYTES = 8;

/** A fixed set of descriptors to wait for together. */
export class PollSet {
  readonly #bytes: Uint8Array;
  readonly #shorts: Int16Array;
  readonly #count: number;

  constructor(entries: readonly { readonly descriptor: number; readonly events: number }[]) {
    const memory = new ArrayBuffer(entries.length * ENTRY_BYTES);
    this.#bytes = new Uint8Array(memory);
    this.#shorts = new Int16Array(memory);
    this.#count = entries.length;
    for (const [index, { descriptor, events }] of entries.entries()) {
      new Int32Array(memory)[index * 2] = descriptor;
      this.#shorts[index * 4 + 2] = events;
    }
  }

  /**
   * Waits at most `timeoutMs` (whole milliseconds; -1 is for ever) and says whether anything is
   * ready. A signal ends the wait early.
   */
  wait(timeoutMs: number): boolean {
    const ready = libc.poll(this.#bytes, this.#count, timeoutMs);
    if (ready >= 0) return ready > 0;
    const error = errorNumber();
    this.#forget();
    if (error === Errno.EINTR) return false;
    throw new Fault("KERNEL_CALL", `Cannot poll: ${errorName(error)}`);
  }

  /** The same in a thread of the pool. One wait at a time; whoever ends the program ends it before. */
  async waitAside(timeoutMs: number): Promise<boolean> {
    const ready = await pollAside(this.#bytes, this.#count, timeoutMs);
    if (ready < 0) this.#forget();
    return ready > 0;
  }

  /** What the last wait found at an entry; error and hang-up count as ready. */
  isReady(index: number): boolean {
    return this.#shorts[index * 4 + 3] !== 0;
  }

  #forget(): void {
    for (let index = 0; index < this.#count; index++) {
      this.#shorts[index * 4 + 3] = 0;
    }
  }
}

/**
 * Bytes written in this thread to a descriptor, without ever waiting for a slow reader: what it does
 * not take is kept here, up to a limit that is the caller's to respect.
 */
import { fstatSync, writeSync } from "node:fs";
import { PollSet, WRITABLE } from "../../kernel/poll.js";

/** PIPE_BUF: where poll(2) says that a pipe is writable, so much of it does not block. */
const PIECE_BYTES = 4096;

export class ByteOutput {
  readonly descriptor: number;
  readonly #takesAll: boolean;
  readonly #poll: PollSet;
  #chunks: Buffer[] = [];
  /** Bytes of the first chunk that have been written. */
  #written = 0;
  #waiting = 0;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
    // A regular file is always ready, and nobody reads it at the other end.
    this.#takesAll = fstatSync(descriptor).isFile();
    this.#poll = new PollSet([{ descriptor, events: WRITABLE }]);
  }

  /** Bytes that the reader has not taken yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Writes what can be written at once. Throws what write(2) answers, EPIPE among them. */
  put(latin1: string): void {
    if (latin1 === "") return;
    const bytes = Buffer.from(latin1, "latin1");
    this.#chunks.push(bytes);
    this.#waiting += bytes.length;
    this.flush(0);
  }

  /**
   * Writes what is left, down to `leave` bytes: as far as the reader takes it at once, or, where
   * `limitMs` is -1, as long as it takes.
   */
  flush(limitMs: 0 | -1, leave = 0): void {
    while (this.#waiting > leave) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) return;
      if (!this.#takesAll && !this.#poll.wait(limitMs)) {
        if (limitMs < 0) continue;
        return;
      }
      const most = this.#takesAll ? chunk.length : PIECE_BYTES;
      const written = this.#write(chunk, Math.min(most, chunk.length - this.#written));
      this.#written += written;
      this.#waiting -= written;
      if (this.#written < chunk.length) continue;
      this.#chunks.shift();
      this.#written = 0;
    }
  }

  #write(chunk: Buffer, length: number): number {
    try {
      return writeSync(this.descriptor, chunk, this.#written, length);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EAGAIN" || code === "EINTR") return 0;
      throw error;
    }
  }
}

/** The end of what a program says: enough for an error's text, however much it says. */
import type { Clock } from "../model/clock.js";

type Stream = "stdout" | "stderr";

const KEPT_BYTES = 4096;
/** A flood is read this much at a time, with a pause between: it must not take our time from others. */
const BREATH_BYTES = 1024 * 1024;
const BREATH_MS = 5;

export class OutputTail {
  readonly #clock: Clock;
  readonly #tails: Record<Stream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #sincePause = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whoever reads the stream waits for what is returned. */
  take(stream: Stream, chunk: Buffer): Promise<void> | undefined {
    const end = Buffer.concat([this.#tails[stream], chunk.subarray(-KEPT_BYTES)]);
    // A copy, so that the chunk as a whole can go.
    this.#tails[stream] = Buffer.from(end.subarray(-KEPT_BYTES));
    this.#sincePause += chunk.length;
    if (this.#sincePause < BREATH_BYTES) return undefined;
    this.#sincePause = 0;
    return this.#clock.sleep(BREATH_MS);
  }

  /** The last line of the errors that is not blank, or else of the rest; latin1. */
  lastLine(): string {
    return lastLineOf(this.#tails.stderr) ?? lastLineOf(this.#tails.stdout) ?? "";
  }
}

function lastLineOf(bytes: Buffer): string | undefined {
  const lines = bytes.toString("latin1").split(/[\r\n]+/);
  return lines.map((line) => line.trim()).findLast((line) => line !== "");
}

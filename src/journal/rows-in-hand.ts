/** Rows a scanning thread has found and not sent yet, directory by directory. */
import { baseName, ROOT } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import type { RowsOf } from "./index-writer.js";
import type { RowsMessage } from "./messages.js";
import type { Appearance } from "./print.js";

export class RowsInHand {
  /** Entries to be forgotten with all below them. */
  gone: RelativePath[] = [];
  #finished: RowsOf[] = [];
  #finishedCount = 0;
  /** The directory that is compared; undefined for the one the root lies in. */
  #directory: RelativePath | undefined;
  #names: string[] = [];
  #prints: number[] = [];
  #bodies: number[] = [];

  /** How many are in hand. */
  get count(): number {
    return this.#finishedCount + this.#names.length + this.gone.length;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** What is added from now on lies in this directory. */
  enter(directory: RelativePath | undefined): void {
    this.#finish();
    this.#directory = directory;
  }

  add(path: RelativePath, { print, body }: Appearance): void {
    this.#names.push(baseName(path));
    this.#prints.push(print);
    this.#bodies.push(body);
  }

  /** Hands all of it over. */
  take(): RowsMessage {
    this.#finish();
    const message = { rows: this.#finished, gone: this.gone };
    this.#finished = [];
    this.#finishedCount = 0;
    this.gone = [];
    return message;
  }

  #finish(): void {
    if (this.#names.length === 0) return;
    this.#finished.push({
      directory: this.#directory ?? ROOT,
      isRoot: this.#directory === undefined,
      names: this.#names.join("/"),
      prints: Float64Array.from(this.#prints),
      bodies: Int32Array.from(this.#bodies),
    });
    this.#finishedCount += this.#names.length;
    this.#names = [];
    this.#prints = [];
    this.#bodies = [];
  }
}

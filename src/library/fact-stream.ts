/** Facts as an async iterable. A reader that is slow loses the oldest ones, and is told how many. */
import type { Fact } from "../model/fact.js";

const MOST_WAITING = 10_000;

type Result = IteratorResult<Fact, undefined>;

export class FactStream implements AsyncIterableIterator<Fact, undefined> {
  readonly #waiting: Fact[] = [];
  readonly #readers: ((result: Result) => void)[] = [];
  readonly #onEnd: () => void;
  #dropped = 0;
  #ended = false;

  /** @param onEnd called when the reader has had enough */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  push(fact: Fact): void {
    if (this.#ended) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader({ done: false, value: fact });
      return;
    }
    this.#waiting.push(fact);
    if (this.#waiting.length <= MOST_WAITING) return;
    // By halves, so that the cost of moving the rest is small.
    const dropped = this.#waiting.splice(0, MOST_WAITING / 2);
    this.#dropped += dropped.length;
  }

  /** What waits can still be read. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#dropped > 0) {
      const text = `${this.#dropped} facts were dropped: they were not read in time`;
      this.#dropped = 0;
      return Promise.resolve({ done: false, value: { kind: "note", level: "warn", text } });
    }
    const fact = this.#waiting.shift();
    if (fact !== undefined) return Promise.resolve({ done: false, value: fact });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => void this.#readers.push(resolve));
  }

  return(): Promise<Result> {
    this.end();
    this.#waiting.length = 0;
    this.#onEnd();
    return Promise.resolve({ done: true, value: undefined });
  }
}

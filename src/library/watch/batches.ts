/** Many events at once, for readers whose work is cheaper for many paths than for each. */
import type { BatchOptions } from "./options.js";

/** Where the events come from. */
export interface BatchSource<E> {
  next(): Promise<IteratorResult<E, undefined>>;
  /** An event that can be given at once. */
  takeNow(): E | undefined;
  /** Resolves when `takeNow` may have one, or the iteration has ended. */
  arrival(): Promise<void>;
  readonly ended: boolean;
  return(): Promise<unknown>;
}

export class Batches<E> implements AsyncIterableIterator<E[], undefined> {
  readonly #source: BatchSource<E>;
  readonly #options: Required<BatchOptions>;

  constructor(source: BatchSource<E>, options: Required<BatchOptions>) {
    this.#source = source;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<E[], undefined>> {
    const first = await this.#source.next();
    if (first.done === true) return { done: true, value: undefined };
    const batch = [first.value];
    this.#fill(batch);
    const { max, withinMs } = this.#options;
    if (withinMs > 0 && batch.length < max) await this.#gather(batch);
    return { done: false, value: batch };
  }

  async return(): Promise<IteratorResult<E[], undefined>> {
    await this.#source.return();
    return { done: true, value: undefined };
  }

  #fill(batch: E[]): void {
    while (batch.length < this.#options.max) {
      const event = this.#source.takeNow();
      if (event === undefined) return;
      batch.push(event);
    }
  }

  async #gather(batch: E[]): Promise<void> {
    const { max, withinMs } = this.#options;
    const time = { isOver: false };
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        time.isOver = true;
        resolve();
      }, withinMs);
    });
    while (!time.isOver && batch.length < max && !this.#source.ended) {
      await Promise.race([over, this.#source.arrival()]);
      this.#fill(batch);
    }
    clearTimeout(timer);
  }
}

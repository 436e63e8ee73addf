/** Those who wait for the next event, in their order, and how their waiting ends. */

interface Reader<E> {
  readonly resolve: (result: IteratorResult<E, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

export class Readers<E> {
  #waiting: Reader<E>[] = [];
  /** Those who only want to know that there may be something. */
  #arrivals: (() => void)[] = [];
  #failure: { readonly error: unknown } | undefined;
  #ended = false;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Somebody wants to know when there is something. */
  get isAwaited(): boolean {
    return this.#waiting.length + this.#arrivals.length > 0;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** What the next event will be; at the end it is none, or once the error. */
  wait(): Promise<IteratorResult<E, undefined>> {
    const failure = this.#failure;
    this.#failure = undefined;
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's
    if (failure !== undefined) return Promise.reject(failure.error);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => void this.#waiting.push({ resolve, reject }));
  }

  /** Resolves when something has come, or there is nothing more to come. */
  arrival(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => void this.#arrivals.push(resolve));
  }

  give(value: E): void {
    this.#waiting.shift()?.resolve({ done: false, value });
  }

  wake(): void {
    for (const resolve of this.#arrivals.splice(0)) resolve();
  }

  /** The first who waits, or else the next who comes, is told; all others see the end. */
  fail(error: unknown): void {
    if (this.#ended) return;
    const first = this.#waiting.shift();
    if (first === undefined) this.#failure = { error };
    else first.reject(error);
    this.end();
  }

  end(): void {
    this.#ended = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
    this.wake();
  }
}

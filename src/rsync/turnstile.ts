/** People who wait for a change, let through one by one, first come first served. */
export class Turnstile {
  readonly #waiting: (() => void)[] = [];

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Resolves when it is one's turn; rejects with the signal's reason when that comes first. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const proceed = () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      const stop = () => {
        const at = this.#waiting.indexOf(proceed);
        if (at >= 0) this.#waiting.splice(at, 1);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", stop, { once: true });
      this.#waiting.push(proceed);
    });
  }

  /** Lets the first one through. */
  admit(): void {
    this.#waiting.shift()?.();
  }

  admitAll(): void {
    for (const proceed of this.#waiting.splice(0)) proceed();
  }
}

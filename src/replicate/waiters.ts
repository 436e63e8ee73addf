/** Who waits for something to be so; woken to look again, not told that it is. */
export class Waiters {
  readonly #all = new Set<() => void>();

  /** Resolves at the next `wake`; rejects with the signal's reason when that comes first. */
  next(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const done = () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      const stop = () => {
        this.#all.delete(done);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", stop, { once: true });
      this.#all.add(done);
    });
  }

  wake(): void {
    const all = [...this.#all];
    this.#all.clear();
    for (const resolve of all) resolve();
  }
}

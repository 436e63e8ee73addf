/** A hook that keeps what it is told, and fails when a test says so. */
import type { HookEvent } from "../../src/hooks/event.js";
import type { Hook } from "../../src/hooks/hook.js";

export class MemoryHook implements Hook {
  /** The events of each run that went well. */
  readonly told: (readonly HookEvent[])[] = [];
  /** And of each that began. */
  readonly begun: (readonly HookEvent[])[] = [];
  /** What the next runs do; with none left, they go well. */
  readonly #next: ((signal: AbortSignal) => Promise<void> | void)[] = [];

  async run(events: readonly HookEvent[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.begun.push(events);
    await this.#next.shift()?.(signal);
    this.told.push(events);
  }

  failNext(...errors: Error[]): void {
    for (const error of errors) this.#next.push(() => Promise.reject(error));
  }

  /** The next run does not end before what is returned is called, or the signal says so. */
  holdNext(): () => void {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    this.#next.push(
      (signal) =>
        new Promise<void>((resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
          void released.then(resolve);
        }),
    );
    return release;
  }

  get paths(): (string | undefined)[][] {
    return this.told.map((events) => events.map(({ path }) => path));
  }
}

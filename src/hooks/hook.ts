/** The one interface of all hooks. */
import type { HookEvent } from "./event.js";

export interface Hook {
  /**
   * Tells the events; resolves when the other side has taken them. Rejects with a plain Error where
   * it has not; the same events may then come again, so the other side may hear of one twice. The
   * signal is the time limit and the end of the program: nothing it has started outlives it.
   */
  run(events: readonly HookEvent[], signal: AbortSignal): Promise<void>;
}

/** The other side has not taken the events, and says when it may be asked again. */
export class BusyError extends Error {
  override readonly name = "BusyError";
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

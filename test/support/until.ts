/** Waiting in tests: on a condition, with a limit, never on a sleep. */

export interface UntilOptions {
  readonly limitMs?: number;
  readonly everyMs?: number;
  /** What is waited for, or what to show of the state when the limit has passed. */
  readonly what?: string | (() => string);
}

/** Resolves with the first truthy value of `condition`; rejects when the limit passes before. */
export async function until<T>(
  condition: () => T | Promise<T>,
  { limitMs = 20_000, everyMs = 5, what = "the condition" }: UntilOptions = {},
): Promise<NonNullable<T>> {
  const giveUpAt = performance.now() + limitMs;
  while (true) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value;
    if (performance.now() > giveUpAt) {
      const text = typeof what === "string" ? what : what();
      throw new Error(`Waited ${limitMs} ms in vain for ${text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

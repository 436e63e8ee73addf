/** Waiting in the bench: on conditions with a limit; plain pauses only where a pause is the work. */

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves true as soon as the condition holds, false when the limit has passed. */
export async function waitFor(
  condition: () => boolean,
  limitMs: number,
  everyMs = 5,
): Promise<boolean> {
  const giveUpAt = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > giveUpAt) return false;
    await pause(everyMs);
  }
  return true;
}

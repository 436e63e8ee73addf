/** How long to leave something alone after it failed: exponential, with a ceiling and jitter. */

export interface BackoffSettings {
  /** The wait after the first failure, ms. */
  readonly firstMs: number;
  /** No wait is longer than this, ms. */
  readonly maxMs: number;
}

export const defaultBackoff: BackoffSettings = Object.freeze({ firstMs: 1_000, maxMs: 300_000 });

/**
 * The wait after the `failures`-th failure in a row (1, 2, …). Half of it is chance, so that many
 * sources do not come back to one server in the same second.
 *
 * @param chance a number in [0, 1)
 */
export function backoffMs(failures: number, settings: BackoffSettings, chance: number): number {
  const full = Math.min(settings.maxMs, settings.firstMs * 2 ** Math.min(failures - 1, 40));
  return full / 2 + (full / 2) * chance;
}

/** Quantiles and medians of what was measured; no averages, which one bad pause can own. */

/** The value below which a share `q` of the sample lies (nearest rank); null for an empty sample. */
export function quantile(sample: readonly number[], q: number): number | null {
  if (sample.length === 0) return null;
  const sorted = [...sample].sort((a, b) => a - b);
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(q * sorted.length)));
  return sorted[rank - 1] ?? null;
}

/** The middle value; the mean of the two middle ones where their number is even. */
export function median(sample: readonly number[]): number | null {
  if (sample.length === 0) return null;
  const sorted = [...sample].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)] ?? null;
  return ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

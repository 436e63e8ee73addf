/** Seeded chance: every contestant of a run meets the same names, sizes and pauses. */

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, limit). */
  below(limit: number): number;
  between(least: number, most: number): number;
  pick<T>(values: readonly T[]): T;
}

/** Mulberry32: small, fast, and the same on every machine; not for secrets. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    between: (least, most) => least + below(most - least + 1),
    pick: (values) => {
      const value = values[below(values.length)];
      if (value === undefined) throw new RangeError("Cannot pick from nothing");
      return value;
    },
  };
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "../../bench/random.js";
import { median, quantile } from "../../bench/statistics.js";

describe("quantile", () => {
  it("takes the nearest rank, so that p99 of a hundred is the ninety-ninth", () => {
    const hundred = Array.from({ length: 100 }, (_, number) => 100 - number);
    expect(quantile(hundred, 0.99)).toBe(99);
    expect(quantile(hundred, 0.5)).toBe(50);
    expect(quantile(hundred, 1)).toBe(100);
  });

  it("is one of the sample, with the asked share at or below it", () => {
    const samples = fc.array(fc.integer(), { minLength: 1 });
    fc.assert(
      fc.property(samples, fc.double({ min: 0.01, max: 1, noNaN: true }), (sample, q) => {
        const value = quantile(sample, q)!;
        const below = sample.filter((each) => each <= value).length;
        return sample.includes(value) && below / sample.length >= q - 1e-9;
      }),
    );
  });

  it("is null for nothing, never 0", () => {
    expect(quantile([], 0.5)).toBeNull();
    expect(median([])).toBeNull();
  });
});

describe("median", () => {
  it("is the middle, or the mean of the two middles", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([1, 3, 100, 2])).toBe(2.5);
  });
});

describe("seeded", () => {
  it("repeats itself for one seed and differs for another", () => {
    const draw = (seed: number) => {
      const random = seeded(seed);
      return Array.from({ length: 50 }, () => random.next());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it("stays within its bounds and reaches both of them", () => {
    const random = seeded(1);
    const drawn = new Set(Array.from({ length: 500 }, () => random.between(3, 6)));
    expect([...drawn].sort()).toEqual([3, 4, 5, 6]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs } from "../../src/schedule/backoff.js";

const settings = { firstMs: 1_000, maxMs: 60_000 };

describe("backoffMs()", () => {
  it("doubles from the first wait up to the longest", () => {
    const longest = [1, 2, 3, 6, 7, 50].map((failures) => backoffMs(failures, settings, 1));
    expect(longest).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
  });

  it("leaves half of every wait to chance and never exceeds the ceiling", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (n, chance) => {
          const wait = backoffMs(n, settings, chance);
          const full = backoffMs(n, settings, 1);
          expect(wait).toBeGreaterThanOrEqual(full / 2);
          expect(wait).toBeLessThanOrEqual(settings.maxMs);
        },
      ),
    );
  });
});

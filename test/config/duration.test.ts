import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../src/config/duration.js";

describe("parseDuration()", () => {
  it.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["1h 30m", 5_400_000],
    ["2d", 172_800_000],
    ["1.5s", 1_500],
    ["1m500ms", 60_500],
    ["0s", 0],
  ])("reads %s as %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["", " ", "5", "s", "-5s", "5 apples", "5s5m", "1m1m", "1e3s", "5S", "1..5s", ".5s"])(
    "refuses %j",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it("refuses what no number can hold", () => {
    expect(parseDuration(`${"9".repeat(30)}d`)).toBeUndefined();
    expect(parseDuration(`${"9".repeat(100)}d`)).toBeUndefined();
  });

  it("reads back what formatDuration() writes", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 45 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});

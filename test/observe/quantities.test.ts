import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesText, countOf, digits, durationText } from "../../src/observe/quantities.js";

describe("countOf()", () => {
  it("agrees with its number", () => {
    expect(countOf(1, "entry", "entries")).toBe("1 entry");
    expect(countOf(0, "entry", "entries")).toBe("0 entries");
    expect(countOf(12_345, "path")).toBe("12,345 paths");
  });
});

describe("digits()", () => {
  it("groups by thousands", () => {
    expect([0, 999, 1000, 1_234_567].map(digits)).toEqual(["0", "999", "1,000", "1,234,567"]);
  });
});

describe("bytesText()", () => {
  it.each([
    [0, "0 B"],
    [812, "812 B"],
    [1000, "1 KiB"],
    [1024, "1 KiB"],
    [20_582, "20.1 KiB"],
    [150 * 1024, "150 KiB"],
    [1024 ** 2 - 1, "1 MiB"],
    [1.4 * 1024 ** 3, "1.4 GiB"],
    [5000 * 1024 ** 4, "5,000 TiB"],
  ])("writes %d as %s", (bytes, text) => expect(bytesText(bytes)).toBe(text));

  it("never needs more than eight characters below a thousand TiB", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999 * 1024 ** 4 }), (bytes) => {
        expect(bytesText(bytes)).toMatch(/^(?:\d{1,3}|\d{1,2}\.\d) (?:B|[KMGT]iB)$/);
      }),
    );
  });
});

describe("durationText()", () => {
  it.each([
    [-3, "0 ms"],
    [0.4, "0 ms"],
    [4.4, "4 ms"],
    [999.4, "999 ms"],
    [999.6, "1 s"],
    [1_234, "1.2 s"],
    [59_949, "59.9 s"],
    [59_950, "1 min"],
    [185_000, "3 min 5 s"],
    [3_600_000, "1 h"],
    [7_800_000, "2 h 10 min"],
    [200_000_000, "2 d 7 h"],
  ])("writes %d ms as %s", (ms, text) => expect(durationText(ms)).toBe(text));
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatSize, parseSize } from "../../src/config/size.js";

describe("parseSize()", () => {
  it.each([
    ["0B", 0],
    ["512K", 524_288],
    ["512k", 524_288],
    ["64MiB", 67_108_864],
    ["10MB", 10_000_000],
    ["1.5GiB", 1_610_612_736],
    ["2 GB", 2_000_000_000],
    ["1T", 1_099_511_627_776],
  ])("reads %s as %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(["", "10", "MiB", "-1K", "10 apples", "1e3B", "1 2K", "9999999999999999T"])(
    "refuses %j",
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );

  it("reads back what formatSize() writes", () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (bytes) => {
        expect(parseSize(formatSize(bytes))).toBe(bytes);
      }),
    );
  });
});

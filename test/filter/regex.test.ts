import { describe, expect, it } from "vitest";
import { compileRegex } from "../../src/filter/regex.js";
import { latin1FromText } from "../../src/model/path.js";

describe("compileRegex()", () => {
  it("searches anywhere in the path", () => {
    const test = compileRegex("o/b");
    expect(test("foo/bar", false)).toBe(true);
    expect(test("foo", false)).toBe(false);
  });

  it("holds a directory against the expression without and with a slash at its end", () => {
    expect(compileRegex("(^|/)cache/$")("a/cache", true)).toBe(true);
    expect(compileRegex("(^|/)cache/$")("a/cache", false)).toBe(false);
    expect(compileRegex("(^|/)cache$")("a/cache", true)).toBe(true);
  });

  it("sees UTF-8 as characters", () => {
    expect(compileRegex("^.é{2}$")(latin1FromText("üéé"), false)).toBe(true);
    expect(compileRegex("^\\p{Han}+$")(latin1FromText("文件"), false)).toBe(true);
    expect(compileRegex("^[^é]$")(latin1FromText("é"), false)).toBe(false);
  });

  it("sees a name that is not UTF-8 as its bytes, and its neighbours as text", () => {
    expect(compileRegex("^é/\\x{ff}.$")(`${latin1FromText("é")}/\xff\xfe`, false)).toBe(true);
  });

  it("stays linear where other engines hang", () => {
    const test = compileRegex("^(a+)+$|(a|aa)+!|(.*)*x{5}y");
    const start = performance.now();
    expect(test("a".repeat(4_000) + "b", false)).toBe(false);
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it.each(["(", "a**", "(?=a)", "(?<!a)b", "(a)\\1", "[z-a]", "(a{1000}){1000}"])(
    "refuses '%s' with a reason",
    (source) => {
      expect(() => compileRegex(source)).toThrow(RangeError);
    },
  );
});

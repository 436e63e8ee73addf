import { describe, expect, it } from "vitest";
import { compileRegex, compileSersyncRegex } from "../../src/filter/regex.js";
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

describe("compileSersyncRegex()", () => {
  it.each([
    // expression, path, directory, matches
    ["(.*)\\.svn", "a.svn", false, true],
    ["(.*)\\.svn", "d/e/.svn", true, true],
    ["(.*)\\.svn", "a.svn.bak", false, false],
    ["svn", "a.svn", false, false],
    // In the root: the bare name.
    ["static", "static", false, true],
    ["/static", "static", false, false],
    ["^static/*", "static", false, true],
    ["^static/*", "static", true, true],
    ["^static/*", "d/static", true, false],
    ["^static/", "static", true, true],
    ["^static/", "static", false, false],
    // Deeper: a slash before it, or, for a directory, one behind it.
    ["/a/b", "a/b", false, true],
    ["a/b", "a/b", false, false],
    ["a/b", "a/b", true, false],
    ["^a/b/*", "a/b", true, true],
    ["^a/b/*", "a/b", false, false],
    ["/a/b/", "a/b", true, false],
    ["a.b", "a\nb", false, true],
    [".", latin1FromText("文"), false, true],
  ])("holds %j against %j (directory: %s)", (source, path, isDirectory, matches) => {
    expect(compileSersyncRegex(source)(path, isDirectory)).toBe(matches);
  });

  it.each(["(?=a)", "(a)\\1", "(?>a)", "("])("refuses '%s' with a reason", (source) => {
    expect(() => compileSersyncRegex(source)).toThrow(RangeError);
  });
});

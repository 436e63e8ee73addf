import { describe, expect, it } from "vitest";
import {
  compileRegex,
  compileRegexSearch,
  compileSersyncRegex,
  compileWholeRegex,
} from "../../src/filter/regex.js";
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

describe("compileWholeRegex()", () => {
  it("matches a path as a whole, never a part of it", () => {
    const test = compileWholeRegex("(.*)\\.php");
    expect(test("/srv/a.php")).toBe(true);
    expect(test("/srv/a.php5")).toBe(false);
    expect(compileWholeRegex("a|/b")("/b")).toBe(true);
    expect(compileWholeRegex("/.é")(latin1FromText("/üé"))).toBe(true);
    expect(compileWholeRegex("/a.b")("/a\nb")).toBe(false);
  });

  it("refuses what it cannot read with a reason", () => {
    expect(() => compileWholeRegex("(a")).toThrow(new RangeError("missing closing ): `(a`"));
  });
});

describe("compileRegexSearch()", () => {
  const search = (source: string, path: string) => {
    const found = compileRegexSearch(source)(latin1FromText(path));
    const text = (latin1: string) => Buffer.from(latin1, "latin1").toString();
    return found && [text(found.group), text(found.rest)];
  };

  it("gives the first group and what follows the first match", () => {
    expect(search("b(.)b", "/a/b1b/b2b/c")).toEqual(["1", "/b2b/c"]);
    expect(search("b", "/a/b/c")).toEqual(["", "/c"]);
    expect(search("(x)?b", "/a/b")).toEqual(["", ""]);
    expect(search("none", "/a/b")).toBeUndefined();
  });

  it("gives bytes, wherever it has matched in text", () => {
    expect(search("/(é😀+)/", "/ü/é😀😀/文件/😀")).toEqual(["é😀😀", "文件/😀"]);
    expect(search("(文)", "/文件")).toEqual(["文", "件"]);
    expect(search("/é(.)", "/é/é😀x")).toEqual(["/", "é😀x"]);
  });

  it("takes names that are not UTF-8 for their bytes", () => {
    const path = `/${latin1FromText("é")}/\xff\xfe/a\xffb/${latin1FromText("é")}`;
    expect(compileRegexSearch("/(\\x{ff}.)/a")(path)).toEqual({
      group: "\xff\xfe",
      rest: `\xffb/${latin1FromText("é")}`,
    });
  });
});

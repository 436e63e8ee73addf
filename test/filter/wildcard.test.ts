import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesWildcard, parseWildcard } from "../../src/filter/wildcard.js";
import type { Wildcard } from "../../src/filter/wildcard.js";

function wildcard(pattern: string): Wildcard {
  const read = parseWildcard(pattern);
  if ("expected" in read) throw new Error(`${pattern}: expected ${read.expected}`);
  return read;
}

function matches(pattern: string, text: string): boolean {
  return matchesWildcard(wildcard(pattern), text, 0, text.length);
}

describe("matchesWildcard()", () => {
  it.each([
    ["*", ["", "a", "a\nb", "\xff"], ["a/b", "/"]],
    ["**", ["", "a", "a/b", "/"], []],
    ["?", ["a", "\xff", "\n"], ["", "/", "ab"]],
    ["a*b", ["ab", "axb", "abb"], ["a/b", "abc", "xab"]],
    ["a**b", ["ab", "a/b", "a/x/b"], ["a/b/"]],
    ["*/b", ["a/b", "/b"], ["b", "a/a/b"]],
    ["**/b", ["a/b", "a/a/b"], ["b", "a/ab"]],
    ["a/**/b", ["a/x/b", "a/x/y/b"], ["a/b"]],
    ["[abc]", ["a", "c"], ["d", "", "ab"]],
    ["[!a]", ["b", "\xff"], ["a", "/"]],
    ["[^a]", ["b"], ["a", "/"]],
    ["[a-c]", ["b"], ["d", "-"]],
    ["[c-a]", ["c"], ["a", "b", "-"]],
    ["[-a]", ["-", "a"], ["b"]],
    ["[a-]", ["-", "a"], ["b"]],
    ["[]a]", ["]", "a"], ["b"]],
    ["[!]a]", ["b"], ["]", "a"]],
    ["[\\]]", ["]"], ["\\"]],
    ["[/a]", ["a"], ["/"]],
    ["[[:digit:]x]", ["1", "x"], ["a", ":"]],
    ["[![:alpha:]]", ["1", "\xe9"], ["a", "Z"]],
    ["[a[:]b]", ["ab]", "[b]", ":b]"], ["b"]],
    ["\\*?", ["*a"], ["aa", "\\a"]],
    ["\\\\*", ["\\", "\\a"], ["a"]],
  ])("%s", (pattern, fitting, others) => {
    expect(fitting.filter((text) => !matches(pattern, text))).toEqual([]);
    expect(others.filter((text) => matches(pattern, text))).toEqual([]);
  });

  it("sees a slash before the text and after it where the bounds say so", () => {
    expect(matchesWildcard(wildcard("**/a"), "a", -1, 1)).toBe(true);
    expect(matchesWildcard(wildcard("a/**"), "a", 0, 2)).toBe(true);
    expect(matchesWildcard(wildcard("*a"), "a", -1, 1)).toBe(false);
  });

  it("matches what a regular expression of the same meaning matches", () => {
    const signs = fc.constantFrom("a", "b", "/", "*", "**", "?", "[ab]", "[!a]");
    const texts = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(signs, { maxLength: 9 }),
        fc.array(texts, { minLength: 20 }),
        (parts, drawn) => {
          const pattern = parts.join("");
          const meaning: Record<string, string> = {
            "?": "[^/]",
            "[!a]": "[^a/]",
          };
          const source = pattern.replace(/\*+|\?|\[!a\]/g, (sign) =>
            sign.startsWith("*") ? (sign === "*" ? "[^/]*" : "[^]*") : (meaning[sign] ?? sign),
          );
          const regex = new RegExp(`^${source}$`);
          for (const text of drawn)
            expect(matches(pattern, text), `${pattern} ${text}`).toBe(regex.test(text));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("does not take long over many stars and a name that nearly fits", () => {
    const nearly = ("a".repeat(254) + "/").repeat(16);
    const start = performance.now();
    expect(matches("*a".repeat(60) + "b", "a".repeat(255))).toBe(false);
    expect(matches("**a".repeat(60) + "b", nearly)).toBe(false);
    expect(matches("**/" + "*?".repeat(60) + "b", nearly)).toBe(false);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileFilter } from "../../src/filter/filter.js";
import type { RelativePath } from "../../src/model/path.js";
import { keepsAlike } from "../../src/watch/place-rules.js";

const alike = (rules: readonly string[], from: string, to: string) =>
  keepsAlike(compileFilter(rules))(from as RelativePath, to as RelativePath);

describe("whether rules keep the same below two places", () => {
  it("is so for rules that go by the last name", () => {
    expect(keepsAlike(undefined)("a" as RelativePath, "b" as RelativePath)).toBe(true);
    expect(alike(["- *.tmp", "- .git/", "preset:editor-temp", "preset:vcs"], "a", "b")).toBe(true);
    expect(alike(["preset:sersync-default"], "x/a", "y/b")).toBe(true);
  });

  it("is not known where a rule may match at any depth by more than the last name", () => {
    for (const rule of [
      "- re:a/b",
      "- sersync:/a/b",
      "- a/b",
      "- **/x",
      "- x**",
      "- a/***",
      "-! /a/b",
    ]) {
      expect(alike([rule, "- z"], "c", "d"), rule).toBe(false);
    }
  });

  it("depends on the places for rules that begin at the root", () => {
    expect(alike(["- /cache/"], "x", "y/z")).toBe(true);
    expect(alike(["- /cache/"], "cache2", "y")).toBe(true);
    expect(alike(["- /a/b/c"], "a", "y")).toBe(false);
    expect(alike(["- /a/b/c"], "y", "a/b/c/d")).toBe(false);
    expect(alike(["- /a/b*/c"], "a/bd", "y")).toBe(false);
    expect(alike(["- /a/b*/c"], "a/d", "y")).toBe(true);
    expect(alike(["- /a/*/c"], "a/d", "y")).toBe(false);
    expect(alike(["- /a/b*/c"], "d", "y")).toBe(true);
  });

  it("never says so where a path is kept below one and not below the other", () => {
    const name = fc.constantFrom("a", "b", "c*", "?", "a\\b");
    const rule = fc
      .tuple(
        fc.constantFrom("- ", "+ ", "-! "),
        fc.constantFrom("", "/"),
        fc.array(name, { minLength: 1, maxLength: 3 }),
        fc.constantFrom("", "/", "/**", "/***"),
      )
      .map(([sign, anchor, names, end]) => sign + anchor + names.join("/") + end);
    const place = fc.array(fc.constantFrom("a", "b", "cc", "a\\b"), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 4 }),
        place,
        place,
        place,
        (rules, from, to, below) => {
          const filter = compileFilter(rules);
          const keeps = (path: readonly string[]) =>
            filter.keeps(path.join("/") as RelativePath, false);
          if (!filter.keeps(from.join("/") as RelativePath, true)) return;
          if (!filter.keeps(to.join("/") as RelativePath, true)) return;
          if (!alike(rules, from.join("/"), to.join("/"))) return;
          expect(keeps([...from, ...below])).toBe(keeps([...to, ...below]));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

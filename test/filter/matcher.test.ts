import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileFirstMatch } from "../../src/filter/matcher.js";
import { parseRule } from "../../src/filter/rule.js";
import type { Rule } from "../../src/filter/rule.js";
import { compileRule } from "../../src/filter/rule-test.js";
import { patternsFor, signs, trees } from "./oracle.js";

/** The plain way: one rule after the other. */
function firstByTrial(rules: readonly Rule[], path: string, isDirectory: boolean): number {
  return rules.findIndex((rule) => {
    const { directoryOnly, test } = compileRule(rule);
    return (isDirectory || !directoryOnly) && test(path, path.lastIndexOf("/") + 1, isDirectory);
  });
}

function readable(text: string): Rule[] {
  try {
    return [parseRule(text)];
  } catch {
    return [];
  }
}

const cases = trees.chain((tree) =>
  fc.tuple(
    fc.constant(tree),
    fc
      .array(fc.tuple(signs, patternsFor(tree)), { maxLength: 40 })
      .map((drawn) => drawn.flatMap(([sign, pattern]) => readable(sign + pattern))),
  ),
);

describe("compileFirstMatch()", () => {
  it("finds the rule that trying them in order finds", () => {
    fc.assert(
      fc.property(cases, ([tree, rules]) => {
        const firstMatch = compileFirstMatch(rules);
        for (const [path, kind] of tree) {
          const isDirectory = kind === "directory";
          expect(firstMatch(path, isDirectory)).toBe(firstByTrial(rules, path, isDirectory));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("finds none in an empty list", () => {
    expect(compileFirstMatch([])("a", false)).toBe(-1);
  });

  it("answers for many rules about as fast as for few", () => {
    const names = Array.from({ length: 2_000 }, (_, n) => parseRule(`- name${n}`));
    const suffixes = Array.from({ length: 2_000 }, (_, n) => parseRule(`- *.${n}x`));
    const firstMatch = compileFirstMatch([...names, ...suffixes]);
    const start = performance.now();
    for (let n = 0; n < 100_000; n++) firstMatch(`some/directory/file${n}.jpg`, false);
    // Tried one by one these would take about 20 s.
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileFilter, parseRule } from "../../src/filter/filter.js";
import type { Filter } from "../../src/filter/filter.js";
import { makeTempDir } from "../support/temp.js";
import { EFFORT, SEED, inParallel, patterns, signs, trees, withTree } from "./oracle.js";
import type { Tree } from "./oracle.js";

const base = makeTempDir();

/** How many rsync processes at once. */
const WIDTH = 6;

function readable(rule: string): boolean {
  try {
    parseRule(rule);
    return true;
  } catch {
    return false;
  }
}

const rules = fc.tuple(signs, patterns).map(([sign, pattern]) => sign + pattern);
const lists = fc
  .array(rules.filter(readable), { minLength: 1, maxLength: 5 })
  .chain((list) => fc.constantFrom(list, list, list, [...list, "- *"], [...list, "- /*/*"]));

function kept(tree: Tree, filter: Filter): string[] {
  return [...tree]
    .filter(([path, kind]) => filter.keeps(path, kind === "directory"))
    .map(([path]) => path)
    .sort();
}

describe("a filter, beside rsync", () => {
  it(
    "keeps what rsync sends, for generated trees and lists",
    async () => {
      let decided = 0;
      await fc.assert(
        fc.asyncProperty(
          trees,
          fc.array(lists, { minLength: 40, maxLength: 60 }),
          async (tree, drawn) => {
            await withTree(base, tree, (oracle) =>
              inParallel(drawn, WIDTH, async (list) => {
                const sent = await oracle(list.map((rule) => `--filter=${rule}`));
                expect(kept(tree, compileFilter(list)), list.join("\n")).toEqual([...sent].sort());
                decided++;
              }),
            );
          },
        ),
        { numRuns: 50 * EFFORT, endOnFailure: true, ...SEED },
      );
      expect(decided).toBeGreaterThanOrEqual(2_000);
    },
    120_000 * EFFORT,
  );
});

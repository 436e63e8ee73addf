import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileFilter, parseRule, rsyncArguments } from "../../src/filter/filter.js";
import type { Filter } from "../../src/filter/filter.js";
import { displayPath } from "../../src/model/path.js";
import { makeTempDir } from "../support/temp.js";
import {
  EFFORT,
  SEED,
  inParallel,
  patterns,
  patternsFor,
  signs,
  trees,
  withTree,
} from "./oracle.js";
import type { Tree } from "./oracle.js";

const base = makeTempDir();

/** How many rsync processes at once: they mostly sleep. */
const WIDTH = 6;

/** Some ten times what it takes on an idle machine. */
const limitMs = 300_000 * EFFORT;

function isReadable(rule: string): boolean {
  try {
    parseRule(rule);
    return true;
  } catch {
    return false;
  }
}

function rulesFor(tree: Tree): fc.Arbitrary<string> {
  return fc.tuple(signs, patternsFor(tree)).map(([sign, pattern]) => sign + pattern);
}

function listsFor(tree: Tree): fc.Arbitrary<string[]> {
  return fc
    .array(rulesFor(tree).filter(isReadable), { minLength: 1, maxLength: 5 })
    .chain((list) => fc.constantFrom(list, list, list, [...list, "- *"], [...list, "- /*/*"]));
}

/** A tree on disk costs more than a run of rsync, so each serves many. */
function withTreeAndMany<T>(
  drawnFor: (tree: Tree) => fc.Arbitrary<T>,
  count: number,
): fc.Arbitrary<[Tree, T[]]> {
  const many = { minLength: count, maxLength: count };
  return trees.chain((tree) => fc.tuple(fc.constant(tree), fc.array(drawnFor(tree), many)));
}

function kept(tree: Tree, filter: Filter): Set<string> {
  return new Set(
    [...tree].flatMap(([path, kind]) => (filter.keeps(path, kind === "directory") ? [path] : [])),
  );
}

function difference(
  list: readonly string[],
  ours: ReadonlySet<string>,
  theirs: ReadonlySet<string>,
): string {
  const shown = (from: ReadonlySet<string>, without: ReadonlySet<string>): string =>
    [...from]
      .filter((path) => !without.has(path))
      .map(displayPath)
      .join(", ");
  const surplus = shown(ours, theirs);
  const missing = shown(theirs, ours);
  return surplus + missing === ""
    ? ""
    : `${JSON.stringify(list)}: only we keep [${surplus}], only rsync keeps [${missing}]`;
}

describe("a filter, beside rsync", () => {
  it(
    "keeps what rsync sends, for generated trees and lists",
    async () => {
      let decided = 0;
      let excluding = 0;
      await fc.assert(
        fc.asyncProperty(withTreeAndMany(listsFor, 50), async ([tree, drawn]) => {
          await withTree(base, tree, (oracle) =>
            inParallel(drawn, WIDTH, async (list) => {
              const theirs = await oracle(list.map((rule) => `--filter=${rule}`));
              expect(difference(list, kept(tree, compileFilter(list)), theirs)).toBe("");
              decided++;
              if (theirs.size > 0 && theirs.size < tree.size) excluding++;
            }),
          );
        }),
        { numRuns: 40 * EFFORT, endOnFailure: true, ...SEED },
      );
      expect(decided).toBeGreaterThanOrEqual(2_000 * EFFORT);
      // Lists that keep everything or nothing prove little; enough must divide their tree.
      expect(excluding).toBeGreaterThan(decided / 3);
    },
    limitMs,
  );

  it(
    "hands rsync the same list again as arguments",
    async () => {
      await fc.assert(
        fc.asyncProperty(withTreeAndMany(listsFor, 20), async ([tree, drawn]) => {
          await withTree(base, tree, (oracle) =>
            inParallel(drawn, WIDTH, async (list) => {
              const filter = compileFilter(list);
              const theirs = await oracle(rsyncArguments(filter));
              expect(difference(list, kept(tree, filter), theirs)).toBe("");
            }),
          );
        }),
        { numRuns: 10 * EFFORT, endOnFailure: true, ...SEED },
      );
    },
    limitMs,
  );

  it(
    "refuses no pattern that rsync could match",
    async () => {
      const refused = patterns.map((pattern) => `- ${pattern}`).filter((rule) => !isReadable(rule));
      await fc.assert(
        fc.asyncProperty(
          withTreeAndMany(() => refused, 20),
          async ([tree, drawn]) => {
            await withTree(base, tree, (oracle) =>
              inParallel(drawn, WIDTH, async (rule) => {
                const theirs = await oracle([`--filter=${rule}`]);
                expect(difference([rule], new Set(tree.keys()), theirs)).toBe("");
              }),
            );
          },
        ),
        { numRuns: 10 * EFFORT, endOnFailure: true, ...SEED },
      );
    },
    limitMs,
  );
});

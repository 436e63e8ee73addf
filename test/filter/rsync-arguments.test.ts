import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bothKeep, compileFilter, parseRule, rsyncArguments } from "../../src/filter/filter.js";
import type { Filter } from "../../src/filter/filter.js";
import { patternsFor, signs, trees } from "./oracle.js";
import type { Tree } from "./oracle.js";

function args(...lists: string[][]): string[] {
  const filter = lists.map((list) => compileFilter(list)).reduce(bothKeep);
  return rsyncArguments(filter).map((each) => each.replace(/^--filter=/, ""));
}

/** What rsync would keep, as against-rsync.test.ts proves. */
function asRsyncReads(filter: Filter): Filter {
  return compileFilter(rsyncArguments(filter).map((each) => each.replace(/^--filter=/, "")));
}

function isReadable(rule: string): boolean {
  try {
    parseRule(rule);
    return true;
  } catch {
    return false;
  }
}

const regexSources = fc.constantFrom("^a", "o$", "/", "[ab]+$", "\\.log$", "^(foo|b)", "^[^/]*$");
const regexes = fc
  .tuple(fc.constantFrom("- re:", "+ re:", "- sersync:", "+ sersync:"), regexSources)
  .map(([sign, source]) => sign + source);
const usual = fc.constantFrom("- *.log", "+ foo/***", "- *", "- /*/*", "+ */", "- b/", "!");

function patternRulesFor(tree: Tree): fc.Arbitrary<string> {
  return fc
    .tuple(signs, patternsFor(tree))
    .map(([sign, pattern]) => sign + pattern)
    .filter(isReadable);
}

function rulesFor(tree: Tree): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: patternRulesFor(tree) },
    { weight: 2, arbitrary: usual },
    { weight: 1, arbitrary: regexes },
  );
}

/** A tree and one to three lists joined. */
function cases(
  drawn: (tree: Tree) => fc.Arbitrary<string>,
): fc.Arbitrary<{ tree: Tree; filter: Filter }> {
  return trees.chain((tree) =>
    fc
      .array(fc.array(drawn(tree), { maxLength: 6 }), { minLength: 1, maxLength: 3 })
      .map((lists) => ({
        tree,
        filter: lists.map((list) => compileFilter(list)).reduce(bothKeep),
      })),
  );
}

describe("rsyncArguments()", () => {
  it("writes one argument for each rule, whatever form it was written in", () => {
    expect(
      rsyncArguments(compileFilter(["+ a b", "exclude *.o", "-_c", "*.tmp", "-! */", "-  x"])),
    ).toEqual([
      "--filter=+ a b",
      "--filter=- *.o",
      "--filter=- c",
      "--filter=- *.tmp",
      "--filter=-! */",
      "--filter=-  x",
    ]);
  });

  it("leaves out an exclude by regular expression", () => {
    expect(args(["- a", "- re:x", "- b"])).toEqual(["- a", "- b"]);
    expect(args(["- a", "- sersync:x", "- b"])).toEqual(["- a", "- b"]);
  });

  it("ends before the first include by regular expression", () => {
    expect(args(["- a", "+ b", "+ re:x", "- c"])).toEqual(["- a"]);
    expect(args(["- a", "+ b", "+ sersync:x", "- c"])).toEqual(["- a"]);
  });

  it("leaves out includes that no exclude follows", () => {
    expect(args(["+ a", "- b", "+ c"])).toEqual(["+ a", "- b"]);
    expect(args(["+ a"])).toEqual([]);
  });

  it("begins after the list was cleared", () => {
    expect(args(["- a", "!", "- b"])).toEqual(["- b"]);
  });

  it("joins lists of excludes", () => {
    expect(args(["- a"], ["- b"], ["- c"])).toEqual(["- a", "- b", "- c"]);
  });

  it("puts excludes that nothing can lift before another list's includes", () => {
    expect(args(["+ /keep/***", "- *"], ["- *.tmp"])).toEqual(["- *.tmp", "+ /keep/***", "- *"]);
  });

  it("puts a list of all that is wanted before a list with exceptions", () => {
    expect(args(["+ .*/", "- .*"], ["+ /keep/***", "- *"])).toEqual([
      "+ /keep/***",
      "- *",
      "+ .*/",
      "- .*",
    ]);
  });

  it("hides nothing that the filter keeps", () => {
    let hidden = 0;
    fc.assert(
      fc.property(cases(rulesFor), ({ tree, filter }) => {
        const rsync = asRsyncReads(filter);
        for (const [path, kind] of tree) {
          const isDirectory = kind === "directory";
          if (rsync.keeps(path, isDirectory)) continue;
          hidden++;
          expect(filter.keeps(path, isDirectory), path).toBe(false);
        }
      }),
      { numRuns: 3_000, endOnFailure: true },
    );
    expect(hidden).toBeGreaterThan(3_000);
  });

  it("hides all that the filter excludes, where lists have no includes and no expressions", () => {
    const excludes = (tree: Tree): fc.Arbitrary<string> =>
      patternRulesFor(tree).filter((rule) => /^(-|exclude)/.test(rule));
    fc.assert(
      fc.property(cases(excludes), ({ tree, filter }) => {
        const rsync = asRsyncReads(filter);
        for (const [path, kind] of tree) {
          const isDirectory = kind === "directory";
          expect(rsync.keeps(path, isDirectory)).toBe(filter.keeps(path, isDirectory));
        }
      }),
      { numRuns: 1_000, endOnFailure: true },
    );
  });
});

/**
 * What one rule matches.
 *
 * The law, as rsync has it: a pattern without an inner slash and without `**` is held against the
 * last name; one that begins with a slash against the whole path; one with `**` against the whole
 * path or any tail of it; any other against as many last names as it has itself.
 */
import { readPattern } from "./pattern.js";
import type { Pattern } from "./pattern.js";
import { compileRegex, compileSersyncRegex } from "./regex.js";
import type { PathTest } from "./regex.js";
import type { Rule } from "./rule.js";
import { SLASH, firstByte, lastByte, matchesWildcard, parseWildcard, shapeOf } from "./wildcard.js";
import type { Wildcard } from "./wildcard.js";

/** Asks about the entry `path`, whose last name begins at `start`. */
export type Test = (path: string, start: number, isDirectory: boolean) => boolean;

/** What all matches of a rule have in common; by it the rule is found. */
export interface Key {
  /** The last name. */
  readonly name?: string | undefined;
  /** The first byte of the last name. */
  readonly first?: number | undefined;
  /** The last byte of the path. */
  readonly last?: number | undefined;
}

export interface RuleTest {
  readonly key: Key;
  readonly directoryOnly: boolean;
  /** Answers for itself, whatever the key; `directoryOnly` is left to the caller. */
  readonly test: Test;
}

export function compileRule(rule: Rule): RuleTest {
  const compiled = ruleTest(rule);
  if (!rule.negated) return compiled;
  const { directoryOnly, test } = compiled;
  return {
    key: {},
    directoryOnly: false,
    test: (path, start, isDirectory) =>
      (directoryOnly && !isDirectory) || !test(path, start, isDirectory),
  };
}

function ruleTest({ kind, pattern }: Rule): RuleTest {
  if (kind === "pattern") return patternTest(pattern);
  return regexTest(kind === "regex" ? compileRegex(pattern) : compileSersyncRegex(pattern));
}

function regexTest(matches: PathTest): RuleTest {
  const test: Test = (path, _start, isDirectory) => matches(path, isDirectory);
  return { key: {}, directoryOnly: false, test };
}

function patternTest(text: string): RuleTest {
  const pattern = readPattern(text);
  const { body, directoryOnly } = pattern;
  if (!pattern.wild) return { directoryOnly, ...literalTest(body, pattern) };
  const wildcard = parseWildcard(body);
  if ("expected" in wildcard) {
    throw new RangeError(`Cannot compile the pattern '${text}': expected ${wildcard.expected}`);
  }
  if (!pattern.anchored && pattern.slashes === 0 && !pattern.deep) {
    return { directoryOnly, ...nameTest(wildcard) };
  }
  return {
    directoryOnly,
    key: { last: lastByte(wildcard) },
    test: treeTest(wildcard, pattern) ?? pathTest(wildcard, pattern),
  };
}

type KeyAndTest = Omit<RuleTest, "directoryOnly">;

function literalTest(body: string, { anchored, slashes }: Pattern): KeyAndTest {
  const name = body.slice(body.lastIndexOf("/") + 1);
  if (anchored) return { key: { name }, test: (path) => path === body };
  if (slashes === 0) return { key: { name }, test: sameName(name) };
  const tail = `/${body}`;
  return { key: { name }, test: (path) => path === body || path.endsWith(tail) };
}

function nameTest(wildcard: Wildcard): KeyAndTest {
  const shape = shapeOf(wildcard);
  if (shape?.star === "none") return { key: { name: shape.head }, test: sameName(shape.head) };
  return {
    key: { first: firstByte(wildcard), last: lastByte(wildcard) },
    test:
      shape === undefined
        ? (path, start) => matchesWildcard(wildcard, path, start, path.length)
        : nameWithEnds(shape.head, shape.tail),
  };
}

function sameName(name: string): Test {
  return (path, start) => path.length - start === name.length && path.endsWith(name);
}

function nameWithEnds(head: string, tail: string): Test {
  const least = head.length + tail.length;
  return (path, start) =>
    path.length - start >= least && path.startsWith(head, start) && path.endsWith(tail);
}

/** `/name/**` and `/name/***`, the usual ways to say "all of this", without a walk over the path. */
function treeTest(wildcard: Wildcard, { anchored, treeAtEnd }: Pattern): Test | undefined {
  const shape = shapeOf(wildcard);
  if (!anchored || shape?.star !== "deep" || shape.tail !== "") return undefined;
  const { head } = shape;
  if (!head.endsWith("/")) return undefined;
  const top = head.slice(0, -1);
  return (path, _start, isDirectory) =>
    path.startsWith(head) || (treeAtEnd && isDirectory && path === top);
}

function pathTest(wildcard: Wildcard, pattern: Pattern): Test {
  const { anchored, slashes, deep, deepAtStart, treeAtEnd } = pattern;
  // A `***` at the end also matches the directory itself, as if its name ended with a slash.
  const end = (path: string, isDirectory: boolean): number =>
    path.length + (treeAtEnd && isDirectory ? 1 : 0);
  // `**/name` matches at the top too, as if a slash stood before the path.
  const from = deepAtStart && !anchored ? -1 : 0;
  if (anchored || deepAtStart) {
    return (path, _start, isDirectory) =>
      matchesWildcard(wildcard, path, from, end(path, isDirectory));
  }
  if (deep) {
    return (path, _start, isDirectory) => matchesAnyTail(wildcard, path, end(path, isDirectory));
  }
  return (path) => {
    const from = startOfTail(path, slashes + 1);
    return from >= 0 && matchesWildcard(wildcard, path, from, path.length);
  };
}

function matchesAnyTail(wildcard: Wildcard, path: string, end: number): boolean {
  for (let from = 0; from >= 0;) {
    if (matchesWildcard(wildcard, path, from, end)) return true;
    from = path.indexOf("/", from) + 1 || -1;
  }
  return false;
}

/** Where the last `count` names begin; -1 where there are not so many. */
function startOfTail(path: string, count: number): number {
  let left = count;
  for (let at = path.length - 1; at >= 0; at--) {
    if (path.charCodeAt(at) === SLASH && --left === 0) return at + 1;
  }
  return left === 1 ? 0 : -1;
}

/**
 * Which paths one rule matches, and which of many rules is the first to match.
 *
 * Literal names and the common wildcards (`*.log`, `tmp*`) are found by a look-up or by their first
 * or last byte, so that a long list costs little more than a short one.
 */
import { readPattern } from "./pattern.js";
import { compileRegex } from "./regex.js";
import type { Rule } from "./rule.js";
import { firstByte, lastByte, matchesWildcard, parseWildcard, shapeOf } from "./wildcard.js";

type Test = (path: string, name: string, isDirectory: boolean) => boolean;

/** How a candidate is found: by what each of its matches has in common. */
interface Key {
  /** The last component. */
  readonly name?: string;
  readonly firstOfName?: number;
  readonly last?: number;
}

interface Matcher {
  readonly index: number;
  readonly directoryOnly: boolean;
  readonly test: Test;
}

/** The index of the first rule that matches an entry; -1 where none does. */
export type FirstMatch = (path: string, isDirectory: boolean) => number;

export function compileFirstMatch(rules: readonly Rule[]): FirstMatch {
  const byName = new Map<string, Matcher[]>();
  const byFirst = new Map<number, Matcher[]>();
  const byLast = new Map<number, Matcher[]>();
  const others: Matcher[] = [];
  for (const [index, rule] of rules.entries()) {
    const { key, ...how } = compileRule(rule);
    const matcher: Matcher = { index, ...how };
    if (key.name !== undefined) append(byName, key.name, matcher);
    else if (key.last !== undefined) append(byLast, key.last, matcher);
    else if (key.firstOfName !== undefined) append(byFirst, key.firstOfName, matcher);
    else others.push(matcher);
  }
  const first = byteTable(byFirst);
  const last = byteTable(byLast);

  return (path, isDirectory) => {
    const start = path.lastIndexOf("/") + 1;
    const name = start === 0 ? path : path.slice(start);
    let best = rules.length;
    const look = (candidates: readonly Matcher[] | undefined): void => {
      if (candidates === undefined) return;
      for (const each of candidates) {
        if (each.index >= best) return;
        if (each.directoryOnly && !isDirectory) continue;
        if (each.test(path, name, isDirectory)) {
          best = each.index;
          return;
        }
      }
    };
    if (byName.size > 0) look(byName.get(name));
    look(first[path.charCodeAt(start)]);
    look(last[path.charCodeAt(path.length - 1)]);
    look(others);
    return best === rules.length ? -1 : best;
  };
}

function append<K>(table: Map<K, Matcher[]>, key: K, matcher: Matcher): void {
  const list = table.get(key);
  if (list === undefined) table.set(key, [matcher]);
  else list.push(matcher);
}

function byteTable(lists: ReadonlyMap<number, Matcher[]>): (readonly Matcher[] | undefined)[] {
  return Array.from({ length: 256 }, (_, byte) => lists.get(byte));
}

interface Compiled {
  readonly key: Key;
  readonly directoryOnly: boolean;
  readonly test: Test;
}

function compileRule(rule: Rule): Compiled {
  const compiled =
    rule.kind === "regex" ? compileRegexRule(rule.pattern) : compilePattern(rule.pattern);
  if (!rule.negated) return compiled;
  const { directoryOnly, test } = compiled;
  return {
    key: {},
    directoryOnly: false,
    test: (path, name, isDirectory) =>
      (directoryOnly && !isDirectory) || !test(path, name, isDirectory),
  };
}

function compileRegexRule(source: string): Compiled {
  const matches = compileRegex(source);
  const test: Test = (path, _name, isDirectory) => matches(path, isDirectory);
  return { key: {}, directoryOnly: false, test };
}

function compilePattern(text: string): Compiled {
  const { body, anchored, directoryOnly, slashes, wild, deep, deepAtStart, treeAtEnd } =
    readPattern(text);
  if (!wild) return { directoryOnly, ...compileLiteral(body, anchored, slashes) };
  const wildcard = parseWildcard(body);
  if ("expected" in wildcard) throw new RangeError(`Cannot compile '${text}'`);

  if (!anchored && slashes === 0 && !deep) {
    const key = { ...keyOfName(firstByte(wildcard)), ...keyOfEnd(lastByte(wildcard)) };
    const shape = shapeOf(wildcard);
    if (shape.kind === "literal") return { directoryOnly, ...compileLiteral(shape.text, false, 0) };
    if (shape.kind === "ends")
      return { directoryOnly, key, test: endsTest(shape.head, shape.tail) };
    return { directoryOnly, key, test: (_path, name) => matchesWildcard(wildcard, name) };
  }
  const key = keyOfEnd(lastByte(wildcard));
  if (anchored) {
    const tree = treeTest(body, wildcard, treeAtEnd);
    if (tree !== undefined) return { directoryOnly, key, test: tree };
  }
  // A `***` at the end also matches the directory itself, as if its name ended with a slash.
  const whole = (path: string, isDirectory: boolean): string =>
    treeAtEnd && isDirectory ? `${path}/` : path;
  const test: Test = anchored
    ? (path, _name, isDirectory) => matchesWildcard(wildcard, whole(path, isDirectory))
    : deepAtStart
      ? (path, _name, isDirectory) => matchesWildcard(wildcard, `/${whole(path, isDirectory)}`)
      : deep
        ? (path, _name, isDirectory) => matchesAnyTail(wildcard, whole(path, isDirectory))
        : (path) => matchesWildcard(wildcard, path, startOfTail(path, slashes + 1));
  return { directoryOnly, key, test };
}

function keyOfName(byte: number | undefined): Key {
  return byte === undefined ? {} : { firstOfName: byte };
}

function keyOfEnd(byte: number | undefined): Key {
  return byte === undefined ? {} : { last: byte };
}

function compileLiteral(
  pattern: string,
  anchored: boolean,
  slashes: number,
): Omit<Compiled, "directoryOnly"> {
  const name = pattern.slice(pattern.lastIndexOf("/") + 1);
  if (anchored) return { key: { name }, test: (path) => path === pattern };
  if (slashes === 0) return { key: { name }, test: (_path, last) => last === pattern };
  const tail = `/${pattern}`;
  return { key: { name }, test: (path) => path === pattern || path.endsWith(tail) };
}

function endsTest(head: string, tail: string): Test {
  const least = head.length + tail.length;
  if (head === "") return (_path, name) => name.endsWith(tail);
  if (tail === "") return (_path, name) => name.startsWith(head);
  return (_path, name) => name.length >= least && name.startsWith(head) && name.endsWith(tail);
}

/** `/name/**` and `/name/***`, the usual ways to say "all of this". */
function treeTest(
  pattern: string,
  wildcard: Parameters<typeof shapeOf>[0],
  treeAtEnd: boolean,
): Test | undefined {
  const shape = shapeOf(wildcard);
  if (shape.kind !== "ends" || !shape.deep || shape.tail !== "") return undefined;
  const { head } = shape;
  if (!head.endsWith("/") || !pattern.startsWith(head)) return undefined;
  const top = head.slice(0, -1);
  return (path, _name, isDirectory) =>
    path.startsWith(head) || (treeAtEnd && isDirectory && path === top);
}

function matchesAnyTail(wildcard: Parameters<typeof matchesWildcard>[0], path: string): boolean {
  for (let start = 0; ;) {
    if (matchesWildcard(wildcard, path, start)) return true;
    const slash = path.indexOf("/", start);
    if (slash < 0) return false;
    start = slash + 1;
  }
}

/** Where the last `count` components begin; 0 where there are no more than that. */
function startOfTail(path: string, count: number): number {
  let at = path.length;
  for (let left = count; left > 0; left--) {
    if (at <= 0) return 0;
    at = path.lastIndexOf("/", at - 1);
    if (at < 0) return 0;
  }
  return at + 1;
}

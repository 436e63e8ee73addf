/**
 * Which of many rules is the first to match an entry.
 *
 * This is asked for every event and every entry of a directory. Literal names are found by a
 * look-up, the common wildcards (`*.log`, `tmp*`) by their first or last byte, so that a long list
 * costs little more than a short one.
 */
import type { Rule } from "./rule.js";
import { compileRule } from "./rule-test.js";
import type { Test } from "./rule-test.js";
import { SLASH } from "./wildcard.js";

/** The index of the first rule that matches an entry; -1 where none does. */
export type FirstMatch = (path: string, isDirectory: boolean) => number;

interface Candidate {
  readonly index: number;
  readonly directoryOnly: boolean;
  readonly test: Test;
}

type Candidates = readonly Candidate[];

const NONE: Candidates = [];

export function compileFirstMatch(rules: readonly Rule[]): FirstMatch {
  const byName = new Map<string, Candidate[]>();
  const byFirst = new Map<number, Candidate[]>();
  const byLast = new Map<number, Candidate[]>();
  const others: Candidate[] = [];
  for (const [index, rule] of rules.entries()) {
    const { key, directoryOnly, test } = compileRule(rule);
    const candidate = { index, directoryOnly, test };
    if (key.name !== undefined) append(byName, key.name, candidate);
    else if (key.last !== undefined) append(byLast, key.last, candidate);
    else if (key.first !== undefined) append(byFirst, key.first, candidate);
    else others.push(candidate);
  }
  const firstTable = byteTable(byFirst);
  const lastTable = byteTable(byLast);
  const mayBeName = nameGate([...byName.keys()]);

  return (path, isDirectory) => {
    const start = startOfName(path);
    const first = path.charCodeAt(start);
    let best = rules.length;
    if (mayBeName(first, path.length - start)) {
      best = firstOf(byName.get(path.slice(start)) ?? NONE, best, path, start, isDirectory);
    }
    const last = path.charCodeAt(path.length - 1);
    best = firstOf(lastTable[last] ?? NONE, best, path, start, isDirectory);
    best = firstOf(firstTable[first] ?? NONE, best, path, start, isDirectory);
    best = firstOf(others, best, path, start, isDirectory);
    return best === rules.length ? -1 : best;
  };
}

/** The lowest index below `best` that matches, or `best`. */
function firstOf(
  candidates: Candidates,
  best: number,
  path: string,
  start: number,
  isDirectory: boolean,
): number {
  for (const { index, directoryOnly, test } of candidates) {
    if (index >= best) return best;
    if (directoryOnly && !isDirectory) continue;
    if (test(path, start, isDirectory)) return index;
  }
  return best;
}

/** Where the last name begins. Faster than `lastIndexOf`, which leaves compiled code. */
function startOfName(path: string): number {
  let at = path.length - 1;
  while (at >= 0 && path.charCodeAt(at) !== SLASH) at--;
  return at + 1;
}

/** Spares most names the cost of a copy and a hash: no literal begins so, or none is so long. */
function nameGate(names: readonly string[]): (first: number, length: number) => boolean {
  const firsts = new Uint8Array(256);
  const lengths = new Uint8Array(256);
  for (const name of names) {
    firsts[name.charCodeAt(0)] = 1;
    lengths[name.length] = 1;
  }
  return (first, length) => firsts[first] === 1 && lengths[length] === 1;
}

function append<K>(table: Map<K, Candidate[]>, key: K, candidate: Candidate): void {
  const list = table.get(key);
  if (list === undefined) table.set(key, [candidate]);
  else list.push(candidate);
}

function byteTable(lists: ReadonlyMap<number, Candidates>): readonly Candidates[] {
  return Array.from({ length: 256 }, (_, byte) => lists.get(byte) ?? NONE);
}

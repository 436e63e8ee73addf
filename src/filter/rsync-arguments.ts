/**
 * A filter as arguments for a full rsync comparison.
 *
 * They only save work: what rsync reports is asked of the filter again. So they must hide nothing
 * that the filter keeps, and may let through what it excludes.
 */
import type { Filter, ListedRule } from "./filter.js";

export function rsyncArguments(filter: Filter): string[] {
  const lists = filter.layers.map(({ rules }) => sound(rules)).filter((rules) => rules.length > 0);
  // What a list excludes before its first include it excludes whatever another list says; so these
  // go first, and no include of another list stands before them.
  const heads = lists.map((rules) => rules.slice(0, firstInclude(rules)));
  const rests = lists.map((rules) => rules.slice(firstInclude(rules)));
  // Of lists with includes, those that keep little ("this and nothing else") go before those that
  // make exceptions: an include ends the search, and theirs cover less.
  const ordered = [...rests.filter(endsClosed), ...rests.filter((rules) => !endsClosed(rules))];
  return [...heads.flat(), ...ordered.flat()].map(asArgument);
}

/** Rules that rsync can be given without hiding what the list keeps. */
function sound(rules: readonly ListedRule[]): readonly ListedRule[] {
  // rsync knows no regular expressions. Without such an exclude it hides less; but without such an
  // include every exclude that follows might hide what the include keeps.
  const end = rules.findIndex((rule) => rule.kind !== "pattern" && rule.action === "include");
  const given = (end < 0 ? rules : rules.slice(0, end)).filter((rule) => rule.kind === "pattern");
  // Includes after the last exclude change nothing.
  return given.slice(0, given.findLastIndex((rule) => rule.action === "exclude") + 1);
}

function firstInclude(rules: readonly ListedRule[]): number {
  const at = rules.findIndex((rule) => rule.action === "include");
  return at < 0 ? rules.length : at;
}

function endsClosed(rules: readonly ListedRule[]): boolean {
  const last = rules.at(-1);
  return last?.action === "exclude" && /^\/?\*{1,3}$/.test(last.pattern);
}

function asArgument({ action, negated, pattern }: ListedRule): string {
  return `--filter=${action === "include" ? "+" : "-"}${negated ? "!" : ""} ${pattern}`;
}

/**
 * Whether a filter keeps the same things below one place as below another: whoever renames a
 * directory there then changes nothing about what is kept. In doubt the answer is no.
 */
import type { Filter, ListedRule } from "../filter/filter.js";
import { readPattern } from "../filter/pattern.js";
import { hasWildcard } from "../filter/wildcard.js";
import type { RelativePath } from "../model/path.js";

/** Answers for two places that are kept themselves. */
export type KeepsAlike = (from: RelativePath, to: RelativePath) => boolean;

/** What a rule's matches begin with: whole names, and then the begin of one. Nothing: anything may match. */
interface Reach {
  readonly names: readonly string[];
  readonly begin: string;
}

const ANYWHERE: Reach = { names: [], begin: "" };

export function keepsAlike(filter: Filter | undefined): KeepsAlike {
  const reaches: Reach[] = [];
  for (const rule of filter?.rules ?? []) {
    const reach = reachOf(rule);
    if (reach !== undefined) reaches.push(reach);
  }
  return (from, to) =>
    reaches.length === 0 ||
    reaches.every((reach) => !mayConcern(reach, from) && !mayConcern(reach, to));
}

/** Undefined for a rule that goes by the last name alone, wherever that is. */
function reachOf(rule: ListedRule): Reach | undefined {
  if (rule.kind !== "pattern") return ANYWHERE;
  const { body, anchored, slashes, deep } = readPattern(rule.pattern);
  if (!anchored && slashes === 0 && !deep) return undefined;
  // What it does not match is everywhere.
  if (!anchored || rule.negated) return ANYWHERE;
  const names = body.split("/");
  const firstWild = names.findIndex((name) => hasWildcard(name) || name.includes("\\"));
  if (firstWild < 0) return { names, begin: "" };
  const [begin = ""] = (names[firstWild] ?? "").split(/[*?[\\]/, 1);
  return { names: names.slice(0, firstWild), begin };
}

/** The rule may match something at or below the place. */
function mayConcern({ names, begin }: Reach, place: RelativePath): boolean {
  const parts = place.split("/");
  const isOnTheWay = names.every((name, depth) => depth >= parts.length || parts[depth] === name);
  return isOnTheWay && (parts[names.length]?.startsWith(begin) ?? true);
}

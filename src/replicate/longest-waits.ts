/** How long a file that stays open waits for its close, by pattern. */
import { compileFilter } from "../filter/filter.js";
import type { RelativePath } from "../model/path.js";
import type { LongestWaits } from "./settings.js";

export function longestWaits({
  defaultMs,
  patterns,
}: LongestWaits): (path: RelativePath) => number {
  const rules = patterns.map(({ pattern, ms }) => ({
    filter: compileFilter([`- ${pattern}`]),
    ms,
  }));
  return (path) => rules.find(({ filter }) => !filter.keeps(path, false))?.ms ?? defaultMs;
}

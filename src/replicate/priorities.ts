/** What goes before, and what goes after everything else, by pattern. */
import { compileFilter } from "../filter/filter.js";
import type { RelativePath } from "../model/path.js";

/** Undefined where all are equal. A path that both lists name goes first. */
export function priorities(
  first: readonly string[],
  last: readonly string[],
): ((path: RelativePath) => -1 | 0 | 1) | undefined {
  if (first.length + last.length === 0) return undefined;
  const matches = (patterns: readonly string[]) => {
    const filter = compileFilter(patterns.map((pattern) => `- ${pattern}`));
    return (path: RelativePath) => !filter.keeps(path, false);
  };
  const isFirst = matches(first);
  const isLast = matches(last);
  return (path) => (isFirst(path) ? -1 : isLast(path) ? 1 : 0);
}

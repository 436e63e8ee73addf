/** Which events a hook is told of. */
import { compileFilter } from "../filter/filter.js";
import { compileWholeRegex } from "../filter/regex.js";
import type { RelativePath } from "../model/path.js";
import { absoluteBytes } from "./event-json.js";
import type { HookEvent } from "./event.js";
import { isDirectory } from "./inotify-mask.js";
import type { HookSettings } from "./settings.js";

type Choice = Pick<HookSettings, "on" | "targets" | "match" | "matchWhole">;

/**
 * What is about no path is told whatever the patterns say; with both kinds of patterns, one of them
 * has to match.
 */
export function eventFilter({
  on,
  targets,
  match,
  matchWhole,
}: Choice): (event: HookEvent) => boolean {
  const triggers = new Set(on);
  const names = targets === undefined ? undefined : new Set(targets);
  const tests = [...patternTest(match), ...wholeTest(matchWhole)];
  return (event) => {
    if (!triggers.has(event.on)) return false;
    if (names !== undefined && event.target !== undefined && !names.has(event.target)) return false;
    const { path } = event;
    if (path === undefined || tests.length === 0) return true;
    return tests.some((test) => test(event, path));
  };
}

type Test = (event: HookEvent, path: RelativePath) => boolean;

function patternTest(patterns: readonly string[]): Test[] {
  if (patterns.length === 0) return [];
  const filter = compileFilter(patterns.map((pattern) => `- ${pattern}`));
  return [(event, path) => !filter.keeps(path, isDirectory(event))];
}

function wholeTest(expressions: readonly string[]): Test[] {
  if (expressions.length === 0) return [];
  const tests = expressions.map(compileWholeRegex);
  return [
    (event) => {
      const absolute = absoluteBytes(event).toString("latin1");
      return tests.some((test) => test(absolute));
    },
  ];
}

/** Which rule decides about a path: for the source, and for each target that narrows it. */
import type { Config } from "../config/config.js";
import { bothKeep, compileFilter, explanationText } from "../filter/filter.js";
import { type PlacedPath, placePath } from "./places.js";
import { displayPath } from "../model/path.js";

export interface ExplainedPath {
  readonly source: string;
  /** Undefined for the source's own list, which holds for every target. */
  readonly target?: string;
  readonly path: string;
  readonly replicated: boolean;
  readonly rule?: string;
  readonly text: string;
}

/** Throws a Fault (USAGE) for a path that lies in no source. */
export function explain(paths: readonly string[], config: Config): ExplainedPath[] {
  return paths.flatMap((text) => placePath(text, config)).flatMap(explainPlaced);
}

function explainPlaced({ source, path, isDirectory }: PlacedPath): ExplainedPath[] {
  const own = compileFilter(source.rules, "source");
  const verdicts = [
    { target: undefined, filter: own },
    ...source.targets.flatMap(({ name, rules }) =>
      rules.length === 0
        ? []
        : [{ target: name, filter: bothKeep(own, compileFilter(rules, `target ${name}`)) }],
    ),
  ];
  return verdicts.map(({ target, filter }) => {
    const explanation = filter.explain(path, isDirectory);
    return {
      source: source.name,
      ...(target === undefined ? {} : { target }),
      path: displayPath(path),
      replicated: explanation.keeps,
      ...(explanation.rule === undefined ? {} : { rule: explanation.rule.text }),
      text: explanationText(path, explanation),
    };
  });
}

/** One line each; the source is named where there are several. */
export function explanationLines(explained: readonly ExplainedPath[]): string[] {
  const several = new Set(explained.map(({ source }) => source)).size > 1;
  return explained.map(({ source, target, text }) => {
    if (target !== undefined) return `${source} → ${target}: ${text}`;
    return several ? `${source}: ${text}` : text;
  });
}

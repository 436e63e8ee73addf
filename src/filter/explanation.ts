/** Why a path is kept or not, as one sentence for a person. */
import { displayPath } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import type { Explanation, ListedRule } from "./filter.js";

export function explanationText(path: RelativePath, explanation: Explanation): string {
  const { keeps, at, rule } = explanation;
  const subject = `'${displayPath(path)}' is ${keeps ? "kept" : "excluded"}`;
  if (path === "") return `${subject}: the root always is`;
  if (rule === undefined) return `${subject}: no rule matches it`;
  const because = `by the rule '${rule.text}' (${placeOf(rule)})`;
  return at === path ? `${subject} ${because}` : `${subject} with '${displayPath(at)}/' ${because}`;
}

function placeOf({ layer, index, preset }: ListedRule): string {
  if (index < 0) return "built in";
  const list = layer === "" ? `rule ${index + 1}` : `rule ${index + 1} of ${layer}`;
  return preset === undefined ? list : `preset ${preset}, ${list}`;
}

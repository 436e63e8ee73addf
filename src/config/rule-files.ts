/** The rules in the files that `filterFile` names, each held against the language with its own line. */
import { compileFilter, parseRulesFile } from "../filter/filter.js";
import { faultOf } from "./fault-of.js";
import { absolutePath } from "./home.js";
import { problem } from "./issues.js";
import { shownFile } from "./problem.js";
import type { SettingsContext, Standing } from "./standing.js";
import { readTextFile } from "./text-file.js";

/** What is wrong goes to `context.problems`. */
export async function rulesFrom(
  files: readonly string[],
  { given, path, directory }: Standing,
  { environment, problems, files: opened }: SettingsContext,
): Promise<string[]> {
  const rules: string[] = [];
  for (const written of files) {
    const file = absolutePath(written, directory, environment);
    const read = await readTextFile(file);
    if (!read.ok) {
      const message = `Cannot read ${shownFile(file)}: ${read.reason}`;
      problems.push(problem(given, [...path, "filterFile"], message));
      continue;
    }
    if (!opened.includes(file)) opened.push(file);
    for (const [index, line] of read.text.split(/\r\n|\n|\r/).entries()) {
      const found = parseRulesFile(line);
      const reason = faultOf(() => compileFilter(found));
      if (reason !== undefined) {
        const { message, hint } = reason;
        const place = { file, line: index + 1, column: 1 };
        problems.push({ place, path: "", message, ...(hint === undefined ? {} : { hint }) });
      }
      rules.push(...found);
    }
  }
  return rules;
}

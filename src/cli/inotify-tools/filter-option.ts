/** The four options of which one says by a regular expression whose events are told. */
import type { Voice } from "./voice.js";

/** `pattern` is latin1. Plain data: it is handed to a daemon as JSON. */
export interface FilterOption {
  readonly kind: "exclude" | "include";
  readonly pattern: string;
  readonly ignoreCase: boolean;
}

/** Whether events of a path (latin1) are kept back. */
export type Hides = (path: string) => boolean;

const NAMES = ["exclude", "excludei", "include", "includei"] as const;

/** What was given last of each option, by its name. */
export function filterOption(given: ReadonlyMap<string, string>): FilterOption | undefined {
  const name = NAMES.find((each) => given.has(each));
  if (name === undefined) return undefined;
  return {
    kind: name.startsWith("exclude") ? "exclude" : "include",
    pattern: given.get(name) ?? "",
    ignoreCase: name.endsWith("i"),
  };
}

/** Which of them do not go together, in the tools' order and words. */
export function filterConflict(has: (name: string) => boolean): string | undefined {
  for (const name of ["exclude", "include"]) {
    if (has(name) && has(`${name}i`)) return `--${name} and --${name}i cannot both be specified.`;
  }
  const [excludes, includes] = [NAMES.slice(0, 2).some(has), NAMES.slice(2).some(has)];
  return includes && excludes ? "include and exclude regexp cannot both be specified." : undefined;
}

/** Resolves with "refused" where the expression is wrong, which has been said. */
export async function compileFilter(
  filter: FilterOption | undefined,
  say: Voice,
): Promise<Hides | undefined | "refused"> {
  if (filter === undefined) return undefined;
  // Most starts want none, and must be quick.
  const { compilePosixRegex, PosixRegexError } = await import("./posix-regex.js");
  try {
    const finds = compilePosixRegex(filter.pattern, { ignoreCase: filter.ignoreCase });
    return filter.kind === "exclude" ? finds : (path) => !finds(path);
  } catch (error) {
    if (!(error instanceof PosixRegexError)) throw error;
    say(`Error in \`${filter.kind}' regular expression.`);
    return "refused";
  }
}

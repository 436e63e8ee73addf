/** The configuration of `treecast run SRC TARGET…`: one source without a file, same rules. */
import type { Config } from "./config.js";
import type { LoadOptions } from "./load.js";
import type { LoadContext } from "./file-tree.js";
import type { Given } from "./issues.js";
import { problemsOf } from "./issues.js";
import type { Problem } from "./problem.js";
import { ConfigFault } from "./problem.js";
import { resolveConfig } from "./resolve.js";
import type { SettingsInput, WrittenFile } from "./schema.js";

/** Settings as text, by the names they have in a file; they hold for every target. */
export type ArgumentOverrides = SettingsInput & {
  readonly name?: string | undefined;
  readonly state?: string | undefined;
  readonly log?: {
    readonly level?: string | undefined;
    readonly format?: string | undefined;
    readonly file?: string | undefined;
  };
};

/**
 * Relative paths start at the working directory. Throws a ConfigFault whose problems name the
 * arguments (`TARGET 2`, `--connect-timeout`).
 */
export async function configFromArguments(
  source: string,
  targets: readonly string[],
  overrides: ArgumentOverrides = {},
  { environment = process.env }: LoadOptions = {},
): Promise<Config> {
  const { name, state, log, ...settings } = overrides;
  const value = {
    ...(state === undefined ? {} : { state }),
    ...(log === undefined ? {} : { log }),
    sources: [
      { ...(name === undefined ? {} : { name }), ...settings, path: source, targets: [...targets] },
    ],
  };
  const given: Given = { value, included: false };
  const known = await import("./schema.js");
  const context: LoadContext = { environment, known, problems: [], files: [] };
  const result = known.mainFile.safeParse(value);
  if (!result.success) {
    throw new ConfigFault(
      "the arguments",
      problemsOf(result.error.issues, given, known).map(renamed),
    );
  }
  const written = result.data as WrittenFile;
  const main = { directory: process.cwd(), given, written, included: [] };
  const resolved = await resolveConfig(main, context);
  if (context.problems.length > 0) {
    throw new ConfigFault("the arguments", context.problems.map(renamed));
  }
  return { files: context.files, ...resolved };
}

/** `sources[0].connectTimeout` as `--connect-timeout`. */
function renamed(problem: Problem): Problem {
  const inSource = problem.path.replace(/^sources\[0\]\.?/, "");
  const target = /^targets\[(\d+)\]/.exec(inSource)?.[1];
  if (target !== undefined) return { ...problem, path: `TARGET ${Number(target) + 1}` };
  if (inSource === "targets") return { ...problem, path: "TARGET" };
  if (inSource === "path") return { ...problem, path: "SRC" };
  if (inSource === "") return { ...problem, path: "" };
  const option = inSource
    .replace(/\[.*$/, "")
    .replace(/\./g, "-")
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return { ...problem, path: `--${option}` };
}

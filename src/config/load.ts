/**
 * Reads a configuration file with all it includes, ours or another program's; what is wrong is told
 * all at once.
 */
import { resolve } from "node:path";
import { Fault } from "../model/fault.js";
import type { Config } from "./config.js";
import type { YamlDocument } from "./document.js";
import { readYaml } from "./document.js";
import type { Environment } from "./environment.js";
import type { LoadContext } from "./file-tree.js";
import { loadDocument } from "./file-tree.js";
import type { Problem } from "./problem.js";
import { ConfigFault, shownFile } from "./problem.js";
import { resolveConfig } from "./resolve.js";
import type { SersyncOptions } from "./import/sersync/options.js";
import { readDocument } from "./read-document.js";

export interface LoadOptions {
  /** Where `${NAME}`, `~` and the default state directory are looked up. */
  readonly environment?: Environment;
  /** What sersync's command line adds to a file of sersync's. */
  readonly sersync?: SersyncOptions;
}

/**
 * Throws a Fault: CONFIG_UNREADABLE where there is no such file, else a ConfigFault
 * (CONFIG_INVALID) with every problem and its place.
 */
export async function loadConfig(
  file: string,
  { environment = process.env, sersync }: LoadOptions = {},
): Promise<Config> {
  const main = resolve(file);
  const read = await readDocument(main, environment, sersync);
  if (!read.ok) {
    throw new Fault("CONFIG_UNREADABLE", `Cannot read ${shownFile(main)}: ${read.reason}`, {
      hint: "`treecast init` writes one to begin with.",
    });
  }
  return configOf(main, read.document, environment);
}

/** A text as if it stood in `file`, which need not be there: relative paths begin at its directory. */
export async function loadText(
  text: string,
  file: string,
  { environment = process.env }: Pick<LoadOptions, "environment"> = {},
): Promise<Config> {
  const main = resolve(file);
  return configOf(main, readYaml(text, main, environment), environment);
}

async function configOf(
  main: string,
  document: YamlDocument,
  environment: Environment,
): Promise<Config> {
  const context: LoadContext = {
    environment,
    known: await import("./schema.js"),
    problems: [],
    files: [main],
  };
  const loaded = await loadDocument(main, document, context);
  const resolved = await resolveConfig(loaded, context);
  if (context.problems.length > 0) {
    throw new ConfigFault(shownFile(main), inReadingOrder(context));
  }
  return { file: main, files: context.files, ...resolved };
}

/** File by file as they were opened, from the top of each to its end. */
function inReadingOrder({ problems, files }: LoadContext): Problem[] {
  const rank = ({ place }: Problem): number => files.indexOf(place?.file ?? "");
  return problems.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
      (a.place?.column ?? 0) - (b.place?.column ?? 0),
  );
}

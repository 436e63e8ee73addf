import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config, SourceConfig, TargetConfig } from "../../src/config/config.js";
import { loadConfig } from "../../src/config/load.js";
import { ConfigFault, formatProblem } from "../../src/config/problem.js";
import { makeTempDir } from "../support/temp.js";

const root = makeTempDir();
let count = 0;

/** Writes files into a fresh directory and gives it. */
export function write(files: Readonly<Record<string, string | Buffer>>): string {
  const directory = join(root, String(++count));
  for (const [name, content] of Object.entries(files)) {
    const file = join(directory, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return directory;
}

export async function load(
  text: string | Buffer,
  environment: Readonly<Record<string, string>> = {},
): Promise<Config> {
  return loadConfig(join(write({ "treecast.yaml": text }), "treecast.yaml"), { environment });
}

/** What loading complains of, one line each; places are relative to the directory of the file. */
export async function complaints(
  files: string | Buffer | Readonly<Record<string, string | Buffer>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const isText = typeof files === "string" || Buffer.isBuffer(files);
  const directory = write(isText ? { "treecast.yaml": files } : files);
  try {
    await loadConfig(join(directory, "treecast.yaml"), { environment });
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    return error.problems.map((each) => formatProblem(each).replaceAll(`${directory}/`, ""));
  }
  return [];
}

export function firstTarget(config: Config): TargetConfig {
  return firstSource(config).targets[0]!;
}

export function firstSource(config: Config): SourceConfig {
  return config.sources[0]!;
}

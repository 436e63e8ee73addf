/** Which configuration a command works by: a file, or SRC and TARGET with options. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Config } from "../config/config.js";
import { Fault } from "../model/fault.js";
import { parseListenAddress } from "../model/listen-address.js";
import { type FileFlags, type LogFlags, levelFrom } from "./common-options.js";
import type { GivenSettings } from "./setting-options.js";

/** Where a configuration is looked for when nothing is said. */
const USUAL_FILES = ["treecast.yaml", "/etc/treecast/treecast.yaml"] as const;

/** What stood on the command line, read but not yet understood. */
export interface Given {
  /** Undefined where a file says it all. */
  readonly source?: string | undefined;
  readonly targets?: readonly string[];
  readonly file: FileFlags;
  readonly settings: GivenSettings;
  readonly log?: LogFlags;
  readonly metrics?: string | undefined;
}

export interface ChosenConfig {
  readonly config: Config;
  /** Reads the file again; undefined where there is none. Throws as the first reading does. */
  readonly again: (() => Promise<Config>) | undefined;
}

/** Throws a Fault: USAGE, CONFIG_UNREADABLE or CONFIG_INVALID. */
export async function chooseConfig(given: Given): Promise<ChosenConfig> {
  const { source, targets = [], file, settings } = given;
  if (source !== undefined) {
    if (file.config !== undefined) {
      throw usage("Cannot take SRC and TARGET together with --config", "Give one or the other.");
    }
    if (targets.length === 0) {
      throw usage("Cannot replicate to nowhere: expected SRC and at least one TARGET", "");
    }
    const config = listening(await fromArguments(source, targets, given), given);
    return { config, again: undefined };
  }
  const path = file.config ?? usualFile() ?? nowhere();
  const [first] = settings.flags;
  if (first !== undefined) {
    throw usage(
      `Cannot use ${first} together with a configuration file`,
      `Write the setting into '${path}', or give SRC and TARGET instead of a file.`,
    );
  }
  const again = async () => listening(await fromFile(path, given), given);
  return { config: await again(), again };
}

async function fromFile(path: string, { file, log = {} }: Given): Promise<Config> {
  const { loadConfig } = await import("../config/load.js");
  const config = await loadConfig(path);
  // What is said now is meant for now, and holds through every reload.
  const level = levelFrom(log);
  const { logFormat, logFile } = log;
  return {
    ...config,
    ...(file.state === undefined ? {} : { stateDirectory: resolve(file.state) }),
    log: {
      ...config.log,
      ...(level === undefined ? {} : { level }),
      ...(logFormat === undefined ? {} : { format: logFormat }),
      ...(logFile === undefined ? {} : { file: resolve(logFile) }),
    },
  };
}

function listening(config: Config, { metrics }: Given): Config {
  if (metrics === undefined) return config;
  const listen = parseListenAddress(metrics);
  if (listen !== undefined) return { ...config, metrics: { listen } };
  const expected = "expected an address such as 127.0.0.1:9420, or a port";
  throw usage(`Cannot use '${metrics}' for --metrics: ${expected}`, "");
}

async function fromArguments(
  source: string,
  targets: readonly string[],
  { file, settings, log = {} }: Given,
): Promise<Config> {
  const { configFromArguments } = await import("../config/arguments.js");
  const { ConfigFault } = await import("../config/problem.js");
  try {
    return await configFromArguments(source, targets, {
      ...settings.overrides,
      state: file.state,
      log: { level: levelFrom(log), format: log.logFormat, file: log.logFile },
    });
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    // An option names one item of what a file calls by the name of the list.
    const problems = error.problems.map((each) => ({
      ...each,
      path: each.path.replace(/^--(rsync|ssh)-options$/, "--$1-option"),
    }));
    throw new ConfigFault("the arguments", problems);
  }
}

/** The configuration that is there without being named. */
export function usualFile(): string | undefined {
  return USUAL_FILES.find((path) => existsSync(path));
}

function nowhere(): never {
  throw usage(
    "Cannot start without a configuration: expected SRC and TARGET, --config FILE, or one of " +
      USUAL_FILES.map((path) => `'${path}'`).join(" and "),
    "`treecast init` writes a file to begin with.",
  );
}

function usage(message: string, hint: string): Fault {
  return new Fault("USAGE", message, hint === "" ? {} : { hint });
}

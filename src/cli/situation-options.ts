/** Options of commands whose arguments are paths: the configuration comes by options alone. */
import type { Command } from "commander";
import type { Config } from "../config/config.js";
import { type FileFlags, repeatable } from "./common-options.js";
import { addSettingOptions } from "./setting-options.js";

export interface SituationFlags extends FileFlags {
  readonly source?: string;
  readonly target?: readonly string[];
}

/** The function returned reads the configuration that the flags name. */
export function addSituationOptions(command: Command): (flags: SituationFlags) => Promise<Config> {
  command
    .option("-c, --config <file>", "the configuration")
    .option("--source <dir>", "instead of a configuration: the directory to replicate")
    .option("--target <target>", "where to replicate it to; repeatable", repeatable);
  const settings = addSettingOptions(command);
  return async ({ config, source, target }) => {
    const { chooseConfig } = await import("./chosen-config.js");
    const { Fault } = await import("../model/fault.js");
    if (source === undefined && target !== undefined) {
      throw new Fault("USAGE", "Cannot use --target without --source");
    }
    const chosen = await chooseConfig({
      source,
      // What the source itself keeps can be asked without any target.
      targets: target ?? (source === undefined ? [] : [NO_TARGET]),
      file: config === undefined ? {} : { config },
      settings: settings(),
    });
    return chosen.config;
  };
}

/** Stands for a target where only the source's own list is asked about; it is never reached. */
export const NO_TARGET = "rsync://target.invalid/replica";

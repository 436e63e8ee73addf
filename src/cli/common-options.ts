/** Options that several commands share besides the settings: the file, the state, the log. */
import { type Command, Option } from "commander";
import type { LogConfig } from "../config/config.js";

export interface FileFlags {
  readonly config?: string;
  readonly state?: string;
}

export interface LogFlags {
  readonly logLevel?: LogConfig["level"];
  readonly logFormat?: LogConfig["format"];
  readonly logFile?: string;
  readonly verbose?: number;
  readonly quiet?: number;
}

export function addFileOptions(command: Command): void {
  command
    .option("-c, --config <file>", "the configuration, instead of SRC and TARGET")
    .option("--state <dir>", "where to keep what must survive a restart");
}

export function addLogOptions(command: Command): void {
  const more = (_: string | undefined, before: number | undefined) => (before ?? 0) + 1;
  const group = "Log:";
  command
    .addOption(
      new Option("-v, --verbose", "tell more; twice: everything").argParser(more).helpGroup(group),
    )
    .addOption(
      new Option("-q, --quiet", "tell warnings and errors only; twice: errors")
        .argParser(more)
        .helpGroup(group),
    )
    .addOption(
      new Option("--log-level <level>", "the least that is told")
        .choices(["trace", "debug", "info", "warn", "error"])
        .helpGroup(group),
    )
    .addOption(
      new Option("--log-format <format>", "auto is text on a terminal and JSON lines elsewhere")
        .choices(["auto", "text", "json"])
        .helpGroup(group),
    )
    .addOption(
      new Option("--log-file <file>", "append there instead of standard error").helpGroup(group),
    );
}

/** The level that the flags ask for; undefined where they say nothing. */
export function levelFrom({
  logLevel,
  verbose = 0,
  quiet = 0,
}: LogFlags): LogConfig["level"] | undefined {
  if (logLevel !== undefined) return logLevel;
  if (quiet > 0) return quiet > 1 ? "error" : "warn";
  if (verbose > 0) return verbose > 1 ? "trace" : "debug";
  return undefined;
}

/** For an option that may be repeated. */
export function repeatable(
  value: string,
  before: readonly string[] | undefined,
): readonly string[] {
  return [...(before ?? []), value];
}

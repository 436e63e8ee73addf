/**
 * The configuration as the program uses it: every default applied, every duration in milliseconds,
 * every size in bytes, every path absolute. Plain data; how an operator writes it is in `schema.ts`.
 */
import type { ListenAddress } from "../model/listen-address.js";
import type { SourceSettings, TargetSettings } from "../replicate/settings.js";

export type { DeletePolicy, LongestWaits } from "../replicate/settings.js";
export type { SshSettings as SshConfig } from "../rsync/settings.js";

export interface Config {
  /** The file it was read from, absolute; undefined when it came from command-line arguments. */
  readonly file?: string;
  /** Every file that went into it, absolute: the file itself, included files, filter files. */
  readonly files: readonly string[];
  readonly stateDirectory: string;
  readonly log: LogConfig;
  readonly metrics: MetricsConfig;
  readonly sources: readonly SourceConfig[];
}

export interface LogConfig {
  readonly level: LogLevel;
  /** `auto` is text on a terminal and JSON lines elsewhere. */
  readonly format: "auto" | "text" | "json";
  /** Absolute; undefined is the standard error output. */
  readonly file?: string;
}

export interface MetricsConfig {
  /** Undefined: metrics are told on the control socket only. */
  readonly listen?: ListenAddress;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

export type SourceConfig = SourceSettings;
export type TargetConfig = TargetSettings;

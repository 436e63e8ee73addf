/**
 * The configuration as the program uses it: every default applied, every duration in milliseconds,
 * every size in bytes, every path absolute. Plain data; how an operator writes it is in `schema.ts`.
 */
import type { Endpoint } from "../model/endpoint.js";
import type { SecretReference } from "../model/secret.js";

export interface Config {
  /** The file it was read from, absolute; undefined when it came from command-line arguments. */
  readonly file?: string;
  /** Every file that went into it, absolute: the file itself, included files, filter files. */
  readonly files: readonly string[];
  readonly stateDirectory: string;
  readonly log: LogConfig;
  readonly sources: readonly SourceConfig[];
}

export interface LogConfig {
  readonly level: LogLevel;
  /** `auto` is text on a terminal and JSON lines elsewhere. */
  readonly format: "auto" | "text" | "json";
  /** Absolute; undefined is the standard error output. */
  readonly file?: string;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

export interface SourceConfig {
  /** Unique in the configuration. */
  readonly name: string;
  /** Absolute, latin1. */
  readonly path: string;
  /** Filter rules in the language of the filter room, presets not yet expanded. */
  readonly rules: readonly string[];
  /** Whether a start compares the whole tree with each replica. */
  readonly initial: "full" | "none";
  readonly waits: LongestWaits;
  /** At least one. */
  readonly targets: readonly TargetConfig[];
}

/** How long a file that stays open for writing may wait for its close before it is sent anyway. */
export interface LongestWaits {
  readonly defaultMs: number;
  /** The first pattern that matches decides; each is a pattern of the filter language. */
  readonly patterns: readonly { readonly pattern: string; readonly ms: number }[];
}

export interface TargetConfig {
  /** Unique within its source. */
  readonly name: string;
  readonly endpoint: Endpoint;
  /** Only for a module of an rsync daemon. */
  readonly password?: SecretReference;
  /** Narrows the source's rules: a path is replicated when both lists keep it. */
  readonly rules: readonly string[];
  readonly deletes: DeletePolicy;
  /** First contact with a replica that is not empty: keep what only it has, or replace. */
  readonly adopt: "keep" | "replace";
  /** `mirror` carries all that `rsync -a` does, hard links within a batch; `content` no owner or group. */
  readonly attributes: "mirror" | "content";
  readonly acls: boolean;
  readonly xattrs: boolean;
  readonly compress: boolean;
  /** Bytes a second; undefined is no limit. */
  readonly bandwidth?: number;
  /** The operator's own options for rsync, checked. */
  readonly options: readonly string[];
  /** The rsync to run here. */
  readonly program: string;
  /** The rsync to run on the other side (ssh). */
  readonly remoteProgram?: string;
  readonly ssh: SshConfig;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Warm sessions: how many wait when idle, and how many there may be. */
  readonly sessions: { readonly idle: number; readonly max: number };
  /** The shortest time between the starts of two batches. */
  readonly paceMs: number;
  /** A file above this travels in a lane of its own. */
  readonly largeFileBytes: number;
  /** The most paths in one batch. */
  readonly batchPaths: number;
  /** The first wait after a failure and the longest; it doubles in between. */
  readonly retry: { readonly firstMs: number; readonly maxMs: number };
}

export type DeletePolicy = "mirror" | "never" | "startup-only" | "live-only";

/** How ssh is called; the port is part of the endpoint. */
export interface SshConfig {
  readonly program: string;
  /** Absolute path of a private key. */
  readonly identity?: string;
  /** Absolute path of a known-hosts file. */
  readonly knownHosts?: string;
  /** Absolute path of an ssh configuration file. */
  readonly config?: string;
  readonly options: readonly string[];
}

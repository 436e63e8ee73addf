/** What one source and its targets need to know; a configuration or a caller supplies it. */
import type { RsyncSettings } from "../rsync/settings.js";
import type { BackoffSettings } from "../schedule/backoff.js";

export interface SourceSettings {
  /** Unique among the sources of a process. */
  readonly name: string;
  /** Absolute, latin1. */
  readonly path: string;
  /** Filter rules in the language of the filter room, presets not yet expanded. */
  readonly rules: readonly string[];
  /** Whether a start compares the whole tree with each replica. */
  readonly initial: "full" | "none";
  readonly waits: LongestWaits;
  /** At least one. */
  readonly targets: readonly TargetSettings[];
}

/** How long a file that stays open for writing may wait for its close before it is sent anyway. */
export interface LongestWaits {
  readonly defaultMs: number;
  /** The first pattern that matches decides; each is a pattern of the filter language. */
  readonly patterns: readonly { readonly pattern: string; readonly ms: number }[];
}

export interface TargetSettings extends Omit<RsyncSettings, "source" | "deletes" | "filter"> {
  /** Unique within its source. */
  readonly name: string;
  /** Narrows the source's rules: a path is replicated when both lists keep it. */
  readonly rules: readonly string[];
  readonly deletes: DeletePolicy;
  /** First contact with a replica that is not empty: keep what only it has, or replace. */
  readonly adopt: "keep" | "replace";
  /** The shortest time between the starts of two batches. */
  readonly paceMs: number;
  /** A file above this travels in a lane of its own. */
  readonly largeFileBytes: number;
  /** The most paths in one batch. */
  readonly batchPaths: number;
  /** The first wait after a failure and the longest; it doubles in between. */
  readonly retry: BackoffSettings;
}

/**
 * What is deleted on a replica: all that is missing here; nothing; only what a full pass finds; only
 * what is deleted while we watch.
 */
export type DeletePolicy = "mirror" | "never" | "startup-only" | "live-only";

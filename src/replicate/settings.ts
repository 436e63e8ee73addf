/** What one source and its targets need to know; a configuration or a caller supplies it. */
import type { HookSettings } from "../hooks/settings.js";
import type { RsyncSettings } from "../rsync/settings.js";
import type { GuardLimit } from "../safety/surge.js";
import type { BackoffSettings } from "../schedule/backoff.js";
import type { WantedWatcher } from "../model/watcher.js";
import type { WatchEvent } from "../watch/watch.js";

export type { GuardLimit } from "../safety/surge.js";

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
  /** Which of the kernel's events count as changes; undefined for all. */
  readonly events: readonly WatchEvent[] | undefined;
  /** Whether an index is kept, so that a start and a gap cost a local scan and no comparison. */
  readonly index: boolean;
  /** Who hears the tree. */
  readonly watcher: WantedWatcher;
  /** The shortest pause between scans of what cannot be watched; it grows with their cost, ms. */
  readonly scanIntervalMs: number;
  readonly guard: GuardSettings;
  readonly passes: readonly TimedPassSettings[];
  /** Undefined for none. */
  readonly audit: AuditSettings | undefined;
  /** Patterns of the filter language: what goes before, and what goes after everything else. */
  readonly first: readonly string[];
  readonly last: readonly string[];
  /** What others are told. */
  readonly hooks: readonly HookSettings[];
  /** At least one, unless every hook is on `changed` alone. */
  readonly targets: readonly TargetSettings[];
}

/** How long a file that stays open for writing may wait for its close before it is sent anyway. */
export interface LongestWaits {
  readonly defaultMs: number;
  /** The first pattern that matches decides; each is a pattern of the filter language. */
  readonly patterns: readonly { readonly pattern: string; readonly ms: number }[];
}

/** Limits that hold work for a person to decide; undefined where there is none. */
export interface GuardSettings {
  readonly deletes: GuardLimit | undefined;
  readonly rewrites: GuardLimit | undefined;
}

/** A comparison of everything with each replica, by the clock. */
export interface TimedPassSettings {
  readonly when:
    | { readonly kind: "every"; readonly ms: number }
    | { readonly kind: "cron"; readonly expression: string; readonly timeZone?: string };
  /** Rules that narrow the source's for this pass alone. */
  readonly rules: readonly string[];
  /** Bytes a second, for what this pass compares and sends. */
  readonly bandwidth?: number;
  /** The pass begins only within, and pauses outside; minutes of the day. It may span midnight. */
  readonly window?: { readonly from: number; readonly to: number; readonly timeZone?: string };
  /** Targets begin within this time, each at a moment of its own. */
  readonly jitterMs: number;
}

/** A comparison without end, a little at a time, while nothing else is to do. */
export interface AuditSettings {
  /** The share of the tree (0 to 1) that is compared in an hour. */
  readonly sharePerHour: number;
  /** Read both sides in full instead of trusting size and time. */
  readonly checksum: boolean;
  /** Send what differs. */
  readonly repair: boolean;
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
  /** How a replica is known again: by a small file in its root, or by its address alone. */
  readonly identity: "token" | "address";
  /** The first wait after a failure and the longest; it doubles in between. */
  readonly retry: BackoffSettings;
}

/**
 * What is deleted on a replica: all that is missing here; nothing; only what a full pass finds; only
 * what is deleted while we watch.
 */
export type DeletePolicy = "mirror" | "never" | "startup-only" | "live-only";

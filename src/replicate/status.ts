/** What can be said of a source and its targets at one moment. Plain data, fit for JSON. */
import type { Coverage } from "../model/change.js";
import type { SourceState, TargetState } from "../model/fact.js";
import type { WatcherChoice } from "../model/watcher.js";
import type { HookStatus } from "../hooks/runner.js";
import type { Hold } from "../model/hold.js";
import type { FailedPath } from "./failed-paths.js";

export interface SourceStatus {
  readonly name: string;
  /** As shown to people. */
  readonly path: string;
  readonly state: SourceState["state"];
  /** Why, where it is lost or has failed; where it is watched, why deletions wait. */
  readonly reason?: string | undefined;
  readonly coverage: Coverage;
  /** Who hears the tree, and why; undefined where it is not watched. */
  readonly watcher?: WatcherChoice | undefined;
  readonly index: IndexStatus;
  /** What waits for `approve` or `reject`. */
  readonly holds: readonly Hold[];
  readonly hooks: readonly HookStatus[];
  readonly targets: readonly TargetStatus[];
}

export interface IndexStatus {
  /** `building`: it is filled for the first time; `scanning`: the disk is compared with it. */
  readonly state: "off" | "building" | "scanning" | "current";
  readonly entries: number;
  /** While it is built or scanned: entries looked at, and how many are expected (0: unknown). */
  readonly seen: number;
  readonly expected: number;
  /** When it last took in what had changed, ms since the epoch; undefined before the first time. */
  readonly writtenAt: number | undefined;
}

export type TargetStatus = {
  readonly name: string;
  readonly address: string;
  /** Paths that wait, those in flight not counted. */
  readonly owed: number;
  /** Batches under way. */
  readonly inFlight: number;
  /** Age of the oldest change that could go and has not arrived, ms. */
  readonly lagMs: number;
  /** Paths it would not take, those that are listed; there may be more. */
  readonly failed: readonly FailedPath[];
  /** Entries at the last comparison that differed and were not repaired. */
  readonly drift: number;
  /** When it was last proven to equal the source as a whole, ms since the epoch. */
  readonly provenAt: number | undefined;
  /** Names on the replica that were there before us and are left alone. */
  readonly kept: number;
  readonly delivered: DeliveredCounts;
} & TargetState;

export interface DeliveredCounts {
  readonly batches: number;
  readonly paths: number;
  /** On the wire, towards the replica. */
  readonly bytes: number;
  /** ms since the epoch; undefined before the first. */
  readonly lastAt: number | undefined;
}

/** What can be said of a source and its targets at one moment. Plain data, fit for JSON. */
import type { Coverage } from "../model/change.js";
import type { SourceState, TargetState } from "../model/fact.js";
import type { FailedPath } from "./failed-paths.js";

export interface SourceStatus {
  readonly name: string;
  /** As shown to people. */
  readonly path: string;
  readonly state: SourceState["state"];
  readonly coverage: Coverage;
  readonly targets: readonly TargetStatus[];
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
  readonly failed: readonly FailedPath[];
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

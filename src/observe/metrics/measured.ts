/**
 * What is measured at the moment somebody asks: the part of a source's status that is numbers. What
 * the status counts is counted there and nowhere else.
 */
import type { Coverage } from "../../model/change.js";
import type { SourceState, TargetState } from "../../model/fact.js";
import type { Hold } from "../../model/hold.js";

export interface MeasuredSource {
  readonly name: string;
  readonly state: SourceState["state"];
  /** Where it is watched: why deletions wait. */
  readonly reason?: string | undefined;
  readonly coverage: Coverage;
  readonly index: {
    readonly state: "off" | "building" | "scanning" | "current";
    readonly entries: number;
    /** ms since the epoch. */
    readonly writtenAt: number | undefined;
  };
  readonly holds: readonly Pick<Hold, "kind" | "entries">[];
  readonly hooks: readonly MeasuredHook[];
  readonly targets: readonly MeasuredTarget[];
}

export interface MeasuredTarget {
  readonly name: string;
  readonly state: TargetState["state"];
  readonly owed: number;
  readonly inFlight: number;
  readonly lagMs: number;
  readonly failed: readonly unknown[];
  readonly drift: number;
  /** ms since the epoch. */
  readonly provenAt: number | undefined;
  readonly kept: number;
  readonly delivered: {
    readonly batches: number;
    readonly paths: number;
    readonly bytes: number;
    /** ms since the epoch. */
    readonly lastAt: number | undefined;
  };
}

export interface MeasuredHook {
  readonly name: string;
  readonly waiting: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
  readonly dropped: number;
  readonly lastError?: string | undefined;
  /** ms since the epoch. */
  readonly lastDoneAt?: number | undefined;
}

/**
 * What an operator may ask of a running daemon. The daemon answers; routes and client only carry it.
 * Everything is plain data, fit for JSON; a path is shown as people read it (`displayPath`), with the
 * latin1 form beside it where it has to be given back.
 */
import type { FailedRuns } from "../replicate/failed-runs.js";
import type { SourceStatus } from "../replicate/status.js";

/** Which source and target is meant: by name; absent means all of them. */
export interface Selection {
  readonly source?: string;
  readonly target?: string;
}

export interface DaemonStatus {
  readonly version: string;
  readonly pid: number;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly sources: readonly SourceStatus[];
}

export interface FlushTarget {
  readonly source: string;
  readonly target: string;
  /** `behind`: the time was over before everything had arrived. */
  readonly state: "arrived" | "behind";
  /** What stands in the way, in words; "" where it has arrived. */
  readonly reason: string;
  readonly owed: number;
}

export interface Failure {
  readonly source: string;
  readonly target: string;
  /** Latin1. */
  readonly path: string;
  readonly shown: string;
  readonly reason: string;
  readonly attempts: number;
  /** ms since the epoch. */
  readonly retryAt: number;
}

/** What would deliver the failed paths of one target, run by hand. */
export interface RunsByHand extends FailedRuns {
  readonly source: string;
  readonly target: string;
  /** As shown to people. */
  readonly address: string;
  readonly failures: readonly Failure[];
}

/** What was decided, and where. */
export interface Decision {
  readonly source: string;
  readonly hold: "deletes" | "rewrites";
  readonly entries: number;
}

/** Every call throws a Fault (UNKNOWN_NAME) where the selection names nothing that is there. */
export interface Operations {
  status(): DaemonStatus;
  /** Numbers of this moment in Prometheus' text format. */
  metrics(): Promise<string>;
  /** Resolves when all that happened before the call is on the targets, or the time is over. */
  flush(
    selection: Selection,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<readonly FlushTarget[]>;
  failures(selection: Selection): readonly Failure[];
  /** Targets without a failed path are left out. */
  failedRuns(selection: Selection): readonly RunsByHand[];
  /** Tries failed paths at once: those named (latin1), or all. Answers how many. */
  retry(selection: Selection, paths?: readonly string[]): number;
  /** Lets held work go. */
  approve(selection: Selection): readonly Decision[];
  /** Drops held work: what was to be deleted stays on the replicas, what was rewritten is not sent. */
  reject(selection: Selection): readonly Decision[];
  /** Has a subtree ("" is everything; latin1) compared with the replicas, and sent what differs. */
  resync(selection: Selection, path: string): void;
}

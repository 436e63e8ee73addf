/** What is told of a target. */
import type { TargetCounts } from "./counts.js";
import type { MeasuredTarget } from "./measured.js";
import { type Metric, oneOf, secondsOf } from "./metric.js";

export interface TargetSubject {
  readonly target: MeasuredTarget;
  readonly counts: TargetCounts;
}

const STATES = ["connecting", "catching-up", "live", "down"] as const;

export const TARGET_METRICS: readonly Metric<TargetSubject>[] = [
  {
    name: "treecast_target_state",
    type: "gauge",
    help: "1 for the state the target is in, 0 for the others.",
    by: "state",
    read: ({ target }) => oneOf(STATES, target.state),
  },
  {
    name: "treecast_target_downs_total",
    type: "counter",
    help: "Times it went down, or was found to be down for another reason.",
    read: ({ counts }) => counts.downs,
  },
  {
    name: "treecast_target_deletes_refused",
    type: "gauge",
    help: "1 where the target refuses deletions, so that nothing is deleted there any more; else 0.",
    read: ({ counts }) => Number(counts.deletesRefused),
  },
  {
    name: "treecast_owed_paths",
    type: "gauge",
    help: "Paths that wait to be sent, those in flight not counted.",
    read: ({ target }) => target.owed,
  },
  {
    name: "treecast_in_flight_batches",
    type: "gauge",
    help: "Batches under way.",
    read: ({ target }) => target.inFlight,
  },
  {
    name: "treecast_lag_seconds",
    type: "gauge",
    help: "Age of the oldest change that could go and has not arrived; 0 where there is none.",
    read: ({ target }) => target.lagMs / 1000,
  },
  {
    name: "treecast_delivered_batches_total",
    type: "counter",
    help: "Batches of which something arrived.",
    read: ({ target }) => target.delivered.batches,
  },
  {
    name: "treecast_delivered_paths_total",
    type: "counter",
    help: "Paths that arrived, or were deleted.",
    read: ({ target }) => target.delivered.paths,
  },
  {
    name: "treecast_deleted_paths_total",
    type: "counter",
    help: "Those of them that were deleted.",
    read: ({ counts }) => counts.deleted,
  },
  {
    name: "treecast_sent_bytes_total",
    type: "counter",
    help: "Bytes on the wire towards the replica, of batches and of renames.",
    read: ({ target }) => target.delivered.bytes,
  },
  {
    name: "treecast_last_delivery_timestamp_seconds",
    type: "gauge",
    help: "When something last arrived, since the epoch. Missing before the first time.",
    read: ({ target }) => secondsOf(target.delivered.lastAt),
  },
  {
    name: "treecast_failed_paths",
    type: "gauge",
    help: "Paths that it does not take although it works. `treecast failures` lists them; beyond 1,000 they are not counted.",
    read: ({ target }) => target.failed.length,
  },
  {
    name: "treecast_delivery_failures_total",
    type: "counter",
    help: "Times a path was not taken, each retry counted.",
    read: ({ counts }) => counts.failures,
  },
  {
    name: "treecast_passes_total",
    type: "counter",
    help: "Comparisons with the replica that came to their end: of the whole tree, or of a part.",
    by: "scope",
    read: ({ counts }) => counts.passes,
  },
  {
    name: "treecast_pass_differences_total",
    type: "counter",
    help: "Differences that such comparisons have found.",
    read: ({ counts }) => counts.differences,
  },
  {
    name: "treecast_pass_seconds_total",
    type: "counter",
    help: "Time that such comparisons took.",
    read: ({ counts }) => counts.passMs / 1000,
  },
  {
    name: "treecast_kept_entries",
    type: "gauge",
    help: "Names on the replica that were there before treecast and are left alone.",
    read: ({ target }) => target.kept,
  },
  {
    name: "treecast_drift_entries",
    type: "gauge",
    help: "Entries that differed at the last comparison and were not repaired.",
    read: ({ target }) => target.drift,
  },
  {
    name: "treecast_audit_rounds_total",
    type: "counter",
    help: "Rounds through the whole tree that the audit has ended.",
    read: ({ counts }) => counts.audits,
  },
  {
    name: "treecast_proven_timestamp_seconds",
    type: "gauge",
    help: "When the replica was last proven to equal the source as a whole, since the epoch. Missing before the first time.",
    read: ({ target }) => secondsOf(target.provenAt),
  },
];

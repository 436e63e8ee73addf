/** What is told of a source. */
import type { SourceCounts } from "./counts.js";
import type { MeasuredSource } from "./measured.js";
import { type Metric, oneOf, secondsOf } from "./metric.js";

export interface SourceSubject {
  readonly source: MeasuredSource;
  readonly counts: SourceCounts;
}

const STATES = ["starting", "watching", "root-lost", "failed"] as const;
const INDEX_STATES = ["off", "building", "scanning", "current"] as const;

export const SOURCE_METRICS: readonly Metric<SourceSubject>[] = [
  {
    name: "treecast_source_state",
    type: "gauge",
    help: "1 for the state the source is in, 0 for the others.",
    by: "state",
    read: ({ source }) => oneOf(STATES, source.state),
  },
  {
    name: "treecast_source_root_losses_total",
    type: "counter",
    help: "Times its root was found to be gone or another one.",
    read: ({ counts }) => counts.rootLosses,
  },
  {
    name: "treecast_source_deletes_waiting",
    type: "gauge",
    help: "1 where nothing is deleted on the replicas for now, because the root is suddenly empty or another directory than at the start; else 0.",
    read: ({ source }) => Number(source.state === "watching" && source.reason !== undefined),
  },
  {
    name: "treecast_watched_directories",
    type: "gauge",
    help: "Directories of which the kernel tells every change.",
    read: ({ source }) => source.coverage.watched,
  },
  {
    name: "treecast_unwatched_directories",
    type: "gauge",
    help: "Directories that could not be watched and are scanned from time to time instead.",
    read: ({ source }) => source.coverage.unwatched,
  },
  {
    name: "treecast_gaps_total",
    type: "counter",
    help: "Times a part of the tree had to be looked at again because changes may have been missed.",
    by: "reason",
    read: ({ counts }) => counts.gaps,
  },
  {
    name: "treecast_index_state",
    type: "gauge",
    help: "1 for the state the index is in, 0 for the others.",
    by: "state",
    read: ({ source }) => oneOf(INDEX_STATES, source.index.state),
  },
  {
    name: "treecast_index_entries",
    type: "gauge",
    help: "Files, directories and links in the index.",
    read: ({ source }) => source.index.entries,
  },
  {
    name: "treecast_index_written_timestamp_seconds",
    type: "gauge",
    help: "When the index last took in what had changed, since the epoch. Missing before the first time.",
    read: ({ source }) => secondsOf(source.index.writtenAt),
  },
  {
    name: "treecast_scans_total",
    type: "counter",
    help: "Scans of the disk against the index, of the tree or a part: at the start, for the first time, or after a gap.",
    by: "reason",
    read: ({ counts }) => counts.scans,
  },
  {
    name: "treecast_scan_differences_total",
    type: "counter",
    help: "Changes that such scans have found.",
    read: ({ counts }) => counts.scanDifferences,
  },
  {
    name: "treecast_held_entries",
    type: "gauge",
    help: "Entries that wait for `treecast approve` or `treecast reject`.",
    by: "hold",
    read: ({ source: { holds } }) => ({ deletes: 0, rewrites: 0, ...heldBy(holds) }),
  },
  {
    name: "treecast_holds_total",
    type: "counter",
    help: "Times a guard began to hold work.",
    by: "hold",
    read: ({ counts }) => counts.holds,
  },
  {
    name: "treecast_holds_ended_total",
    type: "counter",
    help: "Times a hold came to its end: by a person, or because the source had recovered.",
    by: "how",
    read: ({ counts }) => counts.holdEnds,
  },
];

function heldBy(holds: MeasuredSource["holds"]): Readonly<Record<string, number>> {
  return Object.fromEntries(holds.map(({ kind, entries }) => [kind, entries]));
}

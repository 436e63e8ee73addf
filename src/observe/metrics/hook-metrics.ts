/** What is told of a hook. */
import type { HookCounts } from "./counts.js";
import type { MeasuredHook } from "./measured.js";
import { type Metric, secondsOf } from "./metric.js";

export interface HookSubject {
  readonly hook: MeasuredHook;
  readonly counts: HookCounts;
}

export const HOOK_METRICS: readonly Metric<HookSubject>[] = [
  {
    name: "treecast_hook_failing",
    type: "gauge",
    help: "1 where its last run failed, else 0.",
    read: ({ hook }) => Number(hook.lastError !== undefined),
  },
  {
    name: "treecast_hook_waiting_events",
    type: "gauge",
    help: "Events in its queue, those that are being told not counted.",
    read: ({ hook }) => hook.waiting,
  },
  {
    name: "treecast_hook_running_events",
    type: "gauge",
    help: "Events that are being told.",
    read: ({ hook }) => hook.running,
  },
  {
    name: "treecast_hook_told_events_total",
    type: "counter",
    help: "Events that the other side has taken.",
    read: ({ hook }) => hook.done,
  },
  {
    name: "treecast_hook_failed_runs_total",
    type: "counter",
    help: "Runs that failed, the last ones included.",
    read: ({ hook }) => hook.failed,
  },
  {
    name: "treecast_hook_retried_runs_total",
    type: "counter",
    help: "Those of them after which the same is tried again.",
    read: ({ counts }) => counts.retries,
  },
  {
    name: "treecast_hook_dropped_events_total",
    type: "counter",
    help: "Events that the hook is never told of: its queue was full, or they were tried as often as is allowed.",
    read: ({ hook }) => hook.dropped,
  },
  {
    name: "treecast_hook_given_up_events_total",
    type: "counter",
    help: "Those of them that were tried as often as is allowed.",
    read: ({ counts }) => counts.givenUp,
  },
  {
    name: "treecast_hook_last_success_timestamp_seconds",
    type: "gauge",
    help: "When a run last went well, since the epoch. Missing before the first time.",
    read: ({ hook }) => secondsOf(hook.lastDoneAt),
  },
];

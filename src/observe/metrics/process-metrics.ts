/**
 * What is told of the program itself, by the names all programs use for it. Read when somebody asks:
 * whoever does not ask pays nothing. The rsync processes it starts are not in these.
 */
import { readFileSync, readdirSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Metric } from "./metric.js";

export interface ProcessSubject {
  readonly version: string;
  /** How late the event loop is just now. */
  readonly eventLoopLagMs: number;
}

export const PROCESS_METRICS: readonly Metric<ProcessSubject>[] = [
  {
    name: "treecast_info",
    type: "gauge",
    help: "Always 1; the label says which version runs.",
    by: "version",
    read: ({ version }) => ({ [version]: 1 }),
  },
  {
    name: "treecast_event_loop_active_seconds_total",
    type: "counter",
    help: "Time for which the main thread had something to do. Its rate is near 1 where it has too much.",
    read: () => performance.eventLoopUtilization().active / 1000,
  },
  {
    name: "nodejs_eventloop_lag_seconds",
    type: "gauge",
    help: "How late the event loop was when this was asked.",
    read: ({ eventLoopLagMs }) => eventLoopLagMs / 1000,
  },
  {
    name: "nodejs_heap_size_used_bytes",
    type: "gauge",
    help: "JavaScript objects of the main thread.",
    read: () => process.memoryUsage().heapUsed,
  },
  {
    name: "process_resident_memory_bytes",
    type: "gauge",
    help: "Memory of the program, without the rsync processes it starts.",
    read: () => process.memoryUsage.rss(),
  },
  {
    name: "process_cpu_seconds_total",
    type: "counter",
    help: "Processor time of the program, all threads, without the rsync processes it starts.",
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  },
  {
    name: "process_open_fds",
    type: "gauge",
    help: "Open file descriptors.",
    // One of them is the directory that is being read.
    read: () => unlessUnreadable(() => readdirSync("/proc/self/fd").length - 1),
  },
  {
    name: "process_max_fds",
    type: "gauge",
    help: "File descriptors that may be open.",
    read: () => unlessUnreadable(mostOpenFiles),
  },
  {
    name: "process_start_time_seconds",
    type: "gauge",
    help: "When the program was started, since the epoch.",
    read: () => performance.timeOrigin / 1000,
  },
];

function mostOpenFiles(): number | undefined {
  const limits = readFileSync("/proc/self/limits", "utf8");
  const soft = /^Max open files +(\d+|unlimited)/m.exec(limits)?.[1];
  return soft === "unlimited" ? Infinity : soft === undefined ? undefined : Number(soft);
}

/** A program that may open no more files can be asked all the same. */
function unlessUnreadable(read: () => number | undefined): number | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

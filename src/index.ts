/**
 * The library: what `import { watch, replicate } from "treecast"` gives.
 *
 * docs/library.md shows how to use it; its examples are run by a test.
 */
export { watch } from "./library/watch/watch.js";
export type { Watching } from "./library/watch/stream.js";
export type { BatchOptions, WatchOptions } from "./library/watch/options.js";
export type {
  ChangeKind,
  WatchedChange,
  WatchedFound,
  WatchedGap,
  WatchedListed,
  WatchedMove,
  WatchedName,
  WatchedPath,
  WatchedRoot,
  WatchEvent,
  WatchGapReason,
} from "./library/watch/events.js";
export type { WatchNotice } from "./watch/watch.js";
export type { WantedWatcher, WatcherChoice } from "./model/watcher.js";

export { replicate } from "./library/replication.js";
export type { Replication } from "./library/replication.js";
export type {
  AuditOptions,
  GuardLimitOptions,
  GuardOptions,
  PassOptions,
  ReplicateOptions,
  TrashOptions,
} from "./library/replicate-options.js";

export { loadConfig } from "./config/load.js";
export type { LoadOptions } from "./config/load.js";
export { ConfigFault } from "./config/problem.js";
export type { Problem, Place } from "./config/problem.js";
export type {
  Config,
  DeletePolicy,
  LogConfig,
  SourceConfig,
  SshConfig,
  TargetConfig,
} from "./config/config.js";

export { startDaemon } from "./daemon/daemon.js";
export type { Daemon, DaemonOptions, ReloadSummary } from "./daemon/daemon.js";
export type { FailedPath } from "./replicate/failed-paths.js";
export type {
  DeliveredCounts,
  IndexStatus,
  SourceStatus,
  TargetStatus,
} from "./replicate/status.js";

export { Fault, FAULT_CODES } from "./model/fault.js";
export type { FaultCode } from "./model/fault.js";
export { displayPath } from "./model/path.js";
export type { RelativePath } from "./model/path.js";
export type {
  BatchDelivered,
  DeliveredEntry,
  Fact,
  FactListener,
  PassFinished,
  PathFailed,
  SourceScanned,
  SourceState,
  TargetAudited,
  TargetState,
} from "./model/fact.js";
export type { Hold, HoldEnd, HoldKind } from "./model/hold.js";
export type { Coverage, Gap, GapReason } from "./model/change.js";
export type { Endpoint } from "./model/endpoint.js";

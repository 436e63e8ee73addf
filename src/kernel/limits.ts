/** The kernel's limits on inotify, as they stand now. */
import { readFileSync } from "node:fs";

export type InotifyLimit = "max_user_watches" | "max_user_instances" | "max_queued_events";

export interface InotifyLimits {
  /** Directories one user may watch. Undefined where /proc does not say. */
  readonly maxUserWatches: number | undefined;
  readonly maxUserInstances: number | undefined;
  /** Events that wait in one instance before the queue overflows. */
  readonly maxQueuedEvents: number | undefined;
  /** The sysctl that bounds the watches here: inside a container it may be the namespace's own. */
  readonly watchesSysctl: string;
}

export function limitPath(limit: InotifyLimit): string {
  return `/proc/sys/fs/inotify/${limit}`;
}

export function readLimit(limit: InotifyLimit): number | undefined {
  return readNumber(limitPath(limit));
}

export function readLimits(): InotifyLimits {
  const everywhere = readLimit("max_user_watches");
  // A user namespace has a limit of its own, and the smaller of the two counts.
  const here = readNumber("/proc/sys/user/max_inotify_watches");
  const namespaced = here !== undefined && (everywhere === undefined || here < everywhere);
  return {
    maxUserWatches: namespaced ? here : everywhere,
    maxUserInstances: readLimit("max_user_instances"),
    maxQueuedEvents: readLimit("max_queued_events"),
    watchesSysctl: namespaced ? "user.max_inotify_watches" : "fs.inotify.max_user_watches",
  };
}

function readNumber(path: string): number | undefined {
  try {
    const value = Number(readFileSync(path, "utf8").trim());
    return Number.isSafeInteger(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

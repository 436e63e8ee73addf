/** The kernel's limits on inotify, as they stand now. */
import { readFileSync } from "node:fs";

export interface Limit {
  /** The sysctl that sets it: inside a container it may be the namespace's own. */
  readonly sysctl: string;
  /** Undefined where /proc does not say. */
  readonly value: number | undefined;
}

export interface InotifyLimits {
  /** Directories one user may watch, all programs together. */
  readonly watches: Limit;
  /** Instances one user may have. */
  readonly instances: Limit;
  /** Events that wait in one instance before its queue overflows. */
  readonly queuedEvents: Limit;
}

export function readLimits(): InotifyLimits {
  return {
    watches: smaller("fs.inotify.max_user_watches", "user.max_inotify_watches"),
    instances: smaller("fs.inotify.max_user_instances", "user.max_inotify_instances"),
    queuedEvents: readLimit("fs.inotify.max_queued_events"),
  };
}

/** A user namespace has limits of its own, and the smaller one counts. */
function smaller(everywhere: string, namespace: string): Limit {
  const [outer, inner] = [readLimit(everywhere), readLimit(namespace)];
  return (inner.value ?? Infinity) < (outer.value ?? Infinity) ? inner : outer;
}

function readLimit(sysctl: string): Limit {
  return { sysctl, value: readNumber(`/proc/sys/${sysctl.replaceAll(".", "/")}`) };
}

function readNumber(path: string): number | undefined {
  try {
    const value = Number(readFileSync(path, "utf8").trim());
    return Number.isSafeInteger(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Who would hear a source if it were watched now by this user. */
import { openFanotify } from "../kernel/fanotify.js";
import { libc } from "../kernel/libc.js";
import type { WantedWatcher, WatcherChoice } from "../model/watcher.js";
import { countedEvents } from "./counted-events.js";
import type { WatchEvent } from "./counted-events.js";
import { MountWatch } from "./mount-watch.js";
import { fanotifyObstacle } from "./sources.js";

export interface ExpectedWatch {
  /** Absolute, latin1. */
  readonly path: string;
  readonly watcher: WantedWatcher;
  readonly events: readonly WatchEvent[] | undefined;
}

/** Marks nothing: a file system that refuses its mark is found out when the watch begins. */
export function expectedWatcher({ path, watcher, events }: ExpectedWatch): WatcherChoice["kind"] {
  const fanotify = openFanotify();
  try {
    const counted = events === undefined ? undefined : countedEvents(events);
    const obstacle = fanotifyObstacle({ watcher, fanotify }, new MountWatch(path), counted);
    return obstacle === undefined ? "fanotify" : "inotify";
  } finally {
    if (fanotify >= 0) libc.close(fanotify);
  }
}

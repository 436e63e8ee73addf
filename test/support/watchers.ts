/** The sources that a watch's tests are run on. */
import type { Coverage } from "../../src/model/change.js";
import type { WantedWatcher } from "../../src/model/watcher.js";
import { hasFanotify } from "./own-disk.js";

export const watchers: readonly Exclude<WantedWatcher, "auto">[] = hasFanotify
  ? ["inotify", "fanotify"]
  : ["inotify"];

/** What a watch says of `watched` directories: fanotify counts file systems, and there is one. */
export function coverageBy(source: WantedWatcher, watched: number, unwatched = 0): Coverage {
  return source === "fanotify" ? { watched: 1, unwatched, whole: true } : { watched, unwatched };
}

/** Raw watches that a test opens, and what they tell. */
import { afterEach } from "vitest";
import { Mask, maskNames } from "../../../src/kernel/inotify-decode.js";
import type { RawWatchOptions } from "../../../src/watch/events/raw-watch-options.js";
import { openRawWatch, type RawWatch } from "../../../src/watch/events/raw-watch.js";

export const NAMES = Mask.CREATE | Mask.DELETE | Mask.MOVED_FROM | Mask.MOVED_TO | Mask.CLOSE_WRITE;

/** Closed when the test ends. */
export const opened: RawWatch[] = [];
afterEach(() => {
  for (const watch of opened.splice(0)) watch.close();
});

export function open(
  options: Omit<RawWatchOptions, "paths"> & { readonly path: string },
): RawWatch {
  const { path, ...rest } = options;
  const watch = openRawWatch({ paths: [path], ...rest });
  opened.push(watch);
  return watch;
}

export function openTree(path: string, rest: Partial<RawWatchOptions> = {}): RawWatch {
  return open({ path, mask: NAMES, recursive: true, follow: true, tellInside: true, ...rest });
}

/** All there is at this moment, below `root`; `*` marks what was found. */
export function told(watch: RawWatch, root: string): string[] {
  const lines: string[] = [];
  while (true) {
    const events = watch.read(0);
    for (const { watched, mask, name, isFound } of events) {
      const place = watched === "" ? "" : watched.slice(root.length + 1);
      lines.push(`${place}${name} ${maskNames(mask)}${isFound ? " *" : ""}`);
    }
    if (events.length === 0 && !watch.hasMore) return lines;
  }
}

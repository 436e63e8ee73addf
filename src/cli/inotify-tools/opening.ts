/** Opens what is watched, by inotify or fanotify, and says what the kernel refuses in the tools' words. */
import { Errno, errorText } from "../../kernel/libc.js";
import { openFanWatch } from "../../watch/events/fan-watch.js";
import type { RawSource } from "../../watch/events/raw-source.js";
import type { RawWatchOptions } from "../../watch/events/raw-watch-options.js";
import { openRawWatch } from "../../watch/events/raw-watch.js";
import type { WatchRefusal } from "../../watch/events/refusal.js";

/** inotify; fanotify's marks on directories; its marks on whole file systems. */
export type Means = "inotify" | "directories" | "filesystems";

/** Throws a WatchRefusal. `numbered` where events are counted by their places. */
export function openSource(
  means: Means,
  options: RawWatchOptions,
  { numbered = false } = {},
): RawSource {
  if (means === "inotify") return openRawWatch(options);
  return openFanWatch({ ...options, numbered, wholeFileSystems: means === "filesystems" });
}

/** `failed` is how the tool begins the line of a place that cannot be watched. */
export function refusalLines(
  means: Means,
  { place, errorNumber }: WatchRefusal,
  failed: string,
): string[] {
  const sysctls = "/proc/sys/fs/inotify";
  if (means === "filesystems" && place !== undefined) {
    return [`Couldn't add filesystem watch ${place}: ${errorText(errorNumber)}`];
  }
  if (place === undefined) {
    const system = means === "inotify" ? "inotify" : "fanotify";
    const line = `Couldn't initialize ${system}: ${errorText(errorNumber)}`;
    if (system === "fanotify") return [line, ...fanotifyNeeds(errorNumber)];
    if (errorNumber !== Errno.EMFILE) return [line];
    return [line, `Try increasing the value of ${sysctls}/max_user_instances`];
  }
  if (errorNumber !== Errno.ENOSPC) return [`${failed} ${place}: ${errorText(errorNumber)}`];
  return [
    `Failed to watch ${place}; upper limit on inotify watches reached!`,
    `Please increase the amount of inotify watches allowed per user via \`${sysctls}/max_user_watches'.`,
  ];
}

function fanotifyNeeds(errorNumber: number): string[] {
  if (errorNumber === Errno.EPERM) return ["fanotify watch requires admin privileges"];
  if (errorNumber !== Errno.EINVAL) return [];
  return ["fanotify support for reporting the events with file names needs kernel v5.17."];
}

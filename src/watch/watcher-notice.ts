/** What a person should know of who hears a tree. */
import type { WantedWatcher, WatcherChoice } from "../model/watcher.js";
import type { WatchNotice } from "./messages.js";

/** Undefined where there is nothing to say: inotify, and nobody expected anything else. */
export function watcherNotice(
  { kind, reason }: WatcherChoice,
  before: WatcherChoice | undefined,
  wanted: WantedWatcher,
): WatchNotice | undefined {
  if (before?.kind === kind && before.reason === reason) return undefined;
  if (kind === "fanotify") {
    return {
      kind: "watcher",
      level: "info",
      text: `The source is heard by fanotify: ${reason}`,
    };
  }
  if (wanted !== "fanotify" && before?.kind !== "fanotify") return undefined;
  return {
    kind: "watcher",
    level: "warn",
    text: `The source is watched by inotify and not heard by fanotify: ${reason}`,
  };
}

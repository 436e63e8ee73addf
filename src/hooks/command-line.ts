/** What a program is told of an event in its arguments and its environment; all latin1. */
import { latin1FromText } from "../model/path.js";
import { absoluteBytes } from "./event-json.js";
import type { HookEvent } from "./event.js";
import { fill } from "./placeholders.js";
import { isDirectory } from "./inotify-mask.js";

/** What stands for something in an argument, where a program runs for each path. */
export const PATH_WORDS = ["path", "relative", "source", "target", "event"] as const;
/** And where it runs for a batch. */
export const BATCH_WORDS = ["source"] as const;

/** `command` is as it was written (UTF-8). */
export function eventArguments(
  command: readonly string[],
  event: HookEvent,
  perPath: boolean,
): string[] {
  const words = new Map<string, string>([["source", latin1FromText(event.source)]]);
  if (perPath) {
    words.set("path", absoluteBytes(event).toString("latin1"));
    words.set("relative", relativeArgument(event));
    words.set("target", latin1FromText(event.target ?? ""));
    words.set("event", event.on);
  }
  return command.map((text) => fill(latin1FromText(text), (word) => words.get(word)));
}

/** An argument that began with `-` would be an option. */
function relativeArgument({ path }: HookEvent): string {
  if (path === undefined || path === "") return ".";
  return path.startsWith("-") ? `./${path}` : path;
}

export function eventEnvironment(event: HookEvent): Record<string, string> {
  const { on, source, root, target, path, isDeleted, reason } = event;
  return {
    TREECAST_EVENT: on,
    TREECAST_SOURCE: latin1FromText(source),
    TREECAST_ROOT: root,
    TREECAST_PATH: absoluteBytes(event).toString("latin1"),
    TREECAST_IS_DIRECTORY: isDirectory(event) ? "1" : "0",
    TREECAST_IS_DELETED: isDeleted === true ? "1" : "0",
    ...(path === undefined ? {} : { TREECAST_RELATIVE: path }),
    ...(target === undefined ? {} : { TREECAST_TARGET: latin1FromText(target) }),
    ...(reason === undefined
      ? {}
      : { TREECAST_REASON: latin1FromText(reason).replaceAll("\0", "") }),
  };
}

/** What is said of a batch as a whole: an event or a target where it is that of all. */
export function batchEnvironment(events: readonly HookEvent[]): Record<string, string> {
  const [first] = events;
  if (first === undefined) return {};
  const { on, target, source, root } = first;
  const sameEvent = events.every((event) => event.on === on);
  const sameTarget = events.every((event) => event.target === target);
  return {
    TREECAST_SOURCE: latin1FromText(source),
    TREECAST_ROOT: root,
    TREECAST_COUNT: String(events.length),
    ...(sameEvent ? { TREECAST_EVENT: on } : {}),
    ...(sameTarget && target !== undefined ? { TREECAST_TARGET: latin1FromText(target) } : {}),
  };
}

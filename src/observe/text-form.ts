/** A log entry as one line for a terminal: local time, source and target, what happened. */
import { displayPath, latin1FromText } from "../model/path.js";
import type { LogEntry } from "./log-entry.js";
import type { Palette } from "./palette.js";

/** @param now ms since the epoch */
export function textLine(entry: LogEntry, now: number, palette: Palette): string {
  const { level, source, target, text } = entry;
  const names = [source, target].flatMap((name) => (name === undefined ? [] : [shown(name)]));
  const parts = [
    palette.dim(clockTime(now)),
    ...(names.length === 0 ? [] : [palette.cyan(names.join(" → "))]),
    ...markOf(entry, palette),
    level === "debug" || level === "trace" ? palette.dim(text) : text,
  ];
  return parts.join("  ");
}

function markOf({ level }: LogEntry, palette: Palette): string[] {
  if (level === "error") return [palette.red("error")];
  return level === "warn" ? [palette.yellow("warning")] : [];
}

/** `08:12:31.123`, in the zone of the machine. */
function clockTime(now: number): string {
  const time = new Date(now);
  const two = (value: number) => String(value).padStart(2, "0");
  const ms = String(time.getMilliseconds()).padStart(3, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}

function shown(name: string): string {
  return displayPath(latin1FromText(name));
}

/** One target's progress as one line: names, a bar, counts, bytes, how long it will take. */
import type { Palette } from "../observe/palette.js";
import { bytesText, digits, durationText } from "../observe/quantities.js";
import type { TargetStatus } from "../replicate/status.js";

export interface ProgressView {
  readonly names: string;
  readonly target: Pick<TargetStatus, "owed" | "delivered" | "failed" | "state">;
  /** Differences that the comparison found; undefined while it goes on. */
  readonly found: number | undefined;
  readonly elapsedMs: number;
  /** Columns; Infinity draws no bar. */
  readonly width: number;
  readonly palette: Palette;
}

const BAR = 20;
const BLANK = " ".repeat(BAR);
/** Below this the text needs the room. */
const NARROW = 60;
/** Names begin in one column. */
const TEXT = 36;
/** A guess made earlier is worse than none: paths arrive by the batch, and the first ones are small. */
const GUESS_AFTER_MS = 1_000;
const GUESS_AFTER_SHARE = 0.05;

export function progressLine({
  names,
  target,
  found,
  elapsedMs,
  width,
  palette,
}: ProgressView): string {
  const { paths, bytes } = target.delivered;
  // What is in flight is neither owed nor delivered.
  const total = Math.max(found ?? 0, paths + target.owed);
  const left = total - paths - target.failed.length;
  const sent = `${digits(paths)} of ${digits(total)}`;
  const parts =
    target.state === "down"
      ? ["cannot be reached; trying again"]
      : found !== undefined
        ? [percent(paths, total), sent, bytesText(bytes), guess(paths, left, elapsedMs)]
        : [`comparing, ${digits(total)} found`, `${digits(paths)} sent`, bytesText(bytes)];
  const text = parts.filter((part) => part !== "").join("  ");
  if (width === Infinity) return `${names}: ${text}`;
  const shown = found !== undefined && target.state !== "down";
  const bar = width < NARROW ? "" : `${shown ? drawn(paths, total, palette) : BLANK}  `;
  // Escapes have no width; what has one is cut, so that a line never takes two.
  const room = width - 1 - (bar === "" ? 0 : BAR + 2);
  return `${bar}${cut(`${text.padEnd(TEXT)}  ${names}`, room)}`;
}

function cut(text: string, room: number): string {
  if (text.length <= room) return text;
  return room < 1 ? "" : `${text.slice(0, room - 1)}…`;
}

function drawn(done: number, total: number, { green, dim }: Palette): string {
  const full = total === 0 ? BAR : Math.floor((BAR * done) / total);
  return `${green("█".repeat(full))}${dim("░".repeat(BAR - full))}`;
}

function percent(done: number, total: number): string {
  return `${total === 0 ? 100 : Math.floor((100 * done) / total)} %`;
}

function guess(done: number, left: number, elapsedMs: number): string {
  if (left <= 0 || elapsedMs < GUESS_AFTER_MS || done / (done + left) < GUESS_AFTER_SHARE)
    return "";
  return `about ${durationText((elapsedMs * left) / done)} left`;
}

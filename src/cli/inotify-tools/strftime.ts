/** `--timefmt`: a time in the C library's own words, in the C locale and the zone of TZ. */
import { strftime } from "../../kernel/strftime.js";

/** `format` and the answer are latin1. "" where nothing comes of the format, or too much. */
export function formatTime(format: string, time: Date): string {
  return strftime(format, Math.floor(time.getTime() / 1000)) ?? "";
}

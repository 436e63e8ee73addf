/** Lengths of time as options: `--grace 10s`, `--timeout 60s`. */
import { parseDuration } from "../config/duration.js";
import { Fault } from "../model/fault.js";

/** In ms. Throws a Fault (USAGE). */
export function parseTimeOption(option: string, text: string): number {
  const ms = text === "0" ? 0 : parseDuration(text);
  if (ms !== undefined) return ms;
  throw new Fault("USAGE", `Cannot use ${option} '${text}': expected a length of time such as 10s`);
}

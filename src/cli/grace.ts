/** The time a stop allows for what is in flight. */
import { parseDuration } from "../config/duration.js";
import { Fault } from "../model/fault.js";

/** In ms. Throws a Fault (USAGE). */
export function parseGrace(text: string): number {
  const ms = text === "0" ? 0 : parseDuration(text);
  if (ms !== undefined) return ms;
  throw new Fault("USAGE", `Cannot use --grace '${text}': expected a length of time such as 10s`);
}

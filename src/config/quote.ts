/** A value from a configuration as it may stand in a message: short, and on one line. */
import { displayPath, latin1FromText } from "../model/path.js";

const MOST_CHARACTERS = 60;

export function quote(text: string): string {
  const short = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  // displayPath escapes whatever could move the cursor or fake a line.
  return text === "" ? "''" : `'${displayPath(latin1FromText(short))}'`;
}

/** What was found where something else was expected. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value !== "string") return typeof value === "object" ? "a mapping" : typeof value;
  // Numbers read better bare: `got 87300`.
  return /^[\w.+-]{1,20}$/.test(value) && /^[\d+-]/.test(value) ? value : quote(value);
}

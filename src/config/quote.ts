/** A value from a configuration as it may stand in a message: short, and on one line. */
import { displayPath, latin1FromText } from "../model/path.js";

const MOST_CHARACTERS = 60;

export function quote(text: string): string {
  const characters = [...text];
  const short =
    characters.length > MOST_CHARACTERS
      ? `${characters.slice(0, MOST_CHARACTERS).join("")}…`
      : text;
  // displayPath escapes whatever could move the cursor or fake a line.
  return text === "" ? "''" : `'${displayPath(latin1FromText(short))}'`;
}

/** What was found where something else was expected. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value !== "string") return quote(String(value));
  // Numbers read better bare: `got 87300`.
  return /^[\w.+-]{1,20}$/.test(value) && /^[\d+-]/.test(value) ? value : quote(value);
}

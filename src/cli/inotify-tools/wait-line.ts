/** One event as a line: inotifywait's default, CSV and `--format`, or JSON. All texts are latin1. */
import { isUtf8 } from "node:buffer";
import type { RawEvent } from "../../watch/events/raw-event.js";
import { eventNames, eventText } from "./event-names.js";

/** `time` is the time now as `--timefmt` has it. */
export type LineForm = (event: RawEvent) => string;

export function plainLine({ watched, mask, name }: RawEvent): string {
  return `${watched} ${eventText(mask, ",")} ${name}\n`;
}

/** Where there is no watched place, its field is missing. */
export function csvLine({ watched, mask, name }: RawEvent): string {
  const place = watched === "" ? "" : `${csvField(watched)},`;
  return `${place}${csvField(eventText(mask, ","))},${csvField(name)}\n`;
}

function csvField(text: string): string {
  return /[",\n]|^ | $/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * The line that a `--format` makes. `time` says the time now. A `%` at the very end stands for
 * itself, as does one before a letter without a meaning.
 */
export function compileFormat(format: string, time: () => string): LineForm {
  const parts = partsOf(format, time);
  return (event) => {
    let line = "";
    for (const part of parts) line += typeof part === "string" ? part : part(event);
    return line;
  };
}

type Part = string | LineForm;

const DIRECTIVES: Readonly<Record<string, Part>> = {
  "%": "%",
  "0": "\0",
  n: "\n",
  w: (event) => event.watched,
  f: (event) => event.name,
  c: (event) => event.cookie.toString(16),
  e: (event) => eventText(event.mask, ","),
};

function partsOf(format: string, time: () => string): Part[] {
  const directives: Readonly<Record<string, Part>> = { ...DIRECTIVES, T: time };
  const parts: Part[] = [];
  for (let at = 0; at < format.length; at++) {
    const character = format.charAt(at);
    const next = format.charAt(at + 1);
    if (character !== "%" || next === "") {
      parts.push(character);
      continue;
    }
    at++;
    const directive = Object.hasOwn(directives, next) ? directives[next] : undefined;
    if (directive !== undefined) parts.push(directive);
    else if (format.charAt(at + 1) === "e") {
      parts.push((event) => eventText(event.mask, next));
      at++;
    } else parts.push(`%${next}`);
  }
  return parts;
}

/** Names are UTF-8 in JSON; one that is not has its bytes beside it, in base64. */
export function jsonLine({ watched, mask, cookie, name, isFound }: RawEvent): string {
  const text = JSON.stringify({
    ...namesOf("watched", watched),
    ...namesOf("name", name),
    events: eventNames(mask),
    ...(cookie === 0 ? {} : { cookie: (cookie >>> 0).toString(16) }),
    time: new Date().toISOString(),
    ...(isFound ? { found: true } : {}),
  });
  return `${Buffer.from(text).toString("latin1")}\n`;
}

function namesOf(key: "watched" | "name", name: string): Record<string, string> {
  const bytes = Buffer.from(name, "latin1");
  const text = { [key]: bytes.toString("utf8") };
  return isUtf8(bytes) ? text : { ...text, [`${key}Bytes`]: bytes.toString("base64") };
}

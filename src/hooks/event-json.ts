/** What a hook is told, as JSON: for a program's standard input, a request's body, a line on a socket. */
import { isUtf8 } from "node:buffer";
import { bytesBelow } from "../model/path.js";
import type { HookEvent } from "./event.js";

export const EVENTS_VERSION = 1;

/** Absolute; that of the source where it is about no path. */
export function absoluteBytes({ root, path }: HookEvent): Buffer {
  return path === undefined ? Buffer.from(root, "latin1") : bytesBelow(root, path);
}

/**
 * Names are UTF-8 in JSON. One that is not stands with U+FFFD for what cannot be read, and beside it
 * in base64 as it is.
 */
export function eventJson(event: HookEvent): Readonly<Record<string, unknown>> {
  const { on, at, source, target, path, isDirectory, isDeleted, reason } = event;
  return {
    event: on,
    at: new Date(at).toISOString(),
    source,
    ...(target === undefined ? {} : { target }),
    ...(path === undefined ? {} : namesOf("path", Buffer.from(path, "latin1"))),
    ...namesOf("absolute", absoluteBytes(event)),
    ...(isDirectory === undefined ? {} : { isDirectory }),
    ...(isDeleted === undefined ? {} : { isDeleted }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function namesOf(key: "path" | "absolute", bytes: Buffer): Record<string, string> {
  const text = { [key]: bytes.toString("utf8") };
  return isUtf8(bytes) ? text : { ...text, [`${key}Bytes`]: bytes.toString("base64") };
}

/** All events of a run as one document. */
export function eventsDocument(events: readonly HookEvent[]): string {
  return JSON.stringify({ version: EVENTS_VERSION, events: events.map(eventJson) });
}

/** One line for each event. */
export function eventLines(events: readonly HookEvent[]): string {
  return events.map((event) => `${JSON.stringify(eventJson(event))}\n`).join("");
}

/** What a hook has not told yet, as a journal keeps it. */
import { relativePath } from "../model/path.js";
import type { HookEvent } from "./event.js";
import { HOOK_TRIGGERS } from "./settings.js";

const VERSION = 1;

/** Plain data for JSON. */
export function hookMemory(events: readonly HookEvent[]): unknown {
  return { version: VERSION, events };
}

/** What cannot be read is left out: it may come from another version or a damaged file. */
export function eventsInMemory(memory: unknown): HookEvent[] {
  if (!isRecord(memory) || memory["version"] !== VERSION) return [];
  const events = memory["events"];
  return Array.isArray(events) ? events.flatMap((each: unknown) => eventFrom(each) ?? []) : [];
}

function eventFrom(value: unknown): HookEvent | undefined {
  if (!isRecord(value)) return undefined;
  const on = HOOK_TRIGGERS.find((each) => each === value["on"]);
  const { at, source, root, path } = value;
  if (on === undefined || typeof at !== "number" || !Number.isFinite(at)) return undefined;
  // A date that JSON cannot show would make every run fail.
  if (Math.abs(at) > 8.64e15) return undefined;
  if (typeof source !== "string" || typeof root !== "string" || !isName(root)) return undefined;
  if (!root.startsWith("/")) return undefined;
  const known = path === undefined ? {} : pathFrom(path);
  if (known === undefined) return undefined;
  return {
    on,
    at,
    source,
    root,
    ...known,
    ...optional("target", value["target"], "string"),
    ...optional("reason", value["reason"], "string"),
    ...optional("isDirectory", value["isDirectory"], "boolean"),
    ...optional("isDeleted", value["isDeleted"], "boolean"),
    ...(Number.isInteger(value["kinds"]) ? { kinds: value["kinds"] as number } : {}),
  };
}

function pathFrom(path: unknown): Pick<HookEvent, "path"> | undefined {
  if (typeof path !== "string" || !isName(path)) return undefined;
  try {
    return { path: relativePath(path) };
  } catch {
    return undefined;
  }
}

/** One character for each byte, and none of them NUL. */
function isName(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- NUL is what is looked for
  return /^[\x01-\xff]*$/.test(text);
}

function optional(key: string, value: unknown, type: "string" | "boolean"): object {
  return typeof value === type ? { [key]: value } : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

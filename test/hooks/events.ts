/** Events for tests, and names that were made to do harm. */
import type { HookEvent } from "../../src/hooks/event.js";
import { Kind } from "../../src/model/change.js";
import { latin1FromText, relativePath } from "../../src/model/path.js";

export const ROOT = latin1FromText("/srv/wéb");
export const AT = Date.UTC(2026, 10, 21, 12, 34, 56, 789);

/** `path` is latin1. */
export function event(path: string, more: Partial<HookEvent> = {}): HookEvent {
  return {
    on: "delivered",
    at: AT,
    source: "www",
    root: ROOT,
    target: "web1",
    path: relativePath(path),
    isDirectory: false,
    isDeleted: false,
    kinds: Kind.Content,
    ...more,
  };
}

/** About a target or the source as a whole. */
export function eventWithoutPath(more: Partial<HookEvent> = {}): HookEvent {
  return { on: "failed", at: AT, source: "www", root: ROOT, reason: "why", ...more };
}

/** Latin1: each byte but NUL and the slash may stand in a name. */
export const HOSTILE_NAMES: readonly string[] = [
  "plain.php",
  "$(reboot)",
  "`reboot`",
  "a \"b\" 'c'",
  "new\nline\r\nHost: evil",
  "-rf",
  "--help",
  "dir/-x",
  "{path} {{url}} {secret} {urls}",
  "not \xff\xfe UTF-8",
  "half \xc3",
  "x".repeat(255),
  latin1FromText("深/文件 😀.php"),
  "a&b=c;d|e>f<g#h?i",
  "%2e%2e %s %n",
  "back\\slash*?[a]",
  " blanks ",
  "\x01\x1b[31m\x7f",
  "A=B",
];

export const hostileEvents = (): HookEvent[] => [
  ...HOSTILE_NAMES.map((name) => event(name)),
  event("gone.txt", { isDeleted: true, kinds: Kind.Gone }),
  event("new dir", { isDirectory: true, kinds: Kind.Content | Kind.Directory }),
];

/** The absolute path as bytes. */
export function absolute({ path }: HookEvent): Buffer {
  return Buffer.from(`${ROOT}/${path ?? ""}`, "latin1");
}

/** Percent-encodes bytes; `kept` are the characters that stay. Written apart from what is tested. */
export function percent(bytes: Buffer, kept: RegExp): string {
  return [...bytes]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return kept.test(character)
        ? character
        : `%${byte < 16 ? "0" : ""}${byte.toString(16).toUpperCase()}`;
    })
    .join("");
}

/** One event as JSON, apart from what is tested as well. */
export function asJson(one: HookEvent): string {
  const relative = Buffer.from(one.path ?? "", "latin1");
  const whole = absolute(one);
  const valid = (bytes: Buffer) => Buffer.from(bytes.toString("utf8")).equals(bytes);
  return JSON.stringify({
    event: one.on,
    at: "2026-11-21T12:34:56.789Z",
    source: "www",
    target: "web1",
    path: relative.toString("utf8"),
    ...(valid(relative) ? {} : { pathBytes: relative.toString("base64") }),
    absolute: whole.toString("utf8"),
    ...(valid(whole) ? {} : { absoluteBytes: whole.toString("base64") }),
    isDirectory: one.isDirectory,
    isDeleted: one.isDeleted,
  });
}

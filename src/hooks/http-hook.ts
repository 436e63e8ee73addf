/** Tells a server over HTTP: the events as JSON, or a form as sersync's plugin sends it. */
import { createHmac } from "node:crypto";
import { absoluteBytes, eventsDocument } from "./event-json.js";
import type { HookEvent } from "./event.js";
import type { Hook } from "./hook.js";
import { send } from "./http-request.js";
import { inotifyMask, isDirectory } from "./inotify-mask.js";
import { encodeField } from "./percent.js";
import { secretOf } from "./secret.js";
import type { HttpAction } from "./settings.js";

export const SIGNATURE_HEADER = "X-Treecast-Signature";
const TYPES = { json: "application/json", form: "application/x-www-form-urlencoded" } as const;

export function httpHook({ url, method, headers, body, secret }: Omit<HttpAction, "kind">): Hook {
  async function post(text: string, signal: AbortSignal): Promise<void> {
    const key = secret === undefined ? undefined : await secretOf(secret);
    const bytes = Buffer.from(text);
    const own: Record<string, string> = {
      "User-Agent": "treecast",
      "Content-Type": TYPES[body],
      ...(key === undefined ? {} : { [SIGNATURE_HEADER]: signature(bytes, key) }),
    };
    await send(
      { method, url, headers: withHeaders(own, headers), body: bytes, secret: key },
      signal,
    );
  }

  return {
    async run(events, signal) {
      if (body === "json") return post(eventsDocument(events), signal);
      for (const event of events) await post(formOf(event), signal);
    },
  };
}

/** `sha256=HEX`, as most receivers of signed requests know it. */
export function signature(body: Buffer, key: string): string {
  return `sha256=${createHmac("sha256", key).update(body).digest("hex")}`;
}

/** What is written wins, however it spells a name. */
export function withHeaders(
  own: Readonly<Record<string, string>>,
  written: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = new Set(Object.keys(written).map((name) => name.toLowerCase()));
  const kept = Object.entries(own).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...written };
}

function formOf(event: HookEvent): string {
  const fields = [
    ["watchroot", event.root],
    ["isdir", isDirectory(event) ? "1" : "0"],
    ["inotifyPath", absoluteBytes(event).toString("latin1")],
    ["mask", String(inotifyMask(event))],
  ] as const;
  return fields.map(([name, value]) => `${name}=${encodeField(value)}`).join("&");
}

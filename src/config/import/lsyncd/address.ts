/** Where lsyncd sends to, as a target of ours: `target`, or `host` and `targetdir`. */
import type { Endpoint } from "../../../model/endpoint.js";
import { parseEndpoint } from "../../../model/endpoint.js";
import type { DraftText } from "../draft.js";
import { text } from "../draft.js";
import { faultOf } from "../../fault-of.js";
import type { Reader, Stated } from "./stated.js";

export interface Address {
  readonly to: DraftText;
  /** Undefined where it cannot be read; the schema tells why. */
  readonly kind: Endpoint["kind"] | undefined;
}

/** `target = "…"`, as rsync reads it. */
export function addressFromTarget(reader: Reader, stated: Stated): Address | undefined {
  const { findings } = reader;
  const target = reader.text(stated);
  if (target === undefined) return undefined;
  const place = target.place ?? stated.place;
  if (/\^\w/.test(target.value)) {
    const message = `Cannot take over a target that is put together while lsyncd runs ('^…')`;
    findings.problem(place, stated.name, message, "Write the address it becomes.");
    return undefined;
  }
  // As rsync reads it: without a colon before the first slash it is a path of this machine.
  if (!target.value.startsWith("/") && /^[^:]*(?:\/|$)/.test(target.value)) {
    const path = relative(target.value);
    const why = "it starts at this file, where lsyncd starts at its working directory";
    findings.changed(stated.place, stated.what, `to: ${path}`, why);
    return { to: text(path, place), kind: "local" };
  }
  const to = atHome(target.value);
  const kind = kindOf(to);
  // One that is refused may hold a password, and is shown by its problem alone.
  if (kind !== undefined) findings.carried(stated.place, stated.what, `to: ${to}`);
  return { to: text(to, place), kind };
}

/** `host = "…"` and `targetdir = "…"`. */
export function addressFromHost(
  reader: Reader,
  host: Stated,
  directory: Stated,
): Address | undefined {
  const [name, path] = [reader.text(host), reader.text(directory)];
  if (name === undefined || path === undefined) return undefined;
  const to = atHome(`${name.value}:${path.value}`);
  const kind = kindOf(to);
  for (const { place, what } of kind === undefined ? [] : [host, directory]) {
    reader.findings.carried(place, what, `to: ${to}`);
  }
  return { to: text(to, path.place), kind };
}

/** A path of a host that is not absolute starts at the login directory, with or without `~/`. */
function atHome(to: string): string {
  return to.replace(/^((?:[^@/:]+@)?(?:\[[^\]]+\]|[^@/:[\]]+):)~\/(?=.)/s, "$1");
}

export function relative(path: string): string {
  return /^(?:\.\.?|~)(?:\/|$)/.test(path) ? path : `./${path}`;
}

function kindOf(to: string): Endpoint["kind"] | undefined {
  let kind: Endpoint["kind"] | undefined;
  faultOf(() => {
    kind = parseEndpoint(to).kind;
  });
  return kind;
}

/** The address under which a path is published. */
import { compileRegexSearch } from "../filter/regex.js";
import type { RelativePath } from "../model/path.js";
import { absoluteBytes } from "./event-json.js";
import type { HookEvent } from "./event.js";
import { isDirectory } from "./inotify-mask.js";
import { encodeField, encodePath } from "./percent.js";
import type { CdnUrls } from "./settings.js";

export interface PublishedUrl {
  /** With a slash at its end for a directory. */
  readonly url: string;
  readonly isDirectory: boolean;
}

/** How a path stands in an address. */
export type Encoding = "path" | "query";

/** Undefined for what is not published. */
export type UrlOf = (event: HookEvent) => PublishedUrl | undefined;

export function publishedUrls({ base, match }: CdnUrls, encoding: Encoding): UrlOf {
  const place = match === undefined ? belowBase(base) : byMatch(base, match);
  return (event) => {
    if (event.path === undefined) return undefined;
    const parts = place(event, event.path);
    if (parts === undefined) return undefined;
    const plain = `${parts.base}${encode(parts.rest, encoding)}`;
    const directory = isDirectory(event);
    return { url: directory ? `${plain.replace(/\/+$/, "")}/` : plain, isDirectory: directory };
  };
}

interface Parts {
  readonly base: string;
  /** Latin1, not encoded. */
  readonly rest: string;
}

type Place = (event: HookEvent, path: RelativePath) => Parts | undefined;

function belowBase(base: string): Place {
  const slashed = base.endsWith("/") ? base : `${base}/`;
  return (_, path) => ({ base: slashed, rest: path });
}

/** As sersync puts it together: no slash is added. */
function byMatch(base: string, match: string): Place {
  const search = compileRegexSearch(match);
  return (event) => {
    const found = search(absoluteBytes(event).toString("latin1"));
    return found === undefined ? undefined : { base, rest: `${found.group}${found.rest}` };
  };
}

function encode(latin1: string, encoding: Encoding): string {
  if (encoding === "path") return encodePath(latin1);
  // In a query `&`, `+` and `=` would mean something else.
  return latin1.split("/").map(encodeField).join("/");
}

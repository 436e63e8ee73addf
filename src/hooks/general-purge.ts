/** Has a cache forget addresses through any API that takes them in a request. */
import { publishedUrls } from "./cdn-urls.js";
import type { Hook } from "./hook.js";
import { withHeaders } from "./http-hook.js";
import { type HttpRequest, send } from "./http-request.js";
import { encodeField } from "./percent.js";
import { fill, placeholdersIn } from "./placeholders.js";
import { secretOf } from "./secret.js";
import type { CdnUrls, GeneralPurge } from "./settings.js";

/** What stands for something in each part of a request. */
export const PURGE_WORDS = {
  url: ["url"],
  header: ["url", "secret"],
  body: ["url", "urls", "secret"],
} as const;

type Purge = Omit<GeneralPurge, "kind">;

export function generalPurgeHook(urls: CdnUrls, purge: Purge): Hook {
  const urlOf = publishedUrls(urls, "path");
  const forEach = isForEachUrl(purge);
  return {
    async run(events, signal) {
      const found = new Set(events.map((event) => urlOf(event)?.url));
      found.delete(undefined);
      const list = [...found] as string[];
      if (list.length === 0) return;
      const secret = purge.secret === undefined ? undefined : await secretOf(purge.secret);
      if (!forEach) return send(requestFor(purge, list, secret), signal);
      for (const url of list) await send(requestFor(purge, [url], secret), signal);
    },
  };
}

/** Whether a request names one address, so that each takes a request of its own. */
export function isForEachUrl({ url, headers, body = "" }: Purge): boolean {
  const texts = [url, body, ...Object.values(headers)];
  return texts.some((text) => placeholdersIn(text).includes("url"));
}

function requestFor(
  { method, url, headers, body }: Purge,
  urls: readonly string[],
  secret: string | undefined,
): HttpRequest {
  const [first = ""] = urls;
  const isJson = /^\s*[{[]/.test(body ?? "");
  const inText = (word: string): string | undefined => {
    if (word === "url") return first;
    return word === "secret" ? secret : undefined;
  };
  const inBody = (word: string): string | undefined => {
    if (word === "urls") return JSON.stringify(urls);
    const text = inText(word);
    return text === undefined || !isJson ? text : JSON.stringify(text).slice(1, -1);
  };
  const own: Record<string, string> = {
    "User-Agent": "treecast",
    ...(isJson ? { "Content-Type": "application/json" } : {}),
  };
  const filled = Object.entries(headers).map(([name, text]) => [name, fill(text, inText)]);
  return {
    method,
    url: filledUrl(url, first),
    headers: withHeaders(own, Object.fromEntries(filled) as Record<string, string>),
    body: body === undefined ? undefined : Buffer.from(fill(body, inBody)),
    secret,
  };
}

/** Behind a `?` an address is the value of a field. */
function filledUrl(template: string, url: string): string {
  const at = template.indexOf("?");
  const [before, query] = at < 0 ? [template, ""] : [template.slice(0, at), template.slice(at)];
  const plain = fill(before, (word) => (word === "url" ? url : undefined));
  return `${plain}${fill(query, (word) => (word === "url" ? encodeField(url) : undefined))}`;
}

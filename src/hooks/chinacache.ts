/** sersync's refreshCDN request (ChinaCache), to the letter: a connection for each address. */
import { displayPath } from "../model/path.js";
import { type PublishedUrl, publishedUrls } from "./cdn-urls.js";
import { exchange, shownAddress } from "./exchange.js";
import type { Hook } from "./hook.js";
import { encodeField } from "./percent.js";
import { secretOf } from "./secret.js";
import type { CdnUrls, ChinaCachePurge } from "./settings.js";

export function chinaCacheHook(urls: CdnUrls, purge: Omit<ChinaCachePurge, "kind">): Hook {
  const { host, port, user, password } = purge;
  const urlOf = publishedUrls(urls, "query");
  const address = { kind: "tcp", host, port } as const;

  async function refresh(published: PublishedUrl, signal: AbortSignal): Promise<void> {
    const request = requestFor(published, user, await secretOf(password), host);
    const answer = await exchange(address, Buffer.from(request, "latin1"), {
      signal,
      ends: false,
      isAnswered: (bytes) => bytes.includes("\r\n\r\n"),
    });
    const fault = refusalIn(answer.toString("latin1"));
    if (fault !== undefined) throw new Error(`${shownAddress(address)} ${fault}`);
  }

  return {
    async run(events, signal) {
      for (const event of events) {
        const published = urlOf(event);
        if (published !== undefined) await refresh(published, signal);
      }
    },
  };
}

function requestFor(
  { url, isDirectory }: PublishedUrl,
  user: string,
  password: string,
  host: string,
): string {
  const field = (text: string): string => encodeField(Buffer.from(text).toString("latin1"));
  const what = isDirectory ? "dirs" : "urls";
  const query = `user=${field(user)}&pswd=${field(password)}&ok=ok&${what}=${url}`;
  return `HEAD /index.jsp?${query} HTTP/1.0\r\nHost: ${host.includes(":") ? `[${host}]` : host}\r\n\r\n`;
}

/** What is wrong with an answer; its header `whatsup` says more than its status. */
function refusalIn(answer: string): string | undefined {
  const [first = "", ...lines] = answer.split(/\r\n/);
  const status = /^HTTP\/\d\.\d (\d{3})/.exec(first)?.[1];
  const header = lines.find((line) => /^whatsup\s*:/i.test(line));
  const said = header?.slice(header.indexOf(":") + 1).trim();
  if (said !== undefined && !/succe/i.test(said)) return `refused: ${displayPath(said)}`;
  if (status === undefined) return "answered something that is not HTTP";
  return status.startsWith("2") ? undefined : `answered ${status}`;
}

/** One HTTP request, and whether it was taken. */
import { request as requestHttp, type IncomingMessage, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { displayPath, latin1FromText } from "../model/path.js";
import { connectionTrouble } from "./exchange.js";
import { BusyError } from "./hook.js";

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  /** Never shown, even where an answer repeats it. */
  readonly secret?: string | undefined;
}

/** What is read of an answer; the rest is not waited for. */
const MOST_READ = 64 * 1024;
const MOST_SHOWN = 200;
/** A server that asks for a longer wait is asked again after this. */
const LONGEST_WAIT_MS = 60 * 60 * 1000;

/**
 * Resolves where the answer is 2xx. A redirection is a failure: the other place would get what was
 * meant for this one.
 */
export async function send(request: HttpRequest, signal: AbortSignal): Promise<void> {
  const url = new URL(request.url);
  const { response, text } = await answerTo(request, url, signal);
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return;
  const message = `${shownPlace(request.method, url)} answered ${status}${detailsOf(response, text, request.secret)}`;
  const wait = status === 429 || status === 503 ? retryAfterMs(response) : undefined;
  throw wait === undefined ? new Error(message) : new BusyError(message, wait);
}

/** Without its path, which is the secret of many a webhook. */
function shownPlace(method: string, url: URL): string {
  return `${method} ${url.origin}`;
}

interface Answer {
  readonly response: IncomingMessage;
  /** Its beginning, latin1. */
  readonly text: string;
}

function answerTo(
  { method, headers, body }: HttpRequest,
  url: URL,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const length = { "Content-Length": String(body?.length ?? 0) };
    const options: RequestOptions = {
      method,
      headers: { ...headers, ...(body === undefined ? {} : length) },
      // A connection of its own, which is gone afterwards.
      agent: false,
    };
    const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, options);
    const abort = (): void => fail(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });

    function settle(): void {
      signal.removeEventListener("abort", abort);
      request.destroy();
    }
    function fail(error: Error): void {
      settle();
      reject(error);
    }

    request.on("error", (error: NodeJS.ErrnoException) => {
      const message = `${shownPlace(method, url)}: ${connectionTrouble(error)}`;
      fail(new Error(message, { cause: error }));
    });
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = (): void => {
        settle();
        resolve({ response, text: Buffer.concat(chunks).toString("latin1") });
      };
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= MOST_READ) finish();
      });
      response.on("end", finish);
      response.on("error", (error) => fail(error));
    });
    request.end(body);
  });
}

function detailsOf(
  { statusCode, statusMessage, headers }: IncomingMessage,
  text: string,
  secret: string | undefined,
): string {
  const { location } = headers;
  if (location !== undefined && String(statusCode).startsWith("3")) {
    return `: it has moved to ${shown(location, secret)}`;
  }
  const said = shown(text, secret);
  const named = statusMessage === undefined || statusMessage === "" ? "" : ` ${statusMessage}`;
  return said === "" ? named : `${named}: ${said}`;
}

function shown(latin1: string, secret: string | undefined): string {
  const plain = secret === undefined || secret === "" ? latin1 : withoutSecret(latin1, secret);
  const line = plain.replace(/\s+/g, " ").trim().slice(0, MOST_SHOWN);
  return line === "" ? "" : displayPath(line);
}

function withoutSecret(latin1: string, secret: string): string {
  return latin1.replaceAll(latin1FromText(secret), "***");
}

/** Seconds, or a date. */
function retryAfterMs({ headers }: IncomingMessage): number | undefined {
  const text = headers["retry-after"];
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
}

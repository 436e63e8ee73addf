/** One daemon, asked through its socket: the operations, each as a promise. Which daemons there are is in `daemons.ts`. */
import { request } from "node:http";
import { hc } from "hono/client";
import { FAULT_CODES, Fault, type FaultCode } from "../model/fault.js";
import type {
  DaemonStatus,
  Decision,
  Failure,
  FlushTarget,
  RunsByHand,
  Selection,
} from "./operations.js";
import type { AppType, WireError } from "./routes.js";

/** As `Operations`; throws its Faults, and CONTROL_UNAVAILABLE where the daemon does not answer. */
export interface ControlClient {
  status(): Promise<DaemonStatus>;
  metrics(): Promise<string>;
  /** Aborting it ends the flush in the daemon, too. */
  flush(
    selection: Selection,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<readonly FlushTarget[]>;
  failures(selection: Selection): Promise<readonly Failure[]>;
  failedRuns(selection: Selection): Promise<readonly RunsByHand[]>;
  retry(selection: Selection, paths?: readonly string[]): Promise<number>;
  approve(selection: Selection): Promise<readonly Decision[]>;
  reject(selection: Selection): Promise<readonly Decision[]>;
  resync(selection: Selection, path: string): Promise<void>;
}

/** Whoever answers nothing for so long hangs. */
const ANSWER_MS = 10_000;

/** Nothing a daemon says is larger; whatever is, is no daemon. */
const MOST_IN_ANSWER = 64 * 2 ** 20;

/** What to look at where nobody answers. */
export const WHO_RUNS = "Is `treecast run` running, by this user, with this state directory?";

export interface ControlClientOptions {
  /** 107 bytes at most. */
  readonly socketPath: string;
  /** The daemon, in messages. */
  readonly who: string;
  /** How long an answer may take, a flush's own time not counted. */
  readonly answerMs?: number;
}

/** Nothing is connected before something is asked. */
export function connectControl(options: ControlClientOptions): ControlClient {
  const { who, answerMs = ANSWER_MS } = options;
  const within = (ms: number, signal?: AbortSignal) =>
    hc<AppType>("http://treecast", {
      fetch: (url: string | URL | Request, init: RequestInit = {}) =>
        // hono's client gives the address, and everything else beside it.
        exchange(options, new URL(url instanceof Request ? url.url : url), init, ms, signal),
    }).v1;
  return {
    status: async () => answerOf(await within(answerMs).status.$get(), who),
    metrics: async () => textOf(await within(answerMs).metrics.$get(), who),
    flush: async (selection, timeoutMs, signal) =>
      answerOf(
        await within(timeoutMs + answerMs, signal).flush.$post({
          json: { ...selection, timeoutMs },
        }),
        who,
      ),
    failures: async (selection) =>
      answerOf(await within(answerMs).failures.$get({ query: { ...selection } }), who),
    failedRuns: async (selection) =>
      answerOf(await within(answerMs)["failed-runs"].$get({ query: { ...selection } }), who),
    retry: async (selection, paths) => {
      const json = { ...selection, ...(paths === undefined ? {} : { paths: [...paths] }) };
      const answer = await within(answerMs).retry.$post({ json });
      return (await answerOf(answer, who)).retried;
    },
    approve: async (selection) =>
      answerOf(await within(answerMs).approve.$post({ json: { ...selection } }), who),
    reject: async (selection) =>
      answerOf(await within(answerMs).reject.$post({ json: { ...selection } }), who),
    resync: async (selection, path) => {
      const json = { ...selection, path };
      await answerOf(await within(answerMs).resync.$post({ json }), who);
    },
  };
}

interface Answer<Body> {
  readonly ok: boolean;
  readonly status: number;
  json(): Promise<Body>;
  text(): Promise<string>;
}

async function textOf(answer: Answer<unknown>, who: string): Promise<string> {
  return answer.ok ? await answer.text() : await refusalOf(answer, who);
}

async function answerOf<Body>(answer: Answer<Body>, who: string): Promise<Body> {
  if (!answer.ok) return await refusalOf(answer, who);
  return (await bodyOf(answer, who)) as Body;
}

async function bodyOf(answer: Answer<unknown>, who: string): Promise<unknown> {
  try {
    return await answer.json();
  } catch (cause) {
    throw strange(who, { cause });
  }
}

/** Throws what the daemon has to say against it. */
async function refusalOf(answer: Answer<unknown>, who: string): Promise<never> {
  const body = await bodyOf(answer, who);
  if (!isWireError(body)) throw strange(who);
  const { code, message, hint } = body.error;
  if (isFaultCode(code)) throw new Fault(code, message, hint === undefined ? {} : { hint });
  if (code === "UNKNOWN_ROUTE") {
    throw new Fault("CONTROL_UNAVAILABLE", `Cannot ask this of ${who}: it is of another version`, {
      hint: "Restart it, so that both are of one version.",
    });
  }
  throw new Fault("CONTROL_UNAVAILABLE", `Cannot ask ${who}: ${message}`);
}

function isWireError(body: unknown): body is WireError {
  if (typeof body !== "object" || body === null || !("error" in body)) return false;
  const { error } = body;
  return (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    "message" in error &&
    typeof error.message === "string" &&
    (!("hint" in error) || typeof error.hint === "string")
  );
}

function isFaultCode(code: string): code is FaultCode {
  return (FAULT_CODES as readonly string[]).includes(code);
}

function strange(who: string, options: ErrorOptions = {}): Fault {
  return new Fault("CONTROL_UNAVAILABLE", `Cannot understand ${who}: expected JSON`, options);
}

/** What `fetch` would do, which cannot speak to a Unix socket. */
function exchange(
  { socketPath, who }: Pick<ControlClientOptions, "socketPath" | "who">,
  url: URL,
  { method = "GET", headers, body }: RequestInit,
  limitMs: number,
  signal?: AbortSignal,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const limit = AbortSignal.timeout(limitMs);
    const asking = request(
      {
        socketPath,
        path: `${url.pathname}${url.search}`,
        method,
        headers: { ...Object.fromEntries(new Headers(headers)), host: "treecast" },
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        // One question, one connection: nothing is left that could keep this process alive.
        agent: false,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size > MOST_IN_ANSWER) asking.destroy(new Error("it says too much"));
        });
        answer.on("error", fail);
        answer.on("end", () => {
          resolve(new Response(Buffer.concat(chunks), { status: answer.statusCode ?? 500 }));
        });
      },
    );
    asking.on("error", fail);
    asking.end(typeof body === "string" ? body : undefined);

    function fail(cause: unknown): void {
      if (signal?.aborted === true) reject(signal.reason as Error);
      else if (limit.aborted) reject(silent(who, limitMs));
      else reject(unreachable(who, cause));
    }
  });
}

function silent(who: string, limitMs: number): Fault {
  return new Fault("CONTROL_UNAVAILABLE", `Cannot ask ${who}: no answer in ${limitMs / 1000} s`, {
    hint: "It may be stopped (SIGSTOP), or its machine very busy.",
  });
}

function unreachable(who: string, cause: unknown): Fault {
  return new Fault("CONTROL_UNAVAILABLE", `Cannot ask ${who}`, { cause, hint: WHO_RUNS });
}

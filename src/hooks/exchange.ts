/** One connection: what is sent, and the little that is read of what comes back. */
import { connect, type Socket } from "node:net";
import type { SocketAction } from "./settings.js";

export type Address = SocketAction["address"];

export interface ExchangeOptions {
  readonly signal: AbortSignal;
  /** Ends our side when all is sent, so that the other knows it. */
  readonly ends: boolean;
  /** It is over when this says so of what has come; otherwise when the other side ends. */
  readonly isAnswered?: (answer: Buffer) => boolean;
  /** When all is sent, the other side is given so long to end; undefined for as long as the signal lets it. */
  readonly lingerMs?: number;
}

/** Whoever answers with more is not who was meant. */
const MOST_ANSWERED = 64 * 1024;

/** Resolves with what came back; the connection is gone then, whatever the outcome. */
export function exchange(
  address: Address,
  payload: Buffer,
  { signal, ends, isAnswered, lingerMs }: ExchangeOptions,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = open(address);
    const chunks: Buffer[] = [];
    let size = 0;
    let timer: NodeJS.Timeout | undefined;
    const abort = (): void => fail(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });

    function settle(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      socket.destroy();
    }
    function succeed(): void {
      settle();
      resolve(Buffer.concat(chunks));
    }
    function fail(error: Error): void {
      settle();
      reject(error);
    }

    socket.on("error", (error: NodeJS.ErrnoException) => fail(plainError(error, address)));
    socket.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_ANSWERED) {
        fail(new Error(`${shownAddress(address)} sent back more than ${MOST_ANSWERED} bytes`));
        return;
      }
      chunks.push(chunk);
      if (isAnswered?.(Buffer.concat(chunks)) === true) succeed();
    });
    socket.on("end", succeed);
    socket.on("connect", () => {
      const sent = (): void => {
        if (lingerMs !== undefined) timer = setTimeout(succeed, lingerMs);
      };
      if (ends) socket.end(payload, sent);
      else socket.write(payload, sent);
    });
  });
}

function open(address: Address): Socket {
  return address.kind === "unix"
    ? connect({ path: address.path })
    : connect({ host: address.host, port: address.port });
}

function plainError(error: NodeJS.ErrnoException, address: Address): Error {
  return new Error(`${shownAddress(address)}: ${connectionTrouble(error)}`, { cause: error });
}

/** What became of a connection, in plain words. */
export function connectionTrouble({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ECONNREFUSED":
      return "connection refused";
    case "ECONNRESET":
    case "EPIPE":
      return "the other side broke the connection";
    case "ENOENT":
      return "there is no such socket";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the name of the host cannot be resolved";
    case "ETIMEDOUT":
      return "no answer to the connection";
    case undefined:
    default:
      return message === "" ? (code ?? "the connection failed") : message;
  }
}

export function shownAddress(address: Address): string {
  if (address.kind === "unix") return address.path;
  const { host, port } = address;
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Real listeners that keep every byte they are sent, and answer as badly as a test wants. */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Behaviour } from "./suite.js";

export interface Listener {
  readonly port: number;
  /** What came over each connection, in their order. */
  heard(): Buffer[];
  isCalled(): boolean;
  open(): number;
  close(): Promise<void>;
}

export interface ListenerOptions {
  /** A Unix socket in place of a port. */
  readonly path?: string;
  /** Called with all that has come over a connection, after every piece of it. */
  onData?(socket: Socket, bytes: Buffer): void;
  /** The other side has ended. */
  onEnd?(socket: Socket, bytes: Buffer): void;
  onConnect?(socket: Socket): void;
}

export async function listen(options: ListenerOptions): Promise<Listener> {
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    const index = heard.push(Buffer.alloc(0)) - 1;
    const soFar = (): Buffer => heard[index] ?? Buffer.alloc(0);
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      heard[index] = Buffer.concat([soFar(), chunk]);
      options.onData?.(socket, soFar());
    });
    socket.on("end", () => options.onEnd?.(socket, soFar()));
    options.onConnect?.(socket);
  });
  await new Promise<void>((resolve) => {
    if (options.path === undefined) server.listen(0, "127.0.0.1", resolve);
    else server.listen(options.path, resolve);
  });
  const address = server.address() as AddressInfo | string;
  return {
    port: typeof address === "string" ? 0 : address.port,
    heard: () => [...heard],
    isCalled: () => heard.length > 0,
    open: () => {
      // The other side may have ended and still be there, or be gone: a word to it tells which.
      for (const socket of sockets) if (socket.readableEnded && socket.writable) socket.write("?");
      return sockets.size;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends on and on, as fast as it is read, until it is enough or nobody reads any more. */
export function flood(socket: Socket, bytes = 100_000_000): void {
  const piece = Buffer.alloc(64 * 1024, "x");
  let sent = 0;
  const more = (): void => {
    while (sent < bytes && !socket.destroyed) {
      sent += piece.length;
      if (!socket.write(piece)) {
        socket.once("drain", more);
        return;
      }
    }
    socket.end();
  };
  more();
}

/** A listener that reads to the end and then closes, as one for lines does. */
export function socketListener(behaviour: Behaviour, path?: string): Promise<Listener> {
  return listen({
    ...(path === undefined ? {} : { path }),
    onConnect: (socket) => {
      if (behaviour === "refuses") socket.resetAndDestroy();
      if (behaviour === "floods") flood(socket);
    },
    onData: (socket) => {
      if (behaviour === "crashes") socket.resetAndDestroy();
    },
    onEnd: (socket) => {
      if (behaviour === "takes") socket.end();
    },
  });
}

/** The body that a request announces has come. */
export function isWholeRequest(bytes: Buffer): boolean {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /^content-length: (\d+)/im.exec(bytes.subarray(0, end).toString("latin1"))?.[1];
  return bytes.length >= end + 4 + Number(length ?? 0);
}

export const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

/** A server of HTTP that gives one answer to each request. */
export function httpListener(
  behaviour: Behaviour,
  answers: { readonly ok?: string; readonly refusal?: string } = {},
): Promise<Listener> {
  const { ok = OK, refusal = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\nnot you" } =
    answers;
  return listen({
    onData: (socket, bytes) => {
      if (!isWholeRequest(bytes)) return;
      if (behaviour === "takes") socket.end(ok);
      if (behaviour === "refuses") socket.end(refusal);
      if (behaviour === "crashes") socket.resetAndDestroy();
      if (behaviour === "floods") {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
        flood(socket);
      }
    },
  });
}

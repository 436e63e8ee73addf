/** A small HTTP server: how long a request may take, how much, how many at once, and how it ends. */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";

/** Requests are small. */
const HEADERS_TIMEOUT_MS = 2_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** How often both are looked at. */
const CHECK_MS = 2_000;
const MOST_HEADER_BYTES = 8_192;
/** One for each terminal, and then some; more are hung up on. */
const MOST_CONNECTIONS = 64;

/** How long an answer that is under way may take when the server closes. */
const GRACE_MS = 500;

/** Listens nowhere yet. */
export function createHttpServer(fetch: Parameters<typeof getRequestListener>[0]): Server {
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_MS,
      maxHeaderSize: MOST_HEADER_BYTES,
    },
    (request: IncomingMessage, response: ServerResponse) => void listener(request, response),
  );
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

/** Resolves when nobody is connected any more. */
export async function closeHttpServer(server: Server): Promise<void> {
  const insist = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections();
  });
  clearTimeout(insist);
}

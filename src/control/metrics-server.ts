/** The listener for metrics: read-only, without a password, off unless somebody asks for it. */
import type { Server } from "node:http";
import { Fault } from "../model/fault.js";
import { type ListenAddress, formatListenAddress, isLoopback } from "../model/listen-address.js";
import { closeHttpServer, createHttpServer } from "./http-server.js";
import { createMetricsRoutes } from "./metrics-routes.js";

export interface MetricsServerOptions {
  readonly listen: ListenAddress;
  /** A Fault it throws is told to whoever scrapes. */
  readonly metrics: () => Promise<string>;
  /** Told of what is no Fault. */
  readonly onTrouble: (error: unknown) => void;
}

export interface MetricsServer {
  readonly listen: ListenAddress;
  /** Ends what is under way and frees the address. */
  close(): Promise<void>;
}

/** Throws a Fault (LISTEN_FAILED) where it cannot listen there. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { listen } = options;
  const routes = createMetricsRoutes({ ...options, isLoopback: isLoopback(listen) });
  const server = createHttpServer(routes.fetch);
  try {
    await listenAt(server, listen);
  } catch (error) {
    throw failed(listen, error);
  }
  let closing: Promise<void> | undefined;
  return { listen, close: () => (closing ??= closeHttpServer(server)) };
}

function listenAt(server: Server, listen: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(listen, () => {
      server.off("error", reject);
      // A connection that breaks while it is accepted is no fault of the server.
      server.on("error", () => undefined);
      resolve();
    });
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "this user may not use the port",
  EADDRINUSE: "another program listens there",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "the name is unknown",
};

function failed(listen: ListenAddress, error: unknown): Fault {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code] ?? message;
  const where = formatListenAddress(listen);
  return new Fault("LISTEN_FAILED", `Cannot listen at '${where}' for metrics: ${reason}`, {
    hint: "Choose another address with 'metrics.listen' in the configuration, or --metrics.",
  });
}

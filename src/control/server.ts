/** The daemon's end of the control socket: where it is, and who may come. What is asked is in `routes.ts`. */
import { randomBytes } from "node:crypto";
import { chmodSync, renameSync } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { Fault } from "../model/fault.js";
import { closeHttpServer, createHttpServer } from "./http-server.js";
import type { Operations } from "./operations.js";
import { createRoutes } from "./routes.js";
import { SocketDirectory, controlDirectory, socketName } from "./sockets.js";

export interface ControlServerOptions {
  readonly stateDirectory: string;
  readonly operations: Operations;
  /** Told of an operation that threw what is no Fault. */
  onTrouble?(error: unknown): void;
}

export interface ControlServer {
  /** Absolute; for people. */
  readonly socketPath: string;
  /** Ends what is under way and removes the socket. */
  close(): Promise<void>;
}

/**
 * Listens below the state directory, for this user (and root) alone. Throws a Fault
 * (CONTROL_UNAVAILABLE) where it cannot.
 */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const { stateDirectory, operations } = options;
  const directory = await openDirectory(stateDirectory);
  const closing = new AbortController();
  const routes = createRoutes(operations, {
    closing: closing.signal,
    onTrouble: (error) => options.onTrouble?.(error),
  });
  const server = createHttpServer(routes.fetch);
  try {
    await removeDead(directory);
    const name = await listen(server, directory);
    return {
      socketPath: `${controlDirectory(stateDirectory)}/${name}`,
      close: () => close(server, directory, name, closing),
    };
  } catch (error) {
    server.close();
    directory.close();
    throw unavailable(stateDirectory, error);
  }
}

function openDirectory(stateDirectory: string): Promise<SocketDirectory> {
  try {
    return Promise.resolve(SocketDirectory.made(stateDirectory));
  } catch (error) {
    return Promise.reject(unavailable(stateDirectory, error));
  }
}

function unavailable(stateDirectory: string, cause: unknown): Fault {
  const directory = controlDirectory(stateDirectory);
  return new Fault("CONTROL_UNAVAILABLE", `Cannot listen for commands in '${directory}'`, {
    cause,
    hint: "It must be a directory of this user, on a file system that can hold sockets.",
  });
}

/**
 * The socket gets its name when it listens and is closed to others: whoever finds a `.sock` that
 * refuses may be sure that its process is gone.
 */
function listen(server: Server, directory: SocketDirectory): Promise<string> {
  const unique = randomBytes(6).toString("hex");
  const name = socketName(process.pid, unique);
  const begun = directory.pathOf(`${process.pid}-${unique}.new`);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(begun, () => {
      server.off("error", reject);
      // A connection that breaks while it is accepted is no fault of the server.
      server.on("error", () => undefined);
      try {
        chmodSync(begun, 0o600);
        renameSync(begun, directory.pathOf(name));
        resolve(name);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

async function close(
  server: Server,
  directory: SocketDirectory,
  name: string,
  closing: AbortController,
): Promise<void> {
  if (closing.signal.aborted) return;
  directory.remove(name);
  closing.abort(new Fault("CONTROL_UNAVAILABLE", "The daemon is stopping"));
  await closeHttpServer(server);
  directory.close();
}

/** Takes away what daemons that were killed have left. */
async function removeDead(directory: SocketDirectory): Promise<void> {
  await Promise.all(
    directory.names().map(async (name) => {
      if (await isDead(directory.pathOf(name))) directory.remove(name);
    }),
  );
}

function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "ECONNREFUSED"));
  });
}

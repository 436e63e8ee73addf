/** The daemons that share a state directory: found by their sockets, asked all at once. */
import type { DaemonStatus } from "./operations.js";
import { type ControlClient, WHO_RUNS, connectControl } from "./client.js";
import { Fault } from "../model/fault.js";
import { SocketDirectory, controlDirectory, pidOf } from "./sockets.js";

export interface FoundDaemon {
  readonly status: DaemonStatus;
  readonly client: ControlClient;
}

/** Clients work until it is closed. */
export interface Survey extends Disposable {
  /** In the order of their start. */
  readonly daemons: readonly FoundDaemon[];
  /** Why others that are there could not be asked, a Fault (CONTROL_UNAVAILABLE) each. */
  readonly troubles: readonly Fault[];
}

/** Throws a Fault (CONTROL_UNAVAILABLE) where nobody is there to be asked. */
export async function findDaemons(
  stateDirectory: string,
  options: { readonly answerMs?: number } = {},
): Promise<Survey> {
  let directory: SocketDirectory;
  try {
    directory = new SocketDirectory(controlDirectory(stateDirectory));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw nobody(stateDirectory, isMissing ? undefined : error);
  }
  try {
    const found = await Promise.all(directory.names().map((name) => ask(directory, name, options)));
    const troubles = found.filter((each) => each instanceof Fault);
    const daemons = found
      .flatMap((each) => (each === undefined || each instanceof Fault ? [] : [each]))
      .sort((a, b) => a.status.startedAt - b.status.startedAt);
    if (daemons.length === 0) throw troubles[0] ?? nobody(stateDirectory);
    return { daemons, troubles, [Symbol.dispose]: () => directory.close() };
  } catch (error) {
    directory.close();
    throw error;
  }
}

/** Undefined for a socket whose process is gone; it is taken away. */
async function ask(
  directory: SocketDirectory,
  name: string,
  options: { readonly answerMs?: number },
): Promise<FoundDaemon | Fault | undefined> {
  const pid = pidOf(name);
  const client = connectControl({
    ...options,
    socketPath: directory.pathOf(name),
    who: pid === undefined ? `'${name}'` : `the daemon (process ${pid})`,
  });
  try {
    return { status: await client.status(), client };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const code = error.cause instanceof Error && "code" in error.cause ? error.cause.code : "";
    if (code === "ENOENT") return undefined; // it has just stopped
    if (code !== "ECONNREFUSED") return error;
    directory.remove(name);
    return undefined;
  }
}

function nobody(stateDirectory: string, cause?: unknown): Fault {
  const message = `Cannot ask a running treecast: none answers for '${stateDirectory}'`;
  return new Fault("CONTROL_UNAVAILABLE", message, { hint: WHO_RUNS, cause });
}

/** Runs a program, never a shell: names are arguments, whatever they hold. */
import { type Clock, systemClock } from "../model/clock.js";
import { displayPath } from "../model/path.js";
import { type Child, type Exit, startChild, terminate } from "../rsync/child.js";
import type { CommandAction } from "./settings.js";
import { batchEnvironment, eventEnvironment, eventArguments } from "./command-line.js";
import type { HookEvent } from "./event.js";
import { eventsDocument } from "./event-json.js";
import type { Hook } from "./hook.js";
import { programCall, statusBehindXargs } from "./program-call.js";
import { OutputTail } from "./output-tail.js";

/** Between the request to end and the end. */
const GRACE_MS = 2_000;
const MOST_SAID = 500;

export interface CommandSettings extends CommandAction {
  /** A run for each path, its placeholders filled; otherwise one for all, with JSON to read. */
  readonly perPath: boolean;
}

export function commandHook(
  { command, perPath }: CommandSettings,
  clock: Clock = systemClock,
): Hook {
  async function runOnce(events: readonly HookEvent[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const [first] = events;
    if (first === undefined) return;
    const words = eventArguments(command, first, perPath);
    const environment = perPath ? eventEnvironment(first) : batchEnvironment(events);
    const call = programCall(words, environment);
    const output = new OutputTail(clock);
    const input = call.input ?? (perPath ? undefined : Buffer.from(`${eventsDocument(events)}\n`));
    const child = startChild(call.program, call.arguments, {
      cwd: "/",
      env: call.environment,
      stdin: input === undefined ? "ignore" : "pipe",
      onStdout: (chunk) => output.take("stdout", chunk),
      onStderr: (chunk) => output.take("stderr", chunk),
    });
    child.stdin?.end(input);
    const exit = await ended(child, signal, clock);
    signal.throwIfAborted();
    if (exit.status === 0) return;
    const program = displayPath(words[0] ?? "");
    const why = call.isBehindXargs ? statusBehindXargs(exit) : exitText(exit);
    const said = displayPath(output.lastLine().slice(-MOST_SAID));
    throw new Error(`${program} ${why}${said === "." ? "" : `: ${said}`}`);
  }

  return {
    async run(events, signal) {
      if (!perPath) return runOnce(events, signal);
      for (const event of events) await runOnce([event], signal);
    },
  };
}

/** With all it has started: its group is ended, whether it went well or not. */
async function ended(child: Child, signal: AbortSignal, clock: Clock): Promise<Exit> {
  const stop = (): void => void terminate(child, GRACE_MS, clock);
  signal.addEventListener("abort", stop, { once: true });
  const exit = await child.exited;
  signal.removeEventListener("abort", stop);
  child.signalGroup("SIGKILL");
  return exit;
}

function exitText({ status, signal, error }: Exit): string {
  if (error !== undefined) {
    if (error.code === "ENOENT") return "does not exist";
    if (error.code === "EACCES") return "may not be run (EACCES)";
    return `could not be started (${error.code ?? error.message})`;
  }
  return signal === null ? `ended with status ${status ?? "?"}` : `was ended by ${signal}`;
}

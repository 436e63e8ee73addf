/**
 * The demonstration: a tree, two replicas of different kinds, changes, and how long each took to be
 * seen on each replica. Or the user's own directories, with treecast's own log.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { perform } from "./performance.js";
import { makeSampleTree } from "./sample.js";
import * as screen from "./screen.js";
import { Scope, setStage, TREECAST } from "./stage.js";

async function main(): Promise<number> {
  const { rest, seconds } = readArguments(process.argv.slice(2));
  const ending = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => ending.abort(new Error(name)));
  }
  // Nobody reads on, as in `script/demo | head`.
  process.stdout.on("error", () => ending.abort(new Error("EPIPE")));
  const startClock = () => {
    if (seconds === undefined) return;
    setTimeout(() => ending.abort(new Error("time is up")), seconds * 1000).unref();
  };
  const scope = new Scope();
  try {
    return rest.length > 0
      ? await replicateOwn(rest, scope, startClock, ending.signal)
      : await demonstrate(scope, startClock, ending.signal);
  } finally {
    await scope[Symbol.asyncDispose]();
  }
}

function readArguments(words: readonly string[]): { rest: string[]; seconds: number | undefined } {
  const rest = [...words];
  const at = rest.findIndex((word) => word === "--seconds" || word.startsWith("--seconds="));
  if (at < 0) return { rest, seconds: undefined };
  const [word = "", next = ""] = rest.slice(at, at + 2);
  const text = word.includes("=") ? word.slice(word.indexOf("=") + 1) : next;
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new Error(`Cannot use --seconds '${text}': expected a whole number from 1`);
  }
  rest.splice(at, word.includes("=") ? 1 : 2);
  return { rest, seconds: Number(text) };
}

/** treecast itself on the terminal; a signal is handed on once, so that it ends in its own order. */
async function replicateOwn(
  args: readonly string[],
  scope: Scope,
  startClock: () => void,
  signal: AbortSignal,
): Promise<number> {
  const state = ["--state", join(scope.directory, "state")];
  const child = spawn(process.execPath, [TREECAST, "run", ...args, ...state], {
    stdio: ["ignore", "inherit", "inherit"],
    // In a group of its own the terminal's Ctrl-C does not reach it a second time.
    detached: true,
  });
  startClock();
  const stop = () => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const [status] = (await once(child, "exit")) as [number | null];
  return status ?? 1;
}

async function demonstrate(
  scope: Scope,
  startClock: () => void,
  signal: AbortSignal,
): Promise<number> {
  const stage = await setStage(scope, makeSampleTree);
  const failing = new AbortController();
  const work = perform(stage, startClock, AbortSignal.any([signal, failing.signal]));
  try {
    await Promise.race([work, stage.failed]);
  } catch (error) {
    // Before the stage is cleared away: nothing may act on it any more.
    failing.abort(error);
    await work.catch(() => undefined);
    if (!signal.aborted) throw error;
  }
  screen.print();
  screen.print(screen.dim("  Ended. Everything that was started or made for it is removed."));
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

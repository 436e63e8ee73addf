/**
 * A child process in a group of its own: started, listened to, and ended with all it started.
 *
 * No shell is ever involved. What the child is for is not known here.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../model/clock.js";

export interface ChildOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin?: "pipe" | "ignore";
  /** Where it returns a promise, no more is read before that has resolved. */
  onStdout?(chunk: Buffer): unknown;
  onStderr?(chunk: Buffer): unknown;
}

export interface Exit {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Set when the program could not be started at all. */
  readonly error?: NodeJS.ErrnoException;
}

export interface Child {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  readonly stdin: Writable | null;
  /** Resolves when it has ended and its output has been read. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Resolves when the process itself has ended; what it left behind may still hold its output. */
  readonly left: Promise<Exit>;
  readonly running: boolean;
  /** Signals the process and all it started, or with 0 asks for them; false when they are gone. */
  signalGroup(signal: NodeJS.Signals | 0): boolean;
}

/** How long a child's own children may keep its output open when it has ended itself. */
const STRAGGLERS_MS = 2000;

/** How long the end of killed processes is waited for, and how often it is looked for. */
const GONE_LIMIT_MS = 500;
const GONE_EVERY_MS = 2;

/** Never throws: a program that cannot be started has ended, and its exit says why. */
export function startChild(program: string, args: readonly string[], options: ChildOptions): Child {
  let process_: ChildProcess;
  try {
    process_ = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      // A group of its own (setsid): the signals of our terminal do not reach it, ours reach all of it.
      detached: true,
      stdio: [options.stdin ?? "ignore", "pipe", "pipe"],
    });
  } catch (error) {
    // Most reasons come as an event, but not all of them (E2BIG, ENOTDIR).
    return stillborn(error as NodeJS.ErrnoException);
  }
  let running = true;
  let failure: NodeJS.ErrnoException | undefined;

  function signalGroup(signal: NodeJS.Signals | 0): boolean {
    if (process_.pid === undefined) return false;
    try {
      process.kill(-process_.pid, signal);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      return false;
    }
  }

  const left = new Promise<Exit>((resolve) => {
    process_.on("exit", (status, signal) => resolve({ status, signal }));
    process_.on("error", (error) => resolve({ status: null, signal: null, error }));
  });
  const exited = new Promise<Exit>((resolve) => {
    let stragglers: NodeJS.Timeout | undefined;
    process_.on("error", (error) => {
      failure = error;
      // Without a process there is no other event to wait for.
      if (process_.pid === undefined) finish(null, null);
    });
    process_.on("exit", () => {
      stragglers = setTimeout(() => {
        signalGroup("SIGKILL");
        process_.stdout?.destroy();
        process_.stderr?.destroy();
      }, STRAGGLERS_MS);
    });
    process_.on("close", finish);

    function finish(status: number | null, signal: NodeJS.Signals | null): void {
      clearTimeout(stragglers);
      running = false;
      resolve({ status, signal, ...(failure === undefined ? {} : { error: failure }) });
    }
  });

  listen(process_.stdout, (chunk) => options.onStdout?.(chunk));
  listen(process_.stderr, (chunk) => options.onStderr?.(chunk));
  // A child that ends early breaks its pipes (EPIPE, ECONNRESET); its exit says why.
  for (const pipe of process_.stdio) pipe?.on("error", () => undefined);

  return {
    pid: process_.pid,
    stdin: process_.stdin,
    exited,
    left,
    get running() {
      return running;
    },
    signalGroup,
  };
}

function listen(pipe: Readable | null, take: (chunk: Buffer) => unknown): void {
  pipe?.on("data", (chunk: Buffer) => {
    const taken = take(chunk);
    if (!(taken instanceof Promise)) return;
    pipe.pause();
    void taken.then(() => pipe.resume());
  });
}

function stillborn(error: NodeJS.ErrnoException): Child {
  const exited = Promise.resolve({ status: null, signal: null, error });
  const signalGroup = () => false;
  return { pid: undefined, stdin: null, exited, left: exited, running: false, signalGroup };
}

/** Asks, waits, then insists; resolves when nothing of the group is left. */
export async function terminate(child: Child, graceMs: number, clock: Clock): Promise<Exit> {
  child.signalGroup("SIGTERM");
  const callOff = clock.after(graceMs, () => child.signalGroup("SIGKILL"));
  const exit = await child.exited;
  callOff();
  // Its leader is gone; whatever it started may have outlived the first signal.
  if (child.signalGroup("SIGKILL")) await gone(child);
  return exit;
}

/** A killed process ends when the kernel comes to it; and its parent now, init, may not collect it. */
async function gone(child: Child): Promise<void> {
  const giveUpAt = performance.now() + GONE_LIMIT_MS;
  while (child.signalGroup(0) && performance.now() < giveUpAt) await sleep(GONE_EVERY_MS);
}

/** The first bytes of a stream; what exceeds the limit is counted only. */
export class BoundedOutput {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #kept = 0;
  #cut = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  append(chunk: Buffer): void {
    const room = this.#limit - this.#kept;
    if (chunk.length > room) this.#cut = true;
    if (room <= 0) return;
    const part = chunk.length > room ? chunk.subarray(0, room) : chunk;
    this.#chunks.push(part);
    this.#kept += part.length;
  }

  get cut(): boolean {
    return this.#cut;
  }

  /** As latin1: names in it are bytes. */
  text(): string {
    return Buffer.concat(this.#chunks).toString("latin1");
  }
}

/** Runs a program to its end and returns what it said; for short questions such as `--version`. */
export async function ask(
  program: string,
  args: readonly string[],
  { env, limitMs, clock, signal }: AskOptions,
): Promise<Answer> {
  signal?.throwIfAborted();
  const stdout = new BoundedOutput(256 * 1024);
  const stderr = new BoundedOutput(64 * 1024);
  const child = startChild(program, args, {
    env,
    onStdout: (chunk) => stdout.append(chunk),
    onStderr: (chunk) => stderr.append(chunk),
  });
  let timedOut = false;
  const callOff = clock.after(limitMs, () => {
    timedOut = true;
    child.signalGroup("SIGKILL");
  });
  const stop = () => child.signalGroup("SIGKILL");
  signal?.addEventListener("abort", stop, { once: true });
  const exit = await child.exited;
  callOff();
  signal?.removeEventListener("abort", stop);
  signal?.throwIfAborted();
  return { ...exit, stdout: stdout.text(), stderr: stderr.text(), timedOut };
}

export interface AskOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly limitMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer extends Exit {
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/**
 * The program as a daemon of its own: a second process of it, away from the terminal, which tells the
 * first one how its start went.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { Fault } from "../model/fault.js";
import { complaintText } from "./complaint.js";
import { ExitStatus } from "./exit-status.js";

/** Names the log; set for the second process alone, and for nothing that it starts. */
const MARK = "TREECAST_BACKGROUND_LOG";

const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));

type Word = { readonly kind: "watching" } | { readonly kind: "failed"; readonly complaint: string };

export type Start =
  | { readonly kind: "watching"; readonly pid: number }
  | { readonly kind: "failed"; readonly complaint: string; readonly status: ExitStatus };

/**
 * Resolves when the second process watches, or has ended before. A signal that ends this one ends
 * that one, too, as long as it starts. Throws a Fault (USAGE) where there can be no log.
 */
export async function startInBackground(args: readonly string[], log: string): Promise<Start> {
  const fd = openLog(log);
  const child = spawn(process.execPath, [...process.execArgv, MAIN, ...args], {
    // A session of its own (setsid): no terminal's end, nor its ^C, reaches it.
    detached: true,
    // It keeps no directory from being unmounted; all paths in the arguments are absolute.
    cwd: "/",
    env: { ...process.env, [MARK]: log },
    stdio: ["ignore", fd, fd, "ipc"],
  });
  closeSync(fd);
  const stop = () => void child.kill("SIGTERM");
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  const said = new Promise<Word>((resolve) =>
    child.once("message", (word) => resolve(word as Word)),
  );
  const ended = new Promise<ExitStatus>((resolve) => {
    // By a signal there is no status.
    child.once("exit", (status) => resolve((status ?? ExitStatus.Internal) as ExitStatus));
    child.once("error", () => resolve(ExitStatus.CannotStart));
  });
  const first = await Promise.race([said, ended]);
  for (const signal of signals) process.off(signal, stop);
  if (typeof first === "object" && first.kind === "watching") {
    if (child.connected) child.disconnect();
    child.unref();
    return { kind: "watching", pid: child.pid ?? 0 };
  }
  const complaint =
    typeof first === "object"
      ? first.complaint
      : `treecast: It ended before it watched anything; ${log} may say why`;
  return { kind: "failed", complaint, status: await ended };
}

function openLog(log: string): number {
  try {
    mkdirSync(dirname(log), { recursive: true, mode: 0o700 });
    return openSync(log, "a", 0o640);
  } catch (cause) {
    throw new Fault("USAGE", `Cannot open the log '${log}'`, { cause });
  }
}

/** The second process' side. */
export interface Background {
  readonly log: string;
  /** The start is over, and went well. */
  watching(): Promise<void>;
  failed(error: unknown): Promise<void>;
}

/** Undefined for a process that runs in the foreground. */
export function inBackground(): Background | undefined {
  const log = process.env[MARK];
  if (log === undefined) return undefined;
  Reflect.deleteProperty(process.env, MARK);
  const say = async (word: Word): Promise<void> => {
    // The first process may be gone; that is no reason to stop.
    if (!process.connected) return;
    await new Promise<void>((resolve) => process.send?.(word, undefined, {}, () => resolve()));
    hangUp();
  };
  return {
    log,
    watching: () => say({ kind: "watching" }),
    failed: (error) => say({ kind: "failed", complaint: complaintText(error) }),
  };
}

function hangUp(): void {
  if (process.connected) process.disconnect();
}

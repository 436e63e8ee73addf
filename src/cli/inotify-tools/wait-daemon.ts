/**
 * inotifywait's `-d`: the plan is handed to a second process, away from the terminal, that appends
 * to a file. The first one ends when all is watched, so that nothing is missed after it.
 */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, realpathSync, writeSync } from "node:fs";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { errorText } from "../../kernel/libc.js";
import { say } from "./voice.js";
import { WaitStatus } from "./wait-loop.js";
import type { WaitPlan } from "./wait-plan.js";

/** Set for the second process alone. */
const MARK = "TREECAST_WAIT_DAEMON";
/** Where it reads its plan and says how its start went. */
const CHANNEL = 3;

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));

/** The file is there already, as inotifywait wants it. Resolves with the status to end with. */
export async function startDaemon(plan: WaitPlan): Promise<WaitStatus> {
  const { outFile = "", strict } = plan.options;
  const log = openLog(outFile);
  if (log === undefined) return WaitStatus.Failure;
  const child = spawn(process.execPath, [...process.execArgv, MAIN, "wait"], {
    detached: true,
    // daemon(3) goes to the root, and takes relative paths from there.
    ...(strict ? { cwd: "/" } : {}),
    env: { ...process.env, [MARK]: "1" },
    stdio: ["ignore", log, "ignore", "pipe"],
  });
  closeSync(log);
  const channel = child.stdio[CHANNEL] as Socket;
  const failed = new Promise<string>((resolve) => {
    child.once("error", ({ message }) => resolve(`Failed to daemonize! ${message}`));
  });
  const said = new Promise<string>((resolve) => {
    const parts: Buffer[] = [];
    channel.on("data", (part: Buffer) => parts.push(part));
    channel.on("end", () => resolve(Buffer.concat(parts).toString("latin1")));
    channel.on("error", () => resolve(`Failed to daemonize!`));
  });
  channel.end(JSON.stringify(plan));
  const complaint = await Promise.race([failed, said]);
  child.unref();
  if (complaint === "" || strict) return WaitStatus.Event;
  say(complaint);
  return WaitStatus.Failure;
}

function openLog(outFile: string): number | undefined {
  let log: string;
  try {
    log = realpathSync(Buffer.from(outFile, "latin1"), "latin1");
  } catch (error) {
    const { errno = 0 } = error as NodeJS.ErrnoException;
    say(`${errorText(Math.abs(errno))}: ${outFile}`);
    return undefined;
  }
  return openOutFile(log);
}

/** Lines are appended; undefined where the file cannot be opened, which has been said. */
export function openOutFile(file: string): number | undefined {
  try {
    return openSync(Buffer.from(file, "latin1"), "a", 0o600);
  } catch {
    say(`Failed to open output file ${file}`);
    return undefined;
  }
}

/** The second process' side. */
export interface DaemonSide {
  readonly plan: WaitPlan;
  /** Tells the first process how the start went, once: with what went wrong, or nothing. */
  started(complaint?: string): void;
}

/** Undefined for a process that was not started as a daemon. */
export function daemonSide(): DaemonSide | undefined {
  if (process.env[MARK] === undefined) return undefined;
  Reflect.deleteProperty(process.env, MARK);
  const plan = JSON.parse(readFileSync(CHANNEL, "utf8")) as WaitPlan;
  return {
    plan,
    started(complaint = "") {
      try {
        if (complaint !== "") writeSync(CHANNEL, Buffer.from(complaint, "latin1"));
        closeSync(CHANNEL);
      } catch {
        // The first process is gone; that is no reason to stop.
      }
    },
  };
}

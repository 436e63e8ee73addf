/** What a tool has to say besides its events: on stderr, or in the system's log. Texts are latin1. */
import { writeSync } from "node:fs";
import { openSystemLog, writeSystemLog } from "../../kernel/syslog.js";

export type Voice = (line: string) => void;

const STDERR = 2;

export function say(line: string): void {
  try {
    writeSync(STDERR, Buffer.from(`${line}\n`, "latin1"));
  } catch {
    // Nobody listens: closed, or full.
  }
}

/** `name` is the program's in the log. */
export function systemLogVoice(name: string): Voice {
  openSystemLog(name);
  return writeSystemLog;
}

/** One process at a time: a lock file that names its holder. */
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { tryLock } from "../kernel/flock.js";
import { Fault } from "../model/fault.js";

export interface Lock {
  release(): void;
}

/**
 * Takes the lock or throws a Fault (STATE_LOCKED) that names the process which has it.
 *
 * @param subject what is locked, for the message
 */
export function acquireLock(file: string, subject: string): Lock {
  const fd = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  if (!tryLock(fd)) {
    const holder = readFileSync(fd, "utf8").trim();
    closeSync(fd);
    throw new Fault("STATE_LOCKED", `Cannot replicate '${subject}': process ${holder} does`, {
      hint: "Stop it first, give one run all targets, or use another state directory (--state).",
    });
  }
  ftruncateSync(fd);
  writeSync(fd, `${process.pid}\n`);
  return { release: () => closeSync(fd) };
}

/** An advisory lock on an open file; the kernel lets go of it when the process ends, however it ends. */
import koffi from "koffi";

const flock = koffi.load(null).func("int flock(int descriptor, int operation)") as (
  descriptor: number,
  operation: number,
) => number;

// linux/fcntl.h
const LOCK_EX = 2;
const LOCK_NB = 4;

/** True when the lock is ours now; false when another process has it. */
export function tryLock(descriptor: number): boolean {
  return flock(descriptor, LOCK_EX | LOCK_NB) === 0;
}

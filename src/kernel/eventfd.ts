/** A descriptor one thread writes to wake another that waits in poll(2). */
import { Fault } from "../model/fault.js";
import { errorName, errorNumber, libc } from "./libc.js";

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

const one = Buffer.from(new BigUint64Array([1n]).buffer);

export function openEventfd(): number {
  const descriptor = libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor >= 0) return descriptor;
  throw new Fault("KERNEL_CALL", `Cannot open an eventfd: ${errorName(errorNumber())}`);
}

/** Makes the descriptor readable until it is cleared. Repeating it is harmless. */
export function wake(eventfd: number): void {
  libc.write(eventfd, one, one.length);
}

const counter = Buffer.alloc(8);

export function clearWake(eventfd: number): void {
  libc.read(eventfd, counter, counter.length);
}

/**
 * One inotify instance: made, read, told which directories to watch. It keeps no table of its
 * watches; which directory a descriptor stands for is its owner's business.
 */
import { Fault } from "../model/fault.js";
import { openEventfd } from "./eventfd.js";
import { errorName, errorNumber, Errno, libc } from "./libc.js";
import { readLimits } from "./limits.js";

/** The same bits as O_NONBLOCK and O_CLOEXEC on x86-64 and arm64. */
const IN_NONBLOCK = 0o4000;
const IN_CLOEXEC = 0o2000000;

/**
 * Opens an instance that never blocks. The length of its queue is the sysctl's value at this
 * moment. Throws a Fault (WATCH_LIMIT) that names the limit in the way, where one is.
 */
export function openInotify(): number {
  const descriptor = tryOpenInotify();
  if (descriptor >= 0) return descriptor;
  throw openingFault(-descriptor);
}

/** As `openInotify`, but answers an error's number with its sign changed. */
export function tryOpenInotify(): number {
  const descriptor = libc.inotifyInit(IN_NONBLOCK | IN_CLOEXEC);
  return descriptor >= 0 ? descriptor : -errorNumber();
}

function openingFault(error: number): Fault {
  if (error !== Errno.EMFILE) {
    return new Fault("KERNEL_CALL", `Cannot open inotify: ${errorName(error)}`);
  }
  // EMFILE has two meanings here; a descriptor of another kind tells them apart.
  if (!canOpenAnother()) {
    return new Fault("WATCH_LIMIT", "Cannot open inotify: this process has no file left to open", {
      hint: "Raise the limit on open files: LimitNOFILE= in the unit, or `ulimit -n`.",
    });
  }
  const { sysctl, value } = readLimits().instances;
  const shown = value === undefined ? "used up" : `${value}, all in use by this user`;
  return new Fault("WATCH_LIMIT", `Cannot open inotify: ${sysctl} is ${shown}`, {
    hint: `Raise it: sysctl -w ${sysctl}=${Math.max(1024, 2 * (value ?? 0))}`,
  });
}

function canOpenAnother(): boolean {
  try {
    libc.close(openEventfd());
    return true;
  } catch {
    return false;
  }
}

/** The descriptor of the watch, or an error number with its sign changed. `path` ends with a 0. */
export function addWatch(inotify: number, path: Uint8Array, mask: number): number {
  const watch = libc.inotifyAddWatch(inotify, path, mask >>> 0);
  return watch >= 0 ? watch : -errorNumber();
}

/** False where the watch has gone by itself, which is no error. */
export function removeWatch(inotify: number, watch: number): boolean {
  return libc.inotifyRemoveWatch(inotify, watch) === 0;
}

/** Bytes read; 0 when the queue is empty. `into` must hold the longest record, 272 bytes. */
export function readEvents(inotify: number, into: Uint8Array): number {
  const length = libc.read(inotify, into, into.length);
  if (length >= 0) return length;
  const error = errorNumber();
  if (error === Errno.EAGAIN || error === Errno.EINTR) return 0;
  throw new Fault("KERNEL_CALL", `Cannot read inotify events: ${errorName(error)}`);
}

const FIONREAD = 0x541b;
const waiting = new Int32Array(1);
const waitingBytes = new Uint8Array(waiting.buffer);

/** Bytes in the queue now. */
export function queuedBytes(inotify: number): number {
  return libc.ioctl(inotify, FIONREAD, waitingBytes) === 0 ? (waiting[0] ?? 0) : 0;
}

/**
 * A fanotify group that hears whole file systems, and the handles by which it names directories:
 * made, marked, read, resolved. Which directory a handle stands for is its owner's business.
 *
 * Errors are answered as numbers with their sign changed: a machine that refuses fanotify is
 * nothing out of the ordinary.
 */
import { readlinkSync } from "node:fs";
import { Fault } from "../model/fault.js";
import type { FileHandle } from "./fanotify-decode.js";
import { errorName, errorNumber, Errno, libc } from "./libc.js";

// linux/fanotify.h. FAN_CLASS_NOTIF is 0.
const FAN_CLOEXEC = 0x1;
const FAN_NONBLOCK = 0x2;
const FAN_UNLIMITED_QUEUE = 0x10;
const FAN_UNLIMITED_MARKS = 0x20;
const FAN_REPORT_FID = 0x200;
const FAN_REPORT_DIR_FID = 0x400;
const FAN_REPORT_NAME = 0x800;
const FAN_REPORT_TARGET_FID = 0x1000;
const FAN_MARK_ADD = 0x1;
const FAN_MARK_REMOVE = 0x2;
const FAN_MARK_DONT_FOLLOW = 0x4;
const FAN_MARK_FLUSH = 0x80;
const FAN_MARK_FILESYSTEM = 0x100;

// linux/fcntl.h
const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;
const AT_EMPTY_PATH = 0x1000;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const O_LARGEFILE = process.arch === "x64" ? 0 : process.arch === "arm64" ? 0o400000 : 0o100000;
/** Exchanged between x86 and arm. */
const O_DIRECTORY = process.arch === "arm64" || process.arch === "arm" ? 0o40000 : 0o200000;

/** Where a call goes by something else than a path. */
const NO_PATH = Buffer.from([0]);

/**
 * Opens a group that never blocks, whose queue has no limit, and which reports directories, names
 * and targets. Answers the descriptor, or an error number with its sign changed: EPERM without
 * CAP_SYS_ADMIN, EINVAL before Linux 5.17.
 */
export function openFanotify(): number {
  const flags =
    FAN_CLOEXEC |
    FAN_NONBLOCK |
    FAN_UNLIMITED_QUEUE |
    FAN_UNLIMITED_MARKS |
    FAN_REPORT_FID |
    FAN_REPORT_DIR_FID |
    FAN_REPORT_NAME |
    FAN_REPORT_TARGET_FID;
  const descriptor = libc.fanotifyInit(flags, O_LARGEFILE);
  return descriptor >= 0 ? descriptor : -errorNumber();
}

/**
 * Hears the whole file system that a path lies on. `path` ends with a 0 byte. Answers 0, or an error
 * number with its sign changed: EOPNOTSUPP, ENODEV, EXDEV where its handles do not serve.
 */
export function markFileSystem(group: number, path: Uint8Array, mask: number): number {
  return mark(group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, mask, path);
}

/** Hears it no longer. */
export function unmarkFileSystem(group: number, path: Uint8Array, mask: number): number {
  return mark(group, FAN_MARK_REMOVE | FAN_MARK_FILESYSTEM, mask, path);
}

/**
 * Hears one directory, or what else the path names; of a symbolic link at its end what that leads to,
 * unless told not to follow. See `markFileSystem`.
 */
export function markInode(group: number, path: Uint8Array, mask: number, follow = true): number {
  return mark(group, FAN_MARK_ADD | (follow ? 0 : FAN_MARK_DONT_FOLLOW), mask, path);
}

/** Hears nothing any longer; what is queued stays queued. */
export function removeMarks(group: number): void {
  mark(group, FAN_MARK_FLUSH | FAN_MARK_FILESYSTEM, 0, NO_PATH);
  mark(group, FAN_MARK_FLUSH, 0, NO_PATH);
}

function mark(group: number, flags: number, mask: number, path: Uint8Array): number {
  const answer = libc.fanotifyMark(group, flags, mask >>> 0, AT_FDCWD, path);
  return answer === 0 ? 0 : -errorNumber();
}

/** Bytes read; 0 when the queue is empty. `into` must hold `LONGEST_RECORD_BYTES`. */
export function readFanotify(group: number, into: Uint8Array): number {
  const length = libc.read(group, into, into.length);
  if (length >= 0) return length;
  const error = errorNumber();
  if (error === Errno.EAGAIN || error === Errno.EINTR) return 0;
  throw new Fault("KERNEL_CALL", `Cannot read fanotify events: ${errorName(error)}`);
}

/** MAX_HANDLE_SZ of linux/exportfs.h, with the two numbers before it. */
const HANDLE_BYTES = 8 + 128;
const FSID_BYTES = 8;
const handle = Buffer.from(new ArrayBuffer(HANDLE_BYTES));
const mountId = Buffer.alloc(4);

/**
 * The handle of what a path names, following no link at its end unless told so. `path` ends with a 0
 * byte. Undefined where there is nothing, or no handle to be had.
 */
export function handleOf(fsid: string, path: Uint8Array, follow = false): FileHandle | undefined {
  return readHandle(fsid, AT_FDCWD, path, follow ? AT_SYMLINK_FOLLOW : 0);
}

/** The handle of an open file or directory. */
export function handleOfOpen(fsid: string, descriptor: number): FileHandle | undefined {
  return readHandle(fsid, descriptor, NO_PATH, AT_EMPTY_PATH);
}

const PARENT = Buffer.from("..\0", "latin1");

/** The handle of the directory that an open one lies in. */
export function parentHandleOf(fsid: string, descriptor: number): FileHandle | undefined {
  return readHandle(fsid, descriptor, PARENT, 0);
}

function readHandle(
  fsid: string,
  at: number,
  path: Uint8Array,
  flags: number,
): FileHandle | undefined {
  handle.writeUInt32LE(HANDLE_BYTES - 8, 0);
  if (libc.nameToHandle(at, path, handle, mountId, flags) !== 0) return undefined;
  return fsid + handle.toString("latin1", 0, 8 + handle.readUInt32LE(0));
}

/** In `struct statfs`, on 64-bit machines: seven long numbers before it. */
const FSID_AT = 56;
const statfsBytes = Buffer.alloc(256);

/**
 * The file system's id as the group reports it: what each handle begins with. `path` ends with a 0
 * byte. Undefined where nothing is, or on a machine whose `struct statfs` is another.
 */
export function fileSystemId(path: Uint8Array): string | undefined {
  if (process.arch !== "x64" && process.arch !== "arm64") return undefined;
  if (libc.statfs(path, statfsBytes) !== 0) return undefined;
  return statfsBytes.toString("latin1", FSID_AT, FSID_AT + FSID_BYTES);
}

export function fileSystemOf(of: FileHandle): string {
  return of.slice(0, FSID_BYTES);
}

/** Opens a directory (`path` ends with a 0 byte) to be named in the calls below; or -error. */
export function openPlace(path: Uint8Array): number {
  const descriptor = libc.open(path, O_DIRECTORY | O_NONBLOCK | O_CLOEXEC, 0);
  return descriptor >= 0 ? descriptor : -errorNumber();
}

/**
 * Opens a directory by its handle, for its place alone. `place` is any open directory of its file
 * system. Answers a descriptor, or an error number with its sign changed: ESTALE where it is no
 * more, EPERM without CAP_DAC_READ_SEARCH.
 */
export function openHandle(place: number, of: FileHandle): number {
  const length = handle.write(of.slice(FSID_BYTES), "latin1");
  const flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  const descriptor = libc.openByHandle(place, handle.subarray(0, length), flags);
  return descriptor >= 0 ? descriptor : -errorNumber();
}

/** Where an open directory lies now (latin1); undefined where that has no path, or one too long. */
export function pathOfOpen(descriptor: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`, { encoding: "latin1" });
  } catch {
    return undefined;
  }
}

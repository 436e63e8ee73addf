/**
 * Reading a directory by getdents64(2): names and types as the file system gives them, in latin1,
 * without an object per entry. Where a file system does not say a type, lstat does.
 */
import { lstatSync } from "node:fs";
import { errorNumber, libc } from "./libc.js";

export type EntryType = "directory" | "file" | "other";

export type EntryVisitor = (name: string, type: EntryType) => void;

const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
/** These two are exchanged between x86 and arm. */
const [O_DIRECTORY, O_NOFOLLOW] =
  process.arch === "arm64" || process.arch === "arm" ? [0o40000, 0o100000] : [0o200000, 0o400000];

const DT_UNKNOWN = 0;
const DT_DIR = 4;
const DT_REG = 8;

const BATCH_BYTES = 64 * 1024;
const batch = Buffer.from(new ArrayBuffer(BATCH_BYTES));

/** Which entries are told of; directories alone are cheaper. */
export interface ListOptions {
  readonly files: boolean;
  /** Follows a symbolic link at the end of the path; otherwise ENOTDIR or ELOOP is the answer. */
  readonly follow?: boolean;
}

/**
 * Calls `visit` for every entry of a directory, without "." and "..". `path` ends with a 0 byte.
 * Answers 0, or the number of the error that ended it; entries may have been visited before that.
 * `visit` must not list another directory.
 */
export function listDirectory(path: Buffer, options: ListOptions, visit: EntryVisitor): number {
  const descriptor = openDirectory(path, options.follow === true);
  if (descriptor < 0) return errorNumber();
  try {
    while (true) {
      const length = libc.getdents(descriptor, batch, BATCH_BYTES);
      if (length < 0) return errorNumber();
      if (length === 0) return 0;
      decodeEntries(batch, length, (name, type) => {
        if (type === DT_DIR) visit(name, "directory");
        else if (type === DT_UNKNOWN) visitUnknown(path, name, options, visit);
        else if (options.files) visit(name, type === DT_REG ? "file" : "other");
      });
    }
  } finally {
    libc.close(descriptor);
  }
}

/** Answers a descriptor, or -1 with an error number; `path` ends with a 0 byte. */
export function openDirectory(path: Buffer, follow: boolean): number {
  const flags = O_DIRECTORY | O_NONBLOCK | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
  return libc.open(path, flags, 0);
}

function visitUnknown(path: Buffer, name: string, options: ListOptions, visit: EntryVisitor) {
  const directory = path.toString("latin1", 0, path.indexOf(0));
  const stats = lstatSync(Buffer.from(`${directory}/${name}`, "latin1"), { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) visit(name, "directory");
  else if (options.files) visit(name, stats?.isFile() === true ? "file" : "other");
}

/** `ino (8), offset (8), reclen (2), type (1)` before the name. */
const NAME_AT = 19;

/**
 * Takes `struct linux_dirent64` records apart. Pure. The type is the kernel's DT_ number; `nameAt` is
 * where the name lies in the bytes. They must start at a multiple of two in their memory.
 */
export function decodeEntries(
  bytes: Buffer,
  length: number,
  visit: (name: string, type: number, nameAt: number) => void,
): void {
  const shorts = new Uint16Array(bytes.buffer, bytes.byteOffset, length >> 1);
  for (let at = 0; at < length;) {
    const from = at + NAME_AT;
    const size = shorts[(at + 16) >> 1] ?? 0;
    if (size === 0) return;
    const to = bytes.indexOf(0, from);
    const isDots =
      bytes[from] === 0x2e && (to === from + 1 || (to === from + 2 && bytes[from + 1] === 0x2e));
    if (!isDots) {
      visit(bytes.toString("latin1", from, to), bytes[at + 18] ?? DT_UNKNOWN, from);
    }
    at += size;
  }
}

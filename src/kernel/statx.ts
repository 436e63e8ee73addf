/**
 * Looking at many entries by statx(2): one record that each call overwrites, and directories read a
 * batch at a time with their entries' status. A third cheaper than `lstatSync` with its BigInts
 * (1.9 µs against 2.8 for an entry, of which 1.5 are the kernel's).
 *
 * It follows no symbolic link, triggers no automount, and decides nothing.
 */
import { constants } from "node:fs";
import koffi from "koffi";
import { decodeEntries, openDirectory } from "./directory.js";
import { Errno, errorNumber, libc } from "./libc.js";

type Statx<Name> = (
  directory: number,
  name: Name,
  flags: number,
  mask: number,
  into: number,
) => number;

// linux/fcntl.h, linux/stat.h
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;
const AT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
const STATX_BASIC_STATS = 0x7ff;

/** `struct statx` is the same on every architecture: 256 bytes. */
const record = new ArrayBuffer(256);
const recordAt = addressOf(record);
const words = new Uint32Array(record);

const BATCH_BYTES = 64 * 1024;
const batch = Buffer.from(new ArrayBuffer(BATCH_BYTES));
const batchAt = addressOf(batch.buffer);

/** PATH_MAX of linux/limits.h, with its 0 byte. */
const LONGEST_PATH = 4096;
const pathBytes = Buffer.from(new ArrayBuffer(LONGEST_PATH));
const pathAt = addressOf(pathBytes.buffer);

const statx = bindStatx<number>("uintptr_t");
const statxOfBytes = bindStatx<Uint8Array>("const uint8_t *");

/** Where the fields stand in `statusWords`, as 32-bit words; the low word of two comes first. */
export const Word = {
  LINKS: 4,
  UID: 5,
  GID: 6,
  /** In its lower half. */
  MODE: 7,
  INODE: 8,
  SIZE: 10,
  CHANGED: 24,
  CHANGED_NS: 26,
  MODIFIED: 28,
  MODIFIED_NS: 30,
  DEVICE_MAJOR: 34,
  DEVICE_MINOR: 35,
} as const;

/** The status that was read last on this thread. */
export const statusWords: Readonly<Uint32Array> = words;

export type StatusKind = "directory" | "file" | "other";

export function statusKind(): StatusKind {
  const type = (words[Word.MODE] ?? 0) & constants.S_IFMT;
  if (type === constants.S_IFDIR) return "directory";
  return type === constants.S_IFREG ? "file" : "other";
}

/** ms since the epoch of the last change of content or attributes. */
export function statusChangedMs(): number {
  const seconds = (words[Word.CHANGED] ?? 0) + ((words[Word.CHANGED + 1] ?? 0) | 0) * 0x100000000;
  return seconds * 1000 + (words[Word.CHANGED_NS] ?? 0) / 1e6;
}

/** Reads the status of an absolute path (latin1). Answers 0, or the number of the error. */
export function readStatus(path: string): number {
  if (path.length >= LONGEST_PATH) return Errno.ENAMETOOLONG;
  pathBytes[pathBytes.write(path, "latin1")] = 0;
  return statx(AT_FDCWD, pathAt, AT_FLAGS, STATX_BASIC_STATS, recordAt) === 0 ? 0 : errorNumber();
}

/** The same for a path that ends with a 0 byte. */
export function readStatusOf(path: Uint8Array): number {
  return readStatusIn(AT_FDCWD, path);
}

/** The same for what an open directory has by a name, which ends with a 0 byte. */
export function readStatusIn(directory: number, name: Uint8Array): number {
  const answer = statxOfBytes(directory, name, AT_FLAGS, STATX_BASIC_STATS, recordAt);
  return answer === 0 ? 0 : errorNumber();
}

/** `error` is 0, and the entry's status has been read; or it is what statx(2) answered. */
export type StatusVisitor = (name: string, error: number) => void;

/** A directory being read. To be closed by whoever opened it. */
export interface StatusReading {
  /** Visits some of the entries that are left: "more", "end", or the number of the error. */
  next(visit: StatusVisitor): "more" | "end" | number;
  close(): void;
}

/**
 * Opens a directory (absolute, latin1) to be read with the status of each entry. A link at the end
 * of the path is not followed unless "/." comes after it. Answers the number of the error where it
 * cannot be opened.
 */
export function openStatusReading(path: string): StatusReading | number {
  const descriptor = openDirectory(Buffer.from(`${path}\0`, "latin1"), false);
  if (descriptor < 0) return errorNumber();
  return {
    next(visit) {
      const length = libc.getdents(descriptor, batch, BATCH_BYTES);
      if (length < 0) return errorNumber();
      if (length === 0) return "end";
      decodeEntries(batch, length, (name, _type, nameAt) => {
        // The kernel's name is handed back to it where it lies: nothing is copied.
        const answer = statx(descriptor, batchAt + nameAt, AT_FLAGS, STATX_BASIC_STATS, recordAt);
        visit(name, answer === 0 ? 0 : errorNumber());
      });
      return "more";
    },
    close: () => void libc.close(descriptor),
  };
}

/** Memory of an ArrayBuffer stays where it is; user space ends far below 2^53. */
function addressOf(bytes: ArrayBufferLike): number {
  return Number(koffi.address(bytes));
}

/** musl has had the call by its name since 1.2.5 only; before, it goes by its number. */
function bindStatx<Name>(nameType: string): Statx<Name> {
  const library = koffi.load(null);
  const rest = `int directory, ${nameType} name, int flags, unsigned int mask, uintptr_t into`;
  try {
    return library.func(`int statx(${rest})`) as Statx<Name>;
  } catch {
    const number = process.arch === "x64" ? 332 : process.arch === "arm" ? 397 : 291;
    const call = library.func(`long syscall(long number, ${rest})`) as (
      number: number,
      ...parameters: Parameters<Statx<Name>>
    ) => number;
    return (...parameters) => call(number, ...parameters);
  }
}

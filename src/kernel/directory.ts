/**
 * Directories opened, and what getdents64(2) writes of them taken apart: names and types as the file
 * system gives them, in latin1, without an object per entry.
 */
import { libc } from "./libc.js";

const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
/** These two are exchanged between x86 and arm. */
const [O_DIRECTORY, O_NOFOLLOW] =
  process.arch === "arm64" || process.arch === "arm" ? [0o40000, 0o100000] : [0o200000, 0o400000];

/** Types of entries; a file system may not say one. */
export const DirentType = { UNKNOWN: 0, DIRECTORY: 4, FILE: 8 } as const;

/** Answers a descriptor, or -1 with an error number; `path` ends with a 0 byte. */
export function openDirectory(path: Buffer, follow: boolean): number {
  const flags = O_DIRECTORY | O_NONBLOCK | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
  return libc.open(path, flags, 0);
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
      visit(bytes.toString("latin1", from, to), bytes[at + 18] ?? DirentType.UNKNOWN, from);
    }
    at += size;
  }
}

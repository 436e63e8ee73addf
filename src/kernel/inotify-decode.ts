/**
 * What inotify writes into a buffer, taken apart. Pure: it knows the layout of
 * `struct inotify_event` (inotify(7)) and nothing of the tree the records are about.
 */

/** Bits of an event's mask, and of the mask a watch is added with. */
export const Mask = {
  ACCESS: 0x1,
  MODIFY: 0x2,
  ATTRIB: 0x4,
  CLOSE_WRITE: 0x8,
  CLOSE_NOWRITE: 0x10,
  OPEN: 0x20,
  MOVED_FROM: 0x40,
  MOVED_TO: 0x80,
  CREATE: 0x100,
  DELETE: 0x200,
  DELETE_SELF: 0x400,
  MOVE_SELF: 0x800,
  UNMOUNT: 0x2000,
  Q_OVERFLOW: 0x4000,
  IGNORED: 0x8000,
  ONLYDIR: 0x1000000,
  DONT_FOLLOW: 0x2000000,
  EXCL_UNLINK: 0x4000000,
  /** To what is watched already the bits are added, instead of put in the place of the old ones. */
  MASK_ADD: 0x20000000,
  ISDIR: 0x40000000,
  ONESHOT: 0x80000000,
} as const;

/** The descriptor in the one record that is about no watch: the queue was full. */
export const NO_WATCH = -1;

/** One record. `name` is latin1, and "" where the event is about the watched directory itself. */
export type InotifyVisitor = (watch: number, mask: number, cookie: number, name: string) => void;

/** `int wd; uint32_t mask, cookie, len;` before the name. */
const HEADER_BYTES = 16;

/**
 * Calls `visit` for each record in the first `length` bytes, in order. The kernel never splits a
 * record between two reads. The bytes must start at a multiple of four in their memory.
 *
 * A run of records with one name gets one and the same string, so that comparing it costs nothing.
 */
export function decodeInotify(bytes: Buffer, length: number, visit: InotifyVisitor): void {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, length >> 2);
  let lastName = "";
  let lastFrom = 0;
  let lastTo = 0;
  for (let at = 0; at + HEADER_BYTES <= length;) {
    const word = at >> 2;
    const space = words[word + 3] ?? 0;
    const from = at + HEADER_BYTES;
    let name = "";
    if (space > 0) {
      const to = endOfName(bytes, from, from + space);
      name = equalBytes(bytes, lastFrom, lastTo, from, to)
        ? lastName
        : bytes.toString("latin1", from, to);
      lastName = name;
      lastFrom = from;
      lastTo = to;
    }
    visit(words[word] ?? NO_WATCH, words[word + 1] ?? 0, words[word + 2] ?? 0, name);
    at = from + space;
  }
}

/** The name is padded with zero bytes up to the next header. */
function endOfName(bytes: Buffer, from: number, limit: number): number {
  let to = limit;
  while (to > from && bytes[to - 1] === 0) to--;
  return to;
}

function equalBytes(bytes: Buffer, a: number, aEnd: number, b: number, bEnd: number): boolean {
  if (aEnd - a !== bEnd - b) return false;
  for (let i = aEnd - a - 1; i >= 0; i--) {
    // From the end: names made by a counter differ there first.
    if (bytes[a + i] !== bytes[b + i]) return false;
  }
  return true;
}

/** A mask as people write it: `CLOSE_WRITE`, `CREATE|ISDIR`. */
export function maskNames(mask: number): string {
  const names = Object.entries(Mask)
    .filter(([, bit]) => (mask & bit) !== 0)
    .map(([name]) => name);
  return names.length === 0 ? `0x${(mask >>> 0).toString(16)}` : names.join("|");
}

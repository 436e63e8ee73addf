/**
 * What fanotify writes into a buffer, taken apart. Pure: it knows the layout of the records of a
 * group that reports directories, names and targets (fanotify(7)), and nothing of a tree.
 */
import { Mask } from "./inotify-decode.js";

/** Bits of an event's mask, and of the mask a mark is added with; the lower ones are inotify's. */
export const FanMask = {
  ACCESS: Mask.ACCESS,
  MODIFY: Mask.MODIFY,
  ATTRIB: Mask.ATTRIB,
  CLOSE_WRITE: Mask.CLOSE_WRITE,
  CLOSE_NOWRITE: Mask.CLOSE_NOWRITE,
  OPEN: Mask.OPEN,
  MOVED_FROM: Mask.MOVED_FROM,
  MOVED_TO: Mask.MOVED_TO,
  CREATE: Mask.CREATE,
  DELETE: Mask.DELETE,
  DELETE_SELF: Mask.DELETE_SELF,
  MOVE_SELF: Mask.MOVE_SELF,
  Q_OVERFLOW: Mask.Q_OVERFLOW,
  /** Of a directory's mark: events of what is right inside, too. */
  EVENT_ON_CHILD: 0x8000000,
  RENAME: 0x10000000,
  /** Of a mark: events about directories too. Of an event: it is about a directory. */
  ONDIR: Mask.ISDIR,
} as const;

/**
 * A file or directory as the kernel names it wherever it moves to: the file system's id and a
 * `struct file_handle`, as latin1. Good as a key; an inode number that is used again gets another.
 */
export type FileHandle = string;

/** Where fanotify names nothing: an overflow, or one side of a rename that is not marked. */
export const NO_HANDLE: FileHandle = "";

/**
 * One record: an entry `name` (latin1) of `directory`. `name` is "." where the event is about the
 * directory itself. `target` is what the name stood for. A rename (`RENAME`) has both places: the
 * old one first.
 *
 * The kernel joins records of one process with the same places, target and kind of file, so one
 * mask may stand for several events, and for some that came after the record behind it.
 */
export type FanotifyVisitor = (
  mask: number,
  directory: FileHandle,
  name: string,
  target: FileHandle,
  newDirectory: FileHandle,
  newName: string,
  /** Whose doing it was. */
  pid: number,
) => void;

/** `u32 event_len; u8 vers, reserved; u16 metadata_len; u64 mask; s32 fd, pid`. */
export const METADATA_BYTES = 24;
/** More than any record: metadata, and three handles of 128 bytes with two names of 255. */
export const LONGEST_RECORD_BYTES = 1200;

/** Types of what follows the metadata: `u8 type, pad; u16 len`, then what it says. */
const FID = 1;
const DFID_NAME = 2;
const OLD_DFID_NAME = 10;
const NEW_DFID_NAME = 12;

/** In such a part: the file system's id begins here, the handle's length and its bytes after it. */
const FSID_AT = 4;
const HANDLE_LENGTH_AT = 12;
const HANDLE_AT = 20;

/**
 * Calls `visit` for each record in the first `length` bytes, in order, and answers how many there
 * were. The kernel never splits a record between two reads.
 *
 * A run of records with one handle or one name gets one and the same string.
 */
export function decodeFanotify(bytes: Buffer, length: number, visit: FanotifyVisitor): number {
  let count = 0;
  const directories = new Runs(bytes);
  const names = new Runs(bytes);
  const targets = new Runs(bytes);
  for (let at = 0; at + METADATA_BYTES <= length;) {
    const size = bytes.readUInt32LE(at);
    const end = at + size;
    if (size < METADATA_BYTES || end > length) break;
    const mask = bytes.readUInt32LE(at + 8);
    let [directory, name, target, newDirectory, newName] = ["", "", "", "", ""];
    for (let part = at + bytes.readUInt16LE(at + 6); part + HANDLE_AT <= end;) {
      const partSize = bytes.readUInt16LE(part + 2);
      if (partSize === 0) break;
      const from = part + FSID_AT;
      const to = part + HANDLE_AT + bytes.readUInt32LE(part + HANDLE_LENGTH_AT);
      const type = bytes[part];
      if (type === FID) target = targets.read(from, to);
      else if (type === DFID_NAME || type === OLD_DFID_NAME) {
        directory = directories.read(from, to);
        name = names.read(to, endOfName(bytes, to, part + partSize));
      } else if (type === NEW_DFID_NAME) {
        newDirectory = directories.read(from, to);
        newName = names.read(to, endOfName(bytes, to, part + partSize));
      }
      part += partSize;
    }
    count++;
    visit(mask, directory, name, target, newDirectory, newName, bytes.readInt32LE(at + 20));
    at = end;
  }
  return count;
}

function endOfName(bytes: Buffer, from: number, limit: number): number {
  const end = bytes.indexOf(0, from);
  return end < 0 || end > limit ? limit : end;
}

/** Strings out of a buffer; one that equals the last is that. */
class Runs {
  readonly #bytes: Buffer;
  #last = "";
  #from = 0;
  #to = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(from: number, to: number): string {
    if (!this.#equalsLast(from, to)) this.#last = this.#bytes.toString("latin1", from, to);
    this.#from = from;
    this.#to = to;
    return this.#last;
  }

  #equalsLast(from: number, to: number): boolean {
    const length = to - from;
    if (this.#to - this.#from !== length) return false;
    for (let i = length - 1; i >= 0; i--) {
      if (this.#bytes[from + i] !== this.#bytes[this.#from + i]) return false;
    }
    return true;
  }
}

/** A mask as people write it: `CLOSE_WRITE`, `CREATE|ONDIR`. */
export function fanMaskNames(mask: number): string {
  const names = Object.entries(FanMask)
    .filter(([, bit]) => (mask & bit) !== 0)
    .map(([name]) => name);
  return names.length === 0 ? `0x${(mask >>> 0).toString(16)}` : names.join("|");
}

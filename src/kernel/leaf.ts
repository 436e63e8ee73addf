/**
 * Directories that are known to hold no other without being read: 2 µs instead of 9, and most
 * directories of most trees are such.
 *
 * Where ".." of every directory is a link on the one around it, two links say that none is inside.
 * ext2, ext3, ext4 and xfs keep to that; ext4 says 1 where there have been too many to be counted
 * (inode(7), ext4_inc_count() of the kernel). Others say 1 always (btrfs) or what they please
 * (overlayfs, FUSE), and are read.
 */
import { libc } from "./libc.js";
import { readStatusOf, statusKind, statusWords, Word } from "./statx.js";

const LINKS_OF_LEAF = 2;

/** statfs(2): ext2, ext3 and ext4 have one number. */
const COUNTING: ReadonlySet<number> = new Set([0xef53, 0x58465342]);

/**
 * How long a device is taken for what it was: its number may stand for another file system when this
 * one has been unmounted, and a file system of which the number is made up (0:n) is not asked at all.
 */
const VALID_MS = 100;

let lastMajor = 0;
let lastMinor = 0;
let lastCounts = false;
let validUntil = 0;

const statfsWords = new Uint32Array(64);
const statfsBytes = new Uint8Array(statfsWords.buffer);

/**
 * False says nothing. `path` ends with a 0 byte; a link is followed where a slash comes after it. The
 * status that was read last is this directory's afterwards.
 */
export function holdsNoDirectory(path: Uint8Array): boolean {
  if (readStatusOf(path) !== 0 || statusKind() !== "directory") return false;
  return statusWords[Word.LINKS] === LINKS_OF_LEAF && countsDirectories(path);
}

function countsDirectories(path: Uint8Array): boolean {
  const [major, minor] = [statusWords[Word.DEVICE_MAJOR] ?? 0, statusWords[Word.DEVICE_MINOR] ?? 0];
  if (major === 0) return false;
  const now = performance.now();
  if (major === lastMajor && minor === lastMinor && now < validUntil) return lastCounts;
  // The type is the first word of `struct statfs`, on a big-endian machine the second.
  lastCounts = libc.statfs(path, statfsBytes) === 0 && COUNTING.has(statfsWords[0] ?? 0);
  [lastMajor, lastMinor, validUntil] = [major, minor, now + VALID_MS];
  return lastCounts;
}

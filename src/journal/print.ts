/**
 * An entry as the index keeps it: two numbers that stand for its name and status, nothing to restore
 * anything from.
 *
 * The *print* is another whenever anything of the entry is: 47 bits of all that a change cannot leave
 * as it was. SQLite keeps that in six bytes. The *body* says what it is, and is another when the
 * content is likely to be: `chmod` changes the print alone.
 */
import { statusChangedMs, statusKind, statusWords, Word } from "../kernel/statx.js";
import type { StatusKind } from "../kernel/statx.js";

export interface Appearance {
  /** `DOUBTFUL` where the entry is there, and how it looks is not known for sure. */
  readonly print: number;
  readonly body: number;
}

/** No status has this print, so an entry that is kept with it differs at the next comparison. */
export const DOUBTFUL = 0;

const KINDS: Readonly<Record<StatusKind, number>> = { directory: 1, file: 2, other: 3 };
const KIND_MASK = 3;

/** What the two halves of a print are multiplied with, to be summed up apart. */
const LOWER_HALF = 2 ** 26;

/** The appearance of the entry whose status was read last on this thread. */
export function readAppearance(name: string): Appearance {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (const word of CONTENT_WORDS) {
    const part = statusWords[word] ?? 0;
    a = Math.imul(a ^ part, 0x01000193);
    a ^= a >>> 15;
    b = Math.imul(b ^ part, 0x85ebca6b);
    b ^= b >>> 13;
  }
  // 29 bits: with the kind they make a number that SQLite keeps in four bytes.
  const body = ((b >>> 3) & ~KIND_MASK) | KINDS[statusKind()];
  for (const word of OTHER_WORDS) {
    const part = statusWords[word] ?? 0;
    a = Math.imul(a ^ part, 0x01000193);
    a ^= a >>> 15;
    b = Math.imul(b ^ part, 0x85ebca6b);
    b ^= b >>> 13;
  }
  // With the name in it, two entries that change places are two changes, whatever their times say.
  for (let i = 0; i < name.length; i++) {
    const part = name.charCodeAt(i);
    a = Math.imul(a ^ part, 0x01000193);
    b = Math.imul(b ^ part, 0x85ebca6b);
    b ^= b >>> 13;
  }
  a ^= a >>> 15;
  return { print: (a >>> 11) * LOWER_HALF + (b >>> 6) || 1, body };
}

const CONTENT_WORDS = [
  Word.INODE,
  Word.INODE + 1,
  Word.SIZE,
  Word.SIZE + 1,
  Word.MODIFIED,
  Word.MODIFIED + 1,
  Word.MODIFIED_NS,
];

const OTHER_WORDS = [
  Word.MODE,
  Word.UID,
  Word.GID,
  Word.CHANGED,
  Word.CHANGED + 1,
  Word.CHANGED_NS,
];

/** An entry of which only the kind is known. */
export function doubtful(kind: StatusKind): Appearance {
  return { print: DOUBTFUL, body: KINDS[kind] };
}

export function kindOf(body: number): StatusKind {
  const kind = body & KIND_MASK;
  return kind === KINDS.directory ? "directory" : kind === KINDS.file ? "file" : "other";
}

export function isDirectory(body: number): boolean {
  return (body & KIND_MASK) === KINDS.directory;
}

/** A file system hands out the same time for at most so long: a tick of the kernel is 1–10 ms. */
const COARSEST_TICK_MS = 20;
/** One that keeps whole seconds (ext3, HFS+), or two of them (FAT). */
const WHOLE_SECONDS_MS = 2000;

/**
 * True when the entry whose status was read last changed only just now: the next change might leave
 * the same times behind, and would not be noticed. Only the change time counts, as everything moves
 * it and nobody can set it. One in the future (a clock was set back) hides nothing.
 *
 * @param now ms since the epoch by the wall clock, as file systems have it
 */
export function isRacy(now: number): boolean {
  const isWhole = statusWords[Word.CHANGED_NS] === 0;
  return Math.abs(now - statusChangedMs()) < (isWhole ? WHOLE_SECONDS_MS : COARSEST_TICK_MS);
}

/** Sums that stand for all entries of a directory, in whatever order they are added. */
export interface Digest {
  count: number;
  upper: number;
  lower: number;
}

export function addToDigest(digest: Digest, print: number): void {
  const upper = Math.floor(print / LOWER_HALF);
  digest.count++;
  digest.upper += upper;
  digest.lower += print - upper * LOWER_HALF;
}

/** The same sums of stored prints, as SQL. They stay below 2^53 for 2^26 entries and more. */
export const DIGEST_SQL = `count(*), total(print >> 26), total(print & ${LOWER_HALF - 1})`;

/**
 * Which of the kernel's events count, where an operator wants less than all of them: the switches of
 * sersync. What does not count is not told; the table of directories is kept true all the same.
 */
import { Mask } from "../kernel/inotify-decode.js";

export const WATCH_EVENTS = [
  "close_write",
  "create",
  "mkdir",
  "delete",
  "moved_from",
  "moved_to",
  "attrib",
] as const;

export type WatchEvent = (typeof WATCH_EVENTS)[number];

/** Bits of an inotify mask that count, for what is no directory and for directories. */
export interface CountedEvents {
  readonly files: number;
  readonly directories: number;
}

const ALWAYS = ~(
  Mask.CLOSE_WRITE |
  Mask.MODIFY |
  Mask.CREATE |
  Mask.DELETE |
  Mask.MOVED_FROM |
  Mask.MOVED_TO |
  Mask.ATTRIB
);

const FILE_BITS: Readonly<Record<WatchEvent, number>> = {
  // A write is the beginning of what its close will tell.
  close_write: Mask.CLOSE_WRITE | Mask.MODIFY,
  create: Mask.CREATE,
  mkdir: 0,
  delete: Mask.DELETE,
  moved_from: Mask.MOVED_FROM,
  moved_to: Mask.MOVED_TO,
  attrib: Mask.ATTRIB,
};

const DIRECTORY_BITS: Readonly<Record<WatchEvent, number>> = {
  ...FILE_BITS,
  close_write: 0,
  create: 0,
  mkdir: Mask.CREATE,
};

export const ALL_EVENTS: CountedEvents = countedEvents(WATCH_EVENTS);

export function countedEvents(events: readonly WatchEvent[]): CountedEvents {
  const bits = (table: Readonly<Record<WatchEvent, number>>) =>
    events.reduce((sum, event) => sum | table[event], ALWAYS);
  return { files: bits(FILE_BITS), directories: bits(DIRECTORY_BITS) };
}

/** A rename is told as that only where both its halves count. */
export function countsMoves({ files }: CountedEvents): boolean {
  const both = Mask.MOVED_FROM | Mask.MOVED_TO;
  return (files & both) === both;
}

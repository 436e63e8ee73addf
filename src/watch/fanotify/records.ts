/** One reading of a group's queue, and the last records for bug reports. */
import {
  decodeFanotify,
  fanMaskNames,
  LONGEST_RECORD_BYTES,
  METADATA_BYTES,
} from "../../kernel/fanotify-decode.js";
import type { FileHandle } from "../../kernel/fanotify-decode.js";
import { readFanotify } from "../../kernel/fanotify.js";
import { displayPath } from "../../model/path.js";
import type { Reading } from "../source.js";

/** As `FanotifyVisitor` has it. */
export interface FanotifyRecord {
  readonly mask: number;
  readonly directory: FileHandle;
  readonly name: string;
  readonly target: FileHandle;
  readonly newDirectory: FileHandle;
  readonly newName: string;
}

export interface RecordReading extends Reading {
  readonly records: readonly FanotifyRecord[];
}

const BUFFER_BYTES = 256 * 1024;
/** Some 20,000 records; what is left waits for the next turn. */
const READ_LIMIT_BYTES = 4 * 1024 * 1024;

const buffer = Buffer.from(new ArrayBuffer(BUFFER_BYTES));

/**
 * Reads until the queue is empty or much has been read, and keeps what `mayConcern` says. `bytes` is
 * of the records' metadata, for that is what FIONREAD counts.
 */
export function readRecords(
  group: number,
  mayConcern: (record: FanotifyRecord) => boolean,
): RecordReading {
  const records: FanotifyRecord[] = [];
  let emptied = false;
  let count = 0;
  for (let bytes = 0; !emptied && bytes < READ_LIMIT_BYTES;) {
    const length = readFanotify(group, buffer);
    count += decodeFanotify(
      buffer,
      length,
      (mask, directory, name, target, newDirectory, newName) => {
        const record = { mask, directory, name, target, newDirectory, newName };
        if (mayConcern(record)) records.push(record);
      },
    );
    bytes += length;
    // The kernel stops at the first record that does not fit, or when there is none.
    emptied = length + LONGEST_RECORD_BYTES <= BUFFER_BYTES;
  }
  return { records, emptied, bytes: count * METADATA_BYTES };
}

const CAPACITY = 512;

/** The last records that were about the tree. */
export class RecordRing {
  readonly #records: (readonly [at: number, record: FanotifyRecord])[] = [];
  #count = 0;

  push(at: number, records: readonly FanotifyRecord[]): void {
    for (const record of records.slice(-CAPACITY)) {
      this.#records[this.#count++ % CAPACITY] = [at, record];
    }
  }

  /** Oldest first. `placeOf` says where a directory is now. */
  lines(placeOf: (handle: FileHandle) => string | undefined): string[] {
    const next = this.#count % CAPACITY;
    const ordered = [...this.#records.slice(next), ...this.#records.slice(0, next)];
    const shown = (handle: FileHandle) => {
      const place = placeOf(handle);
      return place === undefined ? "?" : displayPath(place);
    };
    return ordered.map(([at, { mask, directory, name, newDirectory, newName }]) =>
      [
        new Date(at).toISOString(),
        fanMaskNames(mask),
        `in=${shown(directory)}`,
        `name=${displayPath(name)}`,
        ...(newDirectory === ""
          ? []
          : [`to=${shown(newDirectory)}`, `newName=${displayPath(newName)}`]),
      ].join(" "),
    );
  }
}

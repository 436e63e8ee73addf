/**
 * What is in a directory, entry by entry. Where a file system does not say the types (xfs made before
 * 2014 with ftype=0, ext4 without filetype), the status of each does. A directory that holds no other
 * is not even read for who asks for directories alone.
 */
import { decodeEntries, DirentType, openDirectory } from "./directory.js";
import { holdsNoDirectory } from "./leaf.js";
import { errorNumber, libc } from "./libc.js";
import { readStatusIn, statusKind } from "./statx.js";

export type EntryType = "directory" | "file" | "other";

export type EntryVisitor = (name: string, type: EntryType) => void;

const TYPES: Readonly<Record<number, EntryType>> = {
  [DirentType.DIRECTORY]: "directory",
  [DirentType.FILE]: "file",
};

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
  if (!options.files && holdsNoDirectory(path)) return 0;
  const descriptor = openDirectory(path, options.follow === true);
  if (descriptor < 0) return errorNumber();
  try {
    while (true) {
      const length = libc.getdents(descriptor, batch, BATCH_BYTES);
      if (length < 0) return errorNumber();
      if (length === 0) return 0;
      decodeEntries(batch, length, (name, dirent, nameAt) => {
        const type =
          dirent === DirentType.UNKNOWN ? unknownType(descriptor, nameAt) : TYPES[dirent];
        if (options.files || type === "directory") visit(name, type ?? "other");
      });
    }
  } finally {
    libc.close(descriptor);
  }
}

/** Its own status says it: of the directory being read, wherever that is by now. */
function unknownType(descriptor: number, nameAt: number): EntryType | undefined {
  return readStatusIn(descriptor, batch.subarray(nameAt)) === 0 ? statusKind() : undefined;
}

/** Which files are to be watched and which are not: operands, and lines of `--fromfile`. */
import { readFileSync } from "node:fs";
import { errorText } from "../../kernel/libc.js";

export interface PathList {
  /** latin1, as they are given: first those of the file, then the operands. */
  readonly watched: readonly string[];
  /** What stood behind an `@`. */
  readonly excluded: readonly string[];
  /** Why the file could not be read; the operands count all the same. */
  readonly complaint?: string;
}

/** `fromFile` is a path or `-` for the standard input, both in latin1. */
export function readPathList(operands: readonly string[], fromFile?: string): PathList {
  const file = fromFile === undefined ? { lines: [] } : readLines(fromFile);
  const words = [...file.lines, ...operands].filter((word) => word !== "" && word !== "@");
  return {
    watched: words.filter((word) => !word.startsWith("@")),
    excluded: words.filter((word) => word.startsWith("@")).map((word) => word.slice(1)),
    ...(file.complaint === undefined ? {} : { complaint: file.complaint }),
  };
}

function readLines(file: string): { readonly lines: string[]; readonly complaint?: string } {
  try {
    const bytes = readFileSync(file === "-" ? 0 : Buffer.from(file, "latin1"));
    return { lines: bytes.toString("latin1").split("\n") };
  } catch (error) {
    const { errno = 0 } = error as NodeJS.ErrnoException;
    // An empty standard input that is a closed one ends the list, too.
    if (file === "-") return { lines: [] };
    return { lines: [], complaint: `Couldn't open ${file}: ${errorText(Math.abs(errno))}` };
  }
}

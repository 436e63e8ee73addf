/**
 * The command line as bytes. Node decodes it as UTF-8 and puts U+FFFD for whatever is not, so that a
 * path of other bytes could not be found again; the kernel keeps the words as they were given.
 */
import { readFileSync } from "node:fs";
import { latin1FromText } from "../../model/path.js";

/**
 * The same words as latin1, one character for each byte. `args` are the last words of this process's
 * command line, as Node shows them.
 */
export function rawArguments(
  args: readonly string[],
  commandLine: () => Buffer = ownCommandLine,
): string[] {
  const encoded = args.map(latin1FromText);
  // Any other word was decoded without loss.
  if (!args.some((word) => word.includes("\ufffd"))) return encoded;
  // From the end: Node's own options and the program's place stand before.
  const given = wordsOf(commandLine()).slice(-args.length);
  const same = args.every(
    (word, at) => word.includes("\ufffd") || given[at] === latin1FromText(word),
  );
  return given.length === args.length && same ? given : encoded;
}

function ownCommandLine(): Buffer {
  try {
    return readFileSync("/proc/self/cmdline");
  } catch {
    return Buffer.alloc(0); // No /proc here: what Node has decoded must do.
  }
}

/** Each word is followed by a 0. */
function wordsOf(commandLine: Buffer): string[] {
  return commandLine.toString("latin1").split("\0").slice(0, -1);
}

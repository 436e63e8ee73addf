/**
 * POSIX extended regular expressions as inotify-tools knows them (glibc's regcomp and regexec in the
 * C locale, GNU's escapes included), searched for by RE2: in time linear in the length of the text.
 *
 * Text and expression are latin1, one character for each byte, so `.` is one byte and no letter
 * outside of ASCII has a case: those programs never leave the C locale. What RE2 cannot do is
 * refused: back-references, and more than 1000 repetitions.
 */
import { RE2JS, RE2JSSyntaxException } from "re2js";
import { PLAIN, textOf } from "./posix-dialect.js";
import { parsePosixRegex } from "./posix-parse.js";
import { ANY_BYTE, inCapitals, type Node, PosixRegexError } from "./posix-syntax.js";
import { GAPPED, withGaps } from "./posix-words.js";

export { PosixRegexError } from "./posix-syntax.js";

export interface PosixRegexOptions {
  readonly ignoreCase?: boolean;
}

/** Whether the expression is found anywhere in a text. Throws a PosixRegexError. */
export function compilePosixRegex(
  pattern: string,
  { ignoreCase = false }: PosixRegexOptions = {},
): (text: string) => boolean {
  const node = parsePosixRegex(pattern, ignoreCase);
  const search = asksForWords(node) ? searchWithWords(node) : plainSearch(node);
  return ignoreCase ? (text) => search(inCapitals(text)) : search;
}

function plainSearch(node: Node): (text: string) => boolean {
  const regex = compile(textOf(node, PLAIN));
  return (text) => regex.matcher(text).find();
}

function searchWithWords(node: Node): (text: string) => boolean {
  const any = GAPPED.byte(ANY_BYTE);
  const regex = compile(`\\A(?:${any})*?(?:${textOf(node, GAPPED)})`);
  const whenEmpty = plainSearch(node)("");
  return (text) => (text === "" ? whenEmpty : regex.matcher(withGaps(text)).find());
}

function asksForWords(node: Node): boolean {
  switch (node.kind) {
    case "byte":
      return false;
    case "place":
      return node.place === "word-start" || node.place === "word-end";
    case "sequence":
      return node.parts.some(asksForWords);
    case "choice":
      return node.branches.some(asksForWords);
    case "repeat":
      return asksForWords(node.node);
  }
}

function compile(text: string): RE2JS {
  try {
    return RE2JS.compile(text, RE2JS.DOTALL);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    // By now only its size can be wrong: too many repetitions, or groups too deep in groups.
    throw new PosixRegexError("Regular expression too big", { cause: error });
  }
}

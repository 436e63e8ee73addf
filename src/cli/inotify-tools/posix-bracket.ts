/** Bracket expressions (`[^a-z[:digit:]]`) as glibc's regcomp reads them in the C locale. */
import type { ByteSet, PatternText } from "./posix-syntax.js";
import { CLASSES, PosixRegexError } from "./posix-syntax.js";

type Token = "character" | "range" | "close" | "negation" | "class" | "equivalence" | "collating";

interface Peeked {
  readonly token: Token | "end";
  /** The byte it stands for as an element, or the sign that closes a named one (`[:` … `:]`). */
  readonly byte: number;
  readonly length: number;
}

type Element =
  | { readonly kind: "byte"; readonly byte: number }
  | { readonly kind: "class" | "equivalence" | "collating"; readonly name: string };

/** No name of an element is longer. */
const NAME_LIMIT = 32;

/** Reads on behind the opening bracket, and beyond the closing one. Throws a PosixRegexError. */
export function readBracket(text: PatternText): ByteSet {
  let next = peek(text);
  if (next.token === "end") throw new PosixRegexError("Invalid regular expression");
  const negated = next.token === "negation";
  if (negated) {
    text.skip(next.length);
    next = peek(text);
    if (next.token === "end") throw new PosixRegexError("Invalid regular expression");
  }
  // Right at the start the closing bracket is a character as any other.
  if (next.token === "close") next = { ...next, token: "character" };
  const set = new Set<number>();
  let hyphenIsCharacter = true;
  do {
    const start = readElement(text, next, hyphenIsCharacter);
    hyphenIsCharacter = false;
    next = peek(text);
    const end = mayBeginRange(start) ? rangeEnd(text, next) : undefined;
    if (end === "hyphen") {
      next = { ...next, token: "character" };
      hyphenIsCharacter = true;
    }
    if (end === undefined || end === "hyphen") addElement(set, start, text.ignoreCase);
    else {
      next = peek(text);
      addRange(set, start, end);
    }
    if (next.token === "end") throw unmatched();
  } while (next.token !== "close");
  text.skip(next.length);
  return negated ? complementOf(set) : set;
}

function unmatched(): PosixRegexError {
  return new PosixRegexError("Unmatched [, [^, [:, [., or [=");
}

function peek(text: PatternText): Peeked {
  const byte = text.byteAt(0);
  if (byte < 0) return { token: "end", byte: 0, length: 0 };
  const second = text.byteAt(1);
  switch (String.fromCharCode(byte)) {
    case "[":
      if (second === 0x2e) return { token: "collating", byte: second, length: 2 };
      if (second === 0x3d) return { token: "equivalence", byte: second, length: 2 };
      if (second === 0x3a) return { token: "class", byte: second, length: 2 };
      return { token: "character", byte, length: 1 };
    case "-":
      return { token: "range", byte, length: 1 };
    case "]":
      return { token: "close", byte, length: 1 };
    case "^":
      return { token: "negation", byte, length: 1 };
    default:
      return { token: "character", byte, length: 1 };
  }
}

function readElement(text: PatternText, token: Peeked, hyphenIsCharacter: boolean): Element {
  text.skip(token.length);
  switch (token.token) {
    case "class":
    case "equivalence":
    case "collating":
      return { kind: token.token, name: readName(text, token.byte, token.token === "class") };
    case "range":
      if (!hyphenIsCharacter && peek(text).token !== "close") {
        throw new PosixRegexError("Invalid range end");
      }
      return { kind: "byte", byte: token.byte };
    case "character":
    case "close":
    case "negation":
    case "end": // Seen before; never read.
      return { kind: "byte", byte: token.byte };
  }
}

function readName(text: PatternText, delimiter: number, asWritten: boolean): string {
  if (text.byteAt(0) < 0) throw unmatched();
  let name = "";
  while (name.length < NAME_LIMIT) {
    const byte = asWritten ? text.writtenAt(0) : text.byteAt(0);
    text.skip(1);
    if (text.byteAt(0) < 0) throw unmatched();
    if (byte === delimiter && text.byteAt(0) === 0x5d) {
      text.skip(1);
      return name;
    }
    name += String.fromCharCode(byte);
  }
  throw unmatched();
}

function mayBeginRange({ kind }: Element): boolean {
  return kind === "byte" || kind === "collating";
}

/** "hyphen" where the hyphen is the last character of the list. */
function rangeEnd(text: PatternText, next: Peeked): Element | "hyphen" | undefined {
  if (next.token === "end") throw unmatched();
  if (next.token !== "range") return undefined;
  text.skip(next.length);
  const last = peek(text);
  if (last.token === "end") throw unmatched();
  if (last.token !== "close") return readElement(text, last, true);
  text.skip(-next.length);
  return "hyphen";
}

function addElement(set: Set<number>, element: Element, ignoreCase: boolean): void {
  if (element.kind === "class") {
    const { name } = element;
    const folded = ignoreCase && (name === "upper" || name === "lower") ? "alpha" : name;
    const bytes = CLASSES.get(folded);
    if (bytes === undefined) throw new PosixRegexError("Invalid character class name");
    for (const byte of bytes) set.add(byte);
  } else set.add(singleByte(element));
}

function addRange(set: Set<number>, start: Element, end: Element): void {
  if (end.kind === "class" || end.kind === "equivalence") {
    throw new PosixRegexError("Invalid range end");
  }
  const from = singleByte(start);
  const to = singleByte(end);
  if (from > to) throw new PosixRegexError("Invalid range end");
  for (let byte = from; byte <= to; byte++) set.add(byte);
}

/** The C locale has no element of more than one byte, and no two that are equivalent. */
function singleByte(element: Element): number {
  if (element.kind === "byte") return element.byte;
  if (element.name.length !== 1) throw new PosixRegexError("Invalid collation character");
  return element.name.charCodeAt(0);
}

function complementOf(set: ByteSet): ByteSet {
  const others = new Set<number>();
  for (let byte = 0; byte < 256; byte++) if (!set.has(byte)) others.add(byte);
  return others;
}

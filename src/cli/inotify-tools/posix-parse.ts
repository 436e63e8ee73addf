/**
 * Extended regular expressions read as glibc's regcomp reads them with REG_EXTENDED: the same are
 * refused, for the same reasons. One difference: back-references are refused, as no search for them
 * ends in linear time.
 */
import { readBracket } from "./posix-bracket.js";
import {
  ANY_BYTE,
  bytesThat,
  CLASSES,
  type Node,
  PatternText,
  type Place,
  PosixRegexError,
  WORD,
} from "./posix-syntax.js";

/** `pattern` is latin1. Throws a PosixRegexError. */
export function parsePosixRegex(pattern: string, ignoreCase: boolean): Node {
  return new Parser(new PatternText(pattern, ignoreCase)).all();
}

type Token =
  | { readonly kind: "end" | "or" | "open" | "close" | "bracket" | "interval" | "trailing" }
  | { readonly kind: "repeat"; readonly min: number; readonly max?: number }
  | { readonly kind: "node"; readonly node: Node; readonly byte?: number }
  | { readonly kind: "reference" };

const EMPTY: Node = { kind: "sequence", parts: [] };
const LONGEST_INTERVAL = 0x7fff;
const SPACE = CLASSES.get("space") ?? new Set();

/** GNU's own escapes. */
const ESCAPES: Readonly<Record<string, Node>> = {
  w: { kind: "byte", set: WORD },
  W: { kind: "byte", set: bytesThat((byte) => !WORD.has(byte.charCodeAt(0))) },
  s: { kind: "byte", set: SPACE },
  S: { kind: "byte", set: bytesThat((byte) => !SPACE.has(byte.charCodeAt(0))) },
  b: place("word-edge"),
  B: place("no-word-edge"),
  "<": place("word-start"),
  ">": place("word-end"),
  "`": place("start"),
  "'": place("end"),
};

function place(name: Place): Node {
  return { kind: "place", place: name };
}

class Parser {
  readonly #text: PatternText;
  #token: Token;

  constructor(text: PatternText) {
    this.#text = text;
    this.#token = this.#next();
  }

  all(): Node {
    return this.#choice(0);
  }

  #choice(depth: number): Node {
    const branches = [this.#branch(depth)];
    while (this.#token.kind === "or") {
      this.#advance();
      branches.push(this.#branch(depth));
    }
    const [only = EMPTY] = branches;
    return branches.length === 1 ? only : { kind: "choice", branches };
  }

  /** Every branch may be empty. */
  #branch(depth: number): Node {
    const parts: Node[] = [];
    while (!this.#endsBranch(depth)) parts.push(this.#expression(depth));
    const [only = EMPTY] = parts;
    return parts.length === 1 ? only : { kind: "sequence", parts };
  }

  #endsBranch(depth: number): boolean {
    const { kind } = this.#token;
    return kind === "end" || kind === "or" || (kind === "close" && depth > 0);
  }

  #expression(depth: number): Node {
    let node = this.#single(depth);
    // Nothing repeats a place: in `^*` the asterisk stands at the start of an expression.
    if (node.kind === "place" && !this.#behindGroup) return node;
    while (this.#token.kind === "repeat" || this.#token.kind === "interval") {
      const { min, max } =
        this.#token.kind === "repeat" ? this.#token : readInterval(() => this.#take());
      node = { kind: "repeat", node, min, ...(max === undefined ? {} : { max }) };
      this.#advance();
    }
    return node;
  }

  /** A group may consist of a place alone, and can be repeated. */
  #behindGroup = false;

  #single(depth: number): Node {
    const token = this.#token;
    this.#behindGroup = false;
    switch (token.kind) {
      case "node":
        this.#advance();
        return token.node;
      case "bracket": {
        const set = readBracket(this.#text);
        this.#advance();
        return { kind: "byte", set };
      }
      case "open": {
        this.#advance();
        const node = this.#choice(depth + 1);
        if (this.#token.kind !== "close") throw new PosixRegexError("Unmatched ( or \\(");
        this.#advance();
        this.#behindGroup = true;
        return node;
      }
      case "close": // Outside of any group it is a character.
        this.#advance();
        return literal(0x29);
      case "repeat":
      case "interval":
        throw new PosixRegexError("Invalid preceding regular expression");
      case "reference":
        throw new PosixRegexError("Back-references are not supported");
      case "trailing":
        throw new PosixRegexError("Trailing backslash");
      case "end":
      case "or":
        return EMPTY;
    }
  }

  #advance(): void {
    this.#token = this.#next();
  }

  #take(): Token {
    this.#advance();
    return this.#token;
  }

  #next(): Token {
    const text = this.#text;
    const byte = text.byteAt(0);
    if (byte < 0) return { kind: "end" };
    text.skip(1);
    switch (String.fromCharCode(byte)) {
      case "\\":
        return this.#escape();
      case "|":
        return { kind: "or" };
      case "*":
        return { kind: "repeat", min: 0 };
      case "+":
        return { kind: "repeat", min: 1 };
      case "?":
        return { kind: "repeat", min: 0, max: 1 };
      case "{":
        return { kind: "interval" };
      case "(":
        return { kind: "open" };
      case ")":
        return { kind: "close" };
      case "[":
        return { kind: "bracket" };
      case ".":
        return { kind: "node", node: { kind: "byte", set: ANY_BYTE } };
      case "^":
        return { kind: "node", node: place("start") };
      case "$":
        return { kind: "node", node: place("end") };
      default:
        return { kind: "node", node: literal(byte), byte };
    }
  }

  #escape(): Token {
    // As written, although the case may not matter: \w and \W are two things.
    const byte = this.#text.writtenAt(0);
    if (byte < 0) return { kind: "trailing" };
    this.#text.skip(1);
    const character = String.fromCharCode(byte);
    if (/[1-9]/.test(character)) return { kind: "reference" };
    const node = Object.hasOwn(ESCAPES, character) ? ESCAPES[character] : undefined;
    if (node !== undefined) return { kind: "node", node };
    // `\}` ends no interval, so it is told apart from the bare sign.
    return { kind: "node", node: literal(byte), byte: character === "}" ? -1 : byte };
  }
}

function literal(byte: number): Node {
  return { kind: "byte", set: new Set([byte]) };
}

/** Behind `{`, up to its `}`. */
function readInterval(take: () => Token): { min: number; max?: number } {
  const first = readNumber(take);
  if (first.endedBy === "end") throw new PosixRegexError("Unmatched \\{");
  const comma = first.endedBy === "comma";
  if (first.number === "invalid" || (first.number === undefined && !comma)) {
    throw invalidInterval();
  }
  const min = first.number ?? 0;
  if (!comma) return withinLimits(min, min);
  const second = readNumber(take);
  if (second.endedBy === "end") throw new PosixRegexError("Unmatched \\{");
  if (second.number === "invalid" || second.endedBy === "comma") throw invalidInterval();
  return withinLimits(min, second.number);
}

function invalidInterval(): PosixRegexError {
  return new PosixRegexError("Invalid content of \\{\\}");
}

function withinLimits(min: number, max: number | undefined): { min: number; max?: number } {
  if (max !== undefined && min > max) throw invalidInterval();
  if ((max ?? min) > LONGEST_INTERVAL) throw new PosixRegexError("Regular expression too big");
  return { min, ...(max === undefined ? {} : { max }) };
}

interface ReadNumber {
  /** undefined where there is none. */
  readonly number: number | "invalid" | undefined;
  readonly endedBy: "comma" | "close" | "end";
}

function readNumber(take: () => Token): ReadNumber {
  let number: number | "invalid" | undefined;
  while (true) {
    const token = take();
    if (token.kind === "end") return { number, endedBy: "end" };
    const byte = token.kind === "node" ? token.byte : undefined;
    if (byte === 0x2c) return { number, endedBy: "comma" };
    if (byte === 0x7d) return { number, endedBy: "close" };
    if (byte === undefined || byte < 0x30 || byte > 0x39 || number === "invalid") {
      number = "invalid";
    } else number = Math.min(LONGEST_INTERVAL + 1, (number ?? 0) * 10 + byte - 0x30);
  }
}

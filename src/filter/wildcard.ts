/**
 * Wildcards as rsync understands them: `*`, `**`, `?`, `[...]` and `\`, matched byte by byte.
 *
 * Only the matching of one text by one pattern. Which part of a path a rule is held against is
 * decided in rule-test.ts. The time is bounded by the pattern's length times the square of the
 * text's, and mostly linear, so no pattern and no hostile name can hang the program.
 */

/** One element of a pattern: a byte to be met literally, or one of the signs below. */
type Token = number;

const ANY_BYTE = -1;
const STAR = -2;
const STAR_STAR = -3;
/** Classes are numbered downwards from here. */
const FIRST_CLASS = -4;

export const SLASH = 47;

export interface Wildcard {
  readonly tokens: readonly Token[];
  /** For each class, 256 flags. */
  readonly classes: readonly Uint8Array[];
}

/** Why a pattern could never match anything. */
export interface WildcardError {
  /** Offset in the pattern. */
  readonly at: number;
  readonly expected: string;
}

/** True where rsync would match with wildcards and let a backslash escape. */
export function hasWildcard(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/** Reads a latin1 pattern that has at least one wildcard. */
export function parseWildcard(pattern: string): Wildcard | WildcardError {
  const tokens: Token[] = [];
  const classes: Uint8Array[] = [];
  for (let at = 0; at < pattern.length;) {
    const character = pattern[at];
    if (character === "*") {
      const start = at;
      while (pattern[at] === "*") at++;
      tokens.push(at - start > 1 ? STAR_STAR : STAR);
    } else if (character === "?") {
      tokens.push(ANY_BYTE);
      at++;
    } else if (character === "\\") {
      if (at + 1 === pattern.length) {
        return { at, expected: "a character after '\\' (a backslash itself is written '\\\\')" };
      }
      tokens.push(pattern.charCodeAt(at + 1));
      at += 2;
    } else if (character === "[") {
      const read = readClass(pattern, at);
      if ("expected" in read) return read;
      tokens.push(FIRST_CLASS - classes.length);
      classes.push(read.bytes);
      at = read.end;
    } else {
      tokens.push(pattern.charCodeAt(at));
      at++;
    }
  }
  return { tokens, classes };
}

/** The characters of a class by name, in the C locale: bytes above 127 belong to none. */
const NAMED: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  // eslint-disable-next-line no-control-regex -- control characters are what the class means
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t\n\v\f\r]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

function readClass(
  pattern: string,
  open: number,
): { bytes: Uint8Array; end: number } | WildcardError {
  const bytes = new Uint8Array(256);
  const unclosed = {
    at: open,
    expected: "a ']' that closes this '[' (a bracket itself is written '\\[')",
  };
  let at = open + 1;
  const negated = pattern[at] === "!" || pattern[at] === "^";
  if (negated) at++;
  /** What a '-' that follows would start a range from; undefined after a range or a named class. */
  let previous: number | undefined;
  for (let first = true; first || pattern[at] !== "]"; first = false) {
    if (at >= pattern.length) return unclosed;
    const next = pattern[at + 1];
    if (pattern[at] === "-" && previous !== undefined && next !== undefined && next !== "]") {
      at++;
      if (pattern[at] === "\\") at++;
      if (at >= pattern.length) return unclosed;
      bytes.fill(1, previous, Math.max(previous, pattern.charCodeAt(at) + 1));
      previous = undefined;
      at++;
      continue;
    }
    if (pattern[at] === "[" && next === ":") {
      const close = pattern.indexOf("]", at + 2);
      if (close < 0) return unclosed;
      // Without ":]" this is an ordinary bracket among the others.
      if (close > at + 2 && pattern[close - 1] === ":") {
        const name = pattern.slice(at + 2, close - 1);
        const named = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
        if (named === undefined) {
          return {
            at,
            expected: `one of ${Object.keys(NAMED)
              .map((each) => `[:${each}:]`)
              .join(" ")}`,
          };
        }
        for (let byte = 0; byte < 128; byte++) {
          if (named.test(String.fromCharCode(byte))) bytes[byte] = 1;
        }
        previous = undefined;
        at = close + 1;
        continue;
      }
    }
    if (pattern[at] === "\\") at++;
    if (at >= pattern.length) return unclosed;
    previous = pattern.charCodeAt(at);
    bytes[previous] = 1;
    at++;
  }
  if (negated) for (let byte = 0; byte < 256; byte++) bytes[byte] = bytes[byte] === 0 ? 1 : 0;
  bytes[SLASH] = 0;
  return { bytes, end: at + 1 };
}

/**
 * True when all of `text` from `start` to `end` matches. A `start` of -1 stands for a slash before
 * the text, an `end` one beyond its length for a slash after it.
 *
 * After a mismatch only the last `*` and then the last `**` are tried further along. That is enough:
 * whatever an earlier star could take instead, a later one of its kind can take as well, and a `*`
 * ends at the slash that follows it.
 */
export function matchesWildcard(
  { tokens, classes }: Wildcard,
  text: string,
  start: number,
  end: number,
): boolean {
  const count = tokens.length;
  let token = 0;
  let at = start;
  let starToken = -1;
  let starAt = 0;
  let deepToken = -1;
  let deepAt = 0;
  while (true) {
    if (token === count) {
      if (at === end) return true;
    } else {
      const sign = tokens[token] ?? 0;
      if (sign === STAR) {
        starToken = ++token;
        starAt = at;
        continue;
      }
      if (sign === STAR_STAR) {
        deepToken = ++token;
        deepAt = at;
        starToken = -1;
        continue;
      }
      if (at < end) {
        const byte = byteAt(text, at);
        if (sign === byte || (sign < 0 && isOneOf(sign, byte, classes))) {
          if (byte === SLASH) starToken = -1;
          token++;
          at++;
          continue;
        }
      }
    }
    if (starToken >= 0 && starAt < end && byteAt(text, starAt) !== SLASH) {
      at = ++starAt;
      token = starToken;
    } else if (deepToken >= 0 && deepAt < end) {
      at = ++deepAt;
      token = deepToken;
      starToken = -1;
    } else {
      return false;
    }
  }
}

function byteAt(text: string, at: number): number {
  return at < 0 || at === text.length ? SLASH : text.charCodeAt(at);
}

function isOneOf(sign: Token, byte: number, classes: readonly Uint8Array[]): boolean {
  return sign === ANY_BYTE ? byte !== SLASH : classes[FIRST_CLASS - sign]?.[byte] === 1;
}

/** A wildcard that has at most one star and is literal otherwise. */
export interface Shape {
  readonly star: "none" | "shallow" | "deep";
  /** What stands before the star, or all there is. */
  readonly head: string;
  readonly tail: string;
}

export function shapeOf({ tokens }: Wildcard): Shape | undefined {
  const at = tokens.findIndex((token) => token === STAR || token === STAR_STAR);
  const head = at < 0 ? tokens : tokens.slice(0, at);
  const tail = at < 0 ? [] : tokens.slice(at + 1);
  if ([...head, ...tail].some((token) => token < 0)) return undefined;
  const star = at < 0 ? "none" : tokens[at] === STAR ? "shallow" : "deep";
  return { star, head: String.fromCharCode(...head), tail: String.fromCharCode(...tail) };
}

/** The byte every match begins with, where that is certain. */
export function firstByte({ tokens }: Wildcard): number | undefined {
  const token = tokens[0];
  return token !== undefined && token >= 0 ? token : undefined;
}

/** The byte every match ends with, where that is certain. */
export function lastByte({ tokens }: Wildcard): number | undefined {
  const token = tokens.at(-1);
  return token !== undefined && token >= 0 ? token : undefined;
}

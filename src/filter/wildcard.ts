/**
 * Wildcards as rsync understands them: `*`, `**`, `?`, `[...]` and `\`, matched byte by byte.
 *
 * Only the matching of one text by one pattern. Which part of a path a rule is held against is
 * decided in matcher.ts. The time is bounded: a star never costs more than one further attempt
 * per character, so no pattern and no hostile name can hang the program.
 */

/** One element of a pattern: a byte to be met literally, or one of the signs below. */
type Token = number;

const ANY_BYTE = -1;
const STAR = -2;
const STAR_STAR = -3;
/** Classes are numbered downwards from here. */
const FIRST_CLASS = -4;

const SLASH = 47;

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
 * True when the whole of `text` from `start` on matches.
 *
 * After a mismatch only the last `*` and then the last `**` are tried further along. That is enough:
 * whatever an earlier star could take instead, a later one of its kind can take as well, and a `*`
 * ends at the slash that follows it.
 */
export function matchesWildcard({ tokens, classes }: Wildcard, text: string, start = 0): boolean {
  let token = start > text.length ? -1 : 0;
  if (token < 0) return false;
  let at = start;
  let starToken = -1;
  let starAt = -1;
  let deepToken = -1;
  let deepAt = -1;
  while (true) {
    const sign = token < tokens.length ? tokens[token] : undefined;
    if (sign === undefined) {
      if (at === text.length) return true;
    } else if (sign === STAR) {
      starToken = ++token;
      starAt = at;
      continue;
    } else if (sign === STAR_STAR) {
      deepToken = ++token;
      deepAt = at;
      starToken = -1;
      continue;
    } else if (at < text.length) {
      const byte = text.charCodeAt(at);
      const fits =
        sign >= 0
          ? sign === byte
          : sign === ANY_BYTE
            ? byte !== SLASH
            : classes[FIRST_CLASS - sign]?.[byte] === 1;
      if (fits) {
        if (byte === SLASH) starToken = -1;
        token++;
        at++;
        continue;
      }
    }
    if (starToken >= 0 && starAt < text.length && text.charCodeAt(starAt) !== SLASH) {
      at = ++starAt;
      token = starToken;
    } else if (deepToken >= 0 && deepAt < text.length) {
      at = ++deepAt;
      token = deepToken;
      starToken = -1;
    } else {
      return false;
    }
  }
}

/** A wildcard in a form that is tested with string comparisons alone. */
export type Shape =
  | { readonly kind: "literal"; readonly text: string }
  /** One `*` (or `**`) between two literal ends. */
  | { readonly kind: "ends"; readonly head: string; readonly tail: string; readonly deep: boolean }
  | { readonly kind: "other" };

export function shapeOf({ tokens }: Wildcard): Shape {
  const star = tokens.findIndex((token) => token === STAR || token === STAR_STAR);
  const literal = (part: readonly Token[]): string | undefined =>
    part.every((token) => token >= 0) ? String.fromCharCode(...part) : undefined;
  if (star < 0) {
    const text = literal(tokens);
    return text === undefined ? { kind: "other" } : { kind: "literal", text };
  }
  const head = literal(tokens.slice(0, star));
  const tail = literal(tokens.slice(star + 1));
  if (head === undefined || tail === undefined) return { kind: "other" };
  return { kind: "ends", head, tail, deep: tokens[star] === STAR_STAR };
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

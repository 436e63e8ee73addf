/**
 * One filter rule as an operator writes it: `- *.log`, `+ /keep/***`, `*.tmp`, `- re:\.bak$`,
 * `- sersync:(.*)\.php`, `!`.
 *
 * Only reading: what a rule matches is in rule-test.ts, how rules work together in filter.ts.
 */
import { Fault } from "../model/fault.js";
import { readPattern } from "./pattern.js";
import { compileRegex } from "./regex.js";
import { parseWildcard } from "./wildcard.js";

export type RuleAction =
  | "include"
  | "exclude"
  /** `!`: forget all rules of this list that stand before it. */
  | "clear";

export interface Rule {
  readonly action: RuleAction;
  /** As it was written. */
  readonly text: string;
  /** `sersync` is a regular expression that matches as sersync's do. */
  readonly kind: "pattern" | "regex" | "sersync";
  /** What follows the prefix: an rsync pattern or a regular expression; "" for `!`. */
  readonly pattern: string;
  /** `-!` and `+!`: takes effect where the pattern does not match. */
  readonly negated: boolean;
}

const EXPRESSIONS = [
  ["re:", "regex"],
  ["sersync:", "sersync"],
] as const;

/** Throws a `FILTER_INVALID` fault that names the column and what was expected there. */
export function parseRule(text: string): Rule {
  if (text === "!") return { action: "clear", text, kind: "pattern", pattern: "", negated: false };
  refuseForeign(text);
  const { action, negated, start } = readPrefix(text);
  const body = text.slice(start);
  if (body.startsWith("preset:")) {
    throw unreadable(text, start, "a pattern", `Write '${body}' alone, without a sign before it.`);
  }
  for (const [prefix, kind] of EXPRESSIONS) {
    if (!body.startsWith(prefix)) continue;
    const pattern = body.slice(prefix.length);
    checkRegex(text, pattern, start + prefix.length);
    return { action, text, kind, pattern, negated };
  }
  checkPattern(text, body, start);
  return { action, text, kind: "pattern", pattern: body, negated };
}

/**
 * The rules in a file: one a line; empty lines and lines that begin with `#` or `;` are dropped.
 * A name that begins with one of these is written with its sign: `- #*#`.
 */
export function parseRulesFile(text: string): string[] {
  return text
    .replace(/^\ufeff/, "")
    .split(/\r\n|\n|\r/)
    .filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith(";"));
}

const FOREIGN: Readonly<Record<string, string>> = {
  hide: "hide",
  H: "hide",
  show: "show",
  S: "show",
  protect: "protect",
  P: "protect",
  risk: "risk",
  R: "risk",
  merge: "merge",
  ".": "merge",
  "dir-merge": "dir-merge",
  ":": "dir-merge",
};

/** Forms that rsync knows and this program does not, and forms that would be misread. */
function refuseForeign(text: string): void {
  if (text === "") throw unreadable(text, 0, "a rule such as '- *.log'");
  const nul = text.indexOf("\0");
  if (nul >= 0) throw unreadable(text, nul, "a pattern without a NUL, as no name contains one");
  if (/^\s/.test(text)) {
    const hint = `Write '-  name' for a name that begins with a blank.`;
    throw unreadable(text, 0, "no blank before the rule", hint);
  }
  if (text.startsWith("!")) {
    const rest = text.slice(1).trimStart();
    const hint = `To keep a path write '+ ${rest}' before the rule that excludes it; for a name that begins with '!' write '- ${text}'.`;
    throw unreadable(text, 1, "nothing after '!', which clears the list", hint);
  }
  if (text === "clear") {
    throw unreadable(text, 0, "'!' to clear the list", "For a file of this name write '- clear'.");
  }
  const word = /^(hide|show|protect|risk|merge|dir-merge|[HSPR.:])(?:,[^ _]*)?[ _]/.exec(text);
  const name = word?.[1];
  // '._*' are the files that macOS leaves beside others: a pattern, not a merge rule.
  if (name !== undefined && !/^[.:]_/.test(text)) {
    const hint = `One list serves both sides: write '+' or '-'. For a name that begins so write '- ${text}'.`;
    throw unreadable(
      text,
      0,
      `'+' or '-', as '${FOREIGN[name] ?? name}' rules are not supported`,
      hint,
    );
  }
  const joined = /^(include|exclude)_/.exec(text);
  if (joined?.[1] !== undefined) {
    const hint = `For a name that begins so write '- ${text}'.`;
    throw unreadable(text, joined[1].length, `one blank after '${joined[1]}'`, hint);
  }
}

interface Prefix {
  readonly action: "include" | "exclude";
  readonly negated: boolean;
  /** Where the pattern begins. */
  readonly start: number;
}

function readPrefix(text: string): Prefix {
  const sign = /^([-+]),?|^(include|exclude)(?:,|(?= ))/.exec(text);
  if (sign === null) return { action: "exclude", negated: false, start: 0 };
  const word = sign[1] ?? sign[2];
  const action = word === "+" || word === "include" ? "include" : "exclude";
  let negated = false;
  for (let at = sign[0].length; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === " " || character === "_") return { action, negated, start: at + 1 };
    if (character !== "!") {
      const known = "/Csrpx".includes(character);
      const expected = known
        ? `one blank, as the modifier '${character}' is not supported`
        : `one blank after '${text.slice(0, at)}'`;
      throw unreadable(text, at, expected, `For a name that begins so write '- ${text}'.`);
    }
    negated = true;
  }
  throw unreadable(text, text.length, "one blank and a pattern");
}

function checkRegex(text: string, source: string, start: number): void {
  if (source === "") {
    const prefix = /[a-z]+:$/.exec(text.slice(0, start))?.[0] ?? "";
    throw unreadable(text, start, `a regular expression after '${prefix}'`);
  }
  try {
    compileRegex(source);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const expected = `a regular expression in RE2's language (${error.message})`;
    throw unreadable(
      text,
      start,
      expected,
      "Look-around and back-references are not supported.",
      error,
    );
  }
}

/** PATH_MAX. rsync drops such a rule with a warning, which would change the meaning of a list. */
const LONGEST_PATTERN = 4096;

function checkPattern(text: string, pattern: string, start: number): void {
  if (pattern === "") throw unreadable(text, start, "a pattern");
  if (pattern === "/") {
    throw unreadable(text, start, "a name after '/'", "The root itself is always kept.");
  }
  const dots = /(?:^|\/)(\.\.?)(?:\/|$)/.exec(pattern);
  if (dots?.[1] !== undefined) {
    const at = start + dots.index + (dots[0].startsWith("/") ? 1 : 0);
    const hint = "Patterns begin at the source's root with '/', or match at any depth without it.";
    throw unreadable(text, at, `a name, as '${dots[1]}' is never part of a path here`, hint);
  }
  const { body, anchored, wild } = readPattern(pattern);
  if (body.length >= LONGEST_PATTERN) {
    throw unreadable(text, start, `fewer than ${LONGEST_PATTERN} bytes, as no path is longer`);
  }
  if (!wild) return;
  const wildcard = parseWildcard(body);
  if (!("expected" in wildcard)) return;
  // The offset is in bytes; columns are counted in characters.
  const before = Buffer.from(body.slice(0, wildcard.at), "latin1").toString("utf8").length;
  throw unreadable(text, start + (anchored ? 1 : 0) + before, wildcard.expected);
}

/** `at` counts from zero, the column a person reads from one. */
function unreadable(
  text: string,
  at: number,
  expected: string,
  hint?: string,
  cause?: Error,
): Fault {
  // eslint-disable-next-line no-control-regex -- a control character would spoil the message
  const shown = text.replace(/[\x00-\x1f\x7f]/g, "\ufffd");
  return new Fault(
    "FILTER_INVALID",
    `Cannot read the filter rule '${shown}' at column ${at + 1}: expected ${expected}`,
    { ...(hint === undefined ? {} : { hint }), ...(cause === undefined ? {} : { cause }) },
  );
}

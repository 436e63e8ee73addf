/**
 * The single values of a configuration. Each reads the text that stands in the file, says what it
 * expects when the text is another, and knows how an editor's schema describes it.
 */
import * as z from "zod";
import { isLoginWord, parseEndpoint } from "../model/endpoint.js";
import type { Endpoint } from "../model/endpoint.js";
import { Fault } from "../model/fault.js";
import { compileFilter } from "../filter/filter.js";
import { checkOptions } from "../rsync/options.js";
import { quote } from "./quote.js";
import { formatSize, parseSize } from "./size.js";

/** What the generated reference calls the type, and what JSON schema says of it. */
export interface LeafMeta {
  readonly kind: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/**
 * A value read from text. `read` gives undefined where the text does not fit, or throws a Fault
 * that says more than "expected …" could.
 */
export function leaf<T>(
  expected: string,
  meta: LeafMeta,
  read: (text: string) => T | undefined,
  advise: (text: string) => string | undefined = () => undefined,
) {
  return z
    .string({ error: expected })
    .transform((text, context): T => {
      const refuse = (message: string, params: Record<string, unknown> = {}): never => {
        context.addIssue({ code: "custom", message, params });
        return z.NEVER;
      };
      // No value of ours may hold NUL: a system call would end it there.
      if (text.includes("\0")) return refuse("expected text without NUL characters");
      try {
        return read(text) ?? refuse(expected, { hint: advise(text) });
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        return refuse(error.message, { complete: true, hint: error.hint });
      }
    })
    .meta({ ...meta });
}

export function text(expected: string) {
  return leaf(expected, { kind: "text", json: { type: "string", minLength: 1 } }, (value) =>
    value === "" ? undefined : value,
  );
}

/** A name shows in logs, metrics and commands: one line, no blanks at its ends. */
export function name() {
  return leaf(
    "expected a name of at most 200 characters on one line",
    { kind: "name", json: { type: "string", minLength: 1, maxLength: 200 } },
    (value) =>
      /^(?=.{1,200}$)[^\s\p{C}](?:[^\p{C}]*[^\s\p{C}])?$/u.test(value) ? value : undefined,
  );
}

export function userName() {
  return leaf(
    "expected a user name",
    { kind: "name", json: { type: "string", minLength: 1 } },
    (value) => (isLoginWord(value) && !value.includes(":") ? value : undefined),
  );
}

/** Made absolute later: relative ones start at the file they are written in, `~/` at home. */
export function path(expected = "expected a path") {
  return leaf(expected, { kind: "path", json: { type: "string", minLength: 1 } }, (value) =>
    value === "" ? undefined : value,
  );
}

export function flag() {
  return leaf(
    "expected true or false",
    { kind: "`true` · `false`", json: { type: "boolean" } },
    (value) => (value === "true" ? true : value === "false" ? false : undefined),
    (value) => {
      // The booleans of YAML 1.1, which 1.2 gave up for the sake of Norway.
      if (/^(?:yes|on|y|1|true)$/i.test(value)) return "Write true.";
      return /^(?:no|off|n|0|false)$/i.test(value) ? "Write false." : undefined;
    },
  );
}

/** For what is there or not, where `flag` is for what is done or not. */
export function onOrOff() {
  return leaf(
    "expected on or off",
    { kind: "`on` · `off`", json: { enum: ["on", "off"] } },
    (value) => (value === "on" ? true : value === "off" ? false : undefined),
    (value) => {
      if (/^(?:yes|y|1|true)$/i.test(value)) return "Write on.";
      return /^(?:no|n|0|false|none)$/i.test(value) ? "Write off." : undefined;
    },
  );
}

/** For what is off, or has settings of its own. */
export function off(expected: string) {
  return leaf(
    expected,
    { kind: "`off`", json: { enum: ["off"] } },
    (value) => (value === "off" ? value : undefined),
    (value) => {
      if (/^(?:on|yes|true)$/i.test(value)) return "Write {} for the usual values.";
      return /^(?:no|false|none|never|0)$/i.test(value) ? "Write off." : undefined;
    },
  );
}

export function integer(least: number, most: number) {
  return leaf(
    `expected ${least}–${most}`,
    { kind: `${least}–${most}`, json: { type: "integer", minimum: least, maximum: most } },
    (value) => {
      const number = /^\d{1,9}$/.test(value) ? Number(value) : -1;
      return number >= least && number <= most ? number : undefined;
    },
  );
}

function unitForSize(value: string): string | undefined {
  return /^\d+$/.test(value) ? `Add the unit, as in ${value}KiB or ${value}B.` : undefined;
}

const SIZE_PATTERN = "\\d+(\\.\\d+)? ?([kmgtKMGT]i?)?[bB]?$";

/** In bytes. */
export function size(leastBytes: number) {
  return leaf(
    `expected a size such as 64MiB (at least ${formatSize(leastBytes)})`,
    { kind: "size", json: { type: "string", pattern: `^${SIZE_PATTERN}` } },
    (value) => {
      const bytes = parseSize(value);
      return bytes !== undefined && bytes >= leastBytes ? bytes : undefined;
    },
    unitForSize,
  );
}

/** Bytes a second; null is `unlimited`. Not undefined, so that it can undo an inherited limit. */
export function rate(leastBytes: number) {
  return leaf(
    `expected a size per second such as 10MiB (at least ${formatSize(leastBytes)}) or unlimited`,
    {
      kind: "size · `unlimited`",
      json: { type: "string", pattern: `^(unlimited|${SIZE_PATTERN})` },
    },
    (value) => {
      if (value === "unlimited") return { bytes: null };
      const bytes = parseSize(value);
      return bytes !== undefined && bytes >= leastBytes ? { bytes } : undefined;
    },
    unitForSize,
  );
}

export function choice<const T extends string>(...words: readonly T[]) {
  return advisedChoice(words, () => undefined);
}

/** `advise` may say more of a text that is none of the words. */
export function advisedChoice<const T extends string>(
  words: readonly T[],
  advise: (text: string) => string | undefined,
) {
  const list = words.length < 3 ? words.join(" or ") : listed(words);
  return z
    .string({ error: `expected ${list}` })
    .transform((value, context): T => {
      const word = words.find((each) => each === value);
      if (word !== undefined) return word;
      const params = { words, hint: advise(value) };
      context.addIssue({ code: "custom", message: `expected ${list}`, params });
      return z.NEVER;
    })
    .meta({ kind: words.map((word) => `\`${word}\``).join(" · "), json: { enum: words } });
}

function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}

/** A variable or credential is named; what it holds is read only when it is needed. */
export function variableName() {
  const pattern = "^[A-Za-z_][A-Za-z0-9_]*$";
  return leaf(
    "expected the name of an environment variable",
    { kind: "name", json: { type: "string", pattern } },
    (value) => (new RegExp(pattern).test(value) ? value : undefined),
  );
}

export function credentialName() {
  const pattern = "^(?!\\.\\.?$)[^/\\s]{1,255}$";
  return leaf(
    "expected the name of a systemd credential",
    { kind: "name", json: { type: "string", pattern } },
    (value) => (new RegExp(pattern).test(value) ? value : undefined),
  );
}

/** A local path that is not absolute yet. */
export interface RelativeEndpoint {
  readonly kind: "relative";
  readonly text: string;
}

export function endpoint() {
  return leaf(
    "expected a target such as rsync://backup@host/module, user@host:/path or /path",
    { kind: "target", json: { type: "string", minLength: 1 } },
    readEndpoint,
  );
}

function readEndpoint(value: string): Endpoint | RelativeEndpoint | undefined {
  if (value === "") return undefined;
  // As rsync reads it: without a colon before the first slash it is a path of this machine.
  if (!value.startsWith("/") && /^[^:]*(?:\/|$)/.test(value))
    return { kind: "relative", text: value };
  return parseEndpoint(value);
}

/** A share of a whole, written in percent: from 0 to 1. */
export function share(leastPercent = 0) {
  return leaf(
    `expected a share such as 50% (${leastPercent}%–100%)`,
    { kind: "share", json: { type: "string", pattern: "^\\d{1,3}(\\.\\d{1,6})? ?%$" } },
    (value) => {
      const number = /^(\d{1,3}(?:\.\d{1,6})?) ?%$/.exec(value)?.[1];
      const percent = Number(number ?? Number.NaN);
      return percent >= leastPercent && percent <= 100 ? percent / 100 : undefined;
    },
    (value) => {
      const number = Number(/^\d{1,3}(?:\.\d{1,6})?$/.exec(value)?.[0] ?? Number.NaN);
      if (Number.isNaN(number) || number > 100) return undefined;
      return `Write it in percent, as in ${number > 0 && number < 1 ? number * 100 : number}%.`;
    },
  );
}

/** What stands behind the sign of a filter rule. */
export function pattern() {
  return leaf(
    'expected a pattern such as "*.css" (in quotes)',
    { kind: "pattern", json: { type: "string", minLength: 1 } },
    (value) => {
      if (value === "" || /^[-+!] /.test(value)) return undefined;
      compileFilter([`- ${value}`]);
      return value;
    },
    (value) => (value === "" ? undefined : "Write the pattern alone, without a sign before it."),
  );
}

/** A filter rule; the filter room reads it and says what is wrong with it. */
export function rule() {
  return leaf(
    'expected a filter rule such as "- *.log" (in quotes)',
    { kind: "rule", json: { type: "string", minLength: 1 } },
    (value) => {
      if (value === "") return undefined;
      compileFilter([value]);
      return value;
    },
  );
}

/** Options for rsync; the rsync room judges the list as a whole, for some words are arguments. */
export function options() {
  const word = leaf(
    'expected an option such as "--chmod=D755"',
    { kind: "option", json: { type: "string", minLength: 1 } },
    (value) => (value === "" ? undefined : value),
  );
  return z
    .array(word, { error: "expected a list of rsync options" })
    .superRefine((words, context) => {
      for (const { index, option, reason } of checkOptions(words)) {
        const message = `Cannot use the rsync option ${quote(option)}: ${reason}`;
        context.addIssue({ code: "custom", path: [index], message, params: { complete: true } });
      }
    });
}

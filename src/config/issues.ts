/** What the schema finds wrong, in words for the person who wrote the file. */
import type { core } from "zod";
import type { Located } from "./document.js";
import { locate, UNREADABLE } from "./document.js";
import type { PathPart, Problem } from "./problem.js";
import { formatPath } from "./problem.js";
import { describe, quote } from "./quote.js";
import type * as schema from "./schema.js";
import { nearest } from "./suggest.js";

type Schema = typeof schema;

/** A value as it was given, with the places of what is in it where it came from a file. */
export interface Given {
  readonly value: unknown;
  readonly root?: Located;
  /** Whether it is a file that another one includes. */
  readonly included: boolean;
}

export function problemsOf(
  issues: readonly core.$ZodIssue[],
  given: Given,
  known: Schema,
): Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, [], given, known));
}

function problemsOfIssue(
  issue: core.$ZodIssue,
  above: readonly PathPart[],
  given: Given,
  known: Schema,
): Problem[] {
  // Keys are strings and indexes are numbers; a symbol cannot come from a text.
  const path = [...above, ...(issue.path as PathPart[])];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownKey(key, path, given, known));
  }
  if (issue.code === "invalid_union") {
    const chosen = branchFor(issue.errors);
    return chosen.flatMap((inner) => problemsOfIssue(inner, path, given, known));
  }
  const value = valueAt(given.value, path);
  if (value === UNREADABLE) return []; // told already
  const { words, complete, hint } = (issue.code === "custom" ? issue.params : undefined) ?? {};
  const said = typeof hint === "string" ? hint : undefined;
  if (complete === true) return [problem(given, path, mask(issue.message, given, path), said)];
  const message =
    value === undefined
      ? `missing: ${issue.message}`
      : `${issue.message}, got ${shown(value, given, path)}`;
  return [problem(given, path, message, closest(value, words) ?? listAdvice(issue, value) ?? said)];
}

/** Of the forms a value may have, the one it was meant to be: whose own type is right. */
function branchFor(branches: readonly (readonly core.$ZodIssue[])[]): readonly core.$ZodIssue[] {
  const wrongType = (issue: core.$ZodIssue) =>
    issue.path.length === 0 && issue.code === "invalid_type";
  return branches.find((issues) => !issues.some(wrongType)) ?? branches.at(-1) ?? [];
}

/** The most frequent slip in YAML: the dash before the entries of a list. */
function listAdvice(issue: core.$ZodIssue, value: unknown): string | undefined {
  const isSlip = issue.code === "invalid_type" && issue.expected === "array" && Boolean(value);
  return isSlip ? "Begin each entry with '- '." : undefined;
}

function closest(value: unknown, words: unknown): string | undefined {
  if (typeof value !== "string" || !Array.isArray(words)) return undefined;
  const word = nearest(value, words as string[]);
  return word === undefined ? undefined : `Did you mean '${word}'?`;
}

/** Names from other programs, and what they are called here; `a.b` is the key b of the mapping a. */
const FOREIGN: Readonly<Record<string, string>> = {
  backupdir: "trash",
  bwlimit: "bandwidth",
  crontab: "passes",
  delete: "deletes",
  dest: "to",
  destination: "to",
  endpoint: "to",
  exclude: "filter",
  excludefrom: "filterFile",
  excludes: "filter",
  host: "to",
  identityfile: "ssh.identity",
  ignore: "filter",
  localpath: "path",
  event: "on",
  events: "on",
  exec: "command",
  maxdelete: "guard.deletes",
  plugin: "hooks",
  plugins: "hooks",
  webhook: "hooks",
  remote: "to",
  rsyncpath: "remoteRsync",
  schedule: "passes",
  secretsfile: "passwordFile",
  source: "path",
  src: "path",
  target: "to",
  timezone: "timeZone",
  tz: "timeZone",
  url: "to",
};

const PASSWORD = /^(?:pass|passwd|password|secret)$/;
const TOKEN = /^(?:(?:api)?(?:key|token)|bearer|hmac)$/;

function unknownKey(key: string, path: readonly PathPart[], given: Given, known: Schema): Problem {
  const at = [...path, key];
  const plain = key.toLowerCase().replace(/[-_]/g, "");
  const here = Object.keys(shapeAt(path, given.included, known));
  const takesSecret = here.includes("secretFile");
  if (PASSWORD.test(plain) || (takesSecret && TOKEN.test(plain))) {
    const message = `a ${takesSecret ? "secret" : "password"} never stands in a configuration`;
    const kind = takesSecret ? "secret" : "password";
    const hint = `Use ${kind}File, ${kind}Env or ${kind}Credential.`;
    return problem(given, at, message, hint, "key");
  }
  const meant = foreignTo(plain, path, here) ?? nearest(key, here);
  const elsewhere = meant === undefined ? homeOf(key, known) : undefined;
  let hint: string | undefined;
  if (meant !== undefined) hint = `Did you mean '${meant}'?`;
  else if (elsewhere !== undefined) hint = `It belongs ${elsewhere}.`;
  // A long list would hide the message.
  else if (here.length <= 8) hint = `Known here: ${here.join(", ")}.`;
  return problem(given, at, `unknown key ${quote(key)}`, hint, "key");
}

function foreignTo(
  plain: string,
  path: readonly PathPart[],
  here: readonly string[],
): string | undefined {
  const name = Object.hasOwn(FOREIGN, plain) ? FOREIGN[plain] : undefined;
  const [outer = "", inner] = name?.split(".") ?? [];
  if (inner !== undefined && path.at(-1) === outer) return inner;
  return here.includes(outer) ? name : undefined;
}

/** The keys of the mapping at a path. */
function shapeAt(path: readonly PathPart[], included: boolean, known: Schema): object {
  if (path.at(-2) === "passes") return known.passShape;
  const hook = path.lastIndexOf("hooks");
  if (hook >= 0) return hookShapeAt(path.slice(hook + 2), known);
  if (path.at(-2) === "guard") return known.limitShape;
  switch (path.at(-1)) {
    case undefined:
      return included ? known.includedShape : known.mainShape;
    case "defaults":
      return known.defaultsShape;
    case "log":
      return known.logShape;
    case "metrics":
      return known.metricsShape;
    case "ssh":
      return known.sshShape;
    case "sessions":
      return known.sessionsShape;
    case "retry":
      return known.retryShape;
    case "guard":
      return known.guardShape;
    case "audit":
      return known.auditShape;
    case "trash":
      return known.trashShape;
    default:
      return path.includes("targets") ? known.targetShape : known.sourceShape;
  }
}

/** `path` begins in the hook. */
function hookShapeAt(path: readonly PathPart[], known: Schema): object {
  switch (path.at(-1)) {
    case "retry":
      return known.hookRetryShape;
    case "socket":
      return known.socketShape;
    case "http":
      return known.httpShape;
    case "cdn":
      return known.cdnShape;
    case "chinacache":
      return known.chinacacheShape;
    case "purge":
      return known.purgeShape;
    case "cloudflare":
      return known.cloudflareShape;
    case "fastly":
      return known.fastlyShape;
    case undefined:
    default:
      return known.hookShape;
  }
}

function homeOf(key: string, known: Schema): string | undefined {
  const homes: readonly (readonly [object, string])[] = [
    [known.mainShape, "at the top of the main file"],
    [known.targetShape, "to a target"],
    [known.sourceShape, "to a source"],
    [known.sshShape, "under 'ssh'"],
    [known.sessionsShape, "under 'sessions'"],
    [known.retryShape, "under 'retry'"],
    [known.guardShape, "under 'guard'"],
    [known.auditShape, "under 'audit'"],
    [known.trashShape, "under 'trash'"],
    [known.passShape, "to an entry of 'passes'"],
    [known.logShape, "under 'log'"],
    [known.metricsShape, "under 'metrics'"],
    [known.hookShape, "to an entry of 'hooks'"],
    [known.hookRetryShape, "under 'retry' of a hook"],
    [known.socketShape, "under 'socket' of a hook"],
    [known.httpShape, "under 'http' of a hook"],
    [known.cdnShape, "under 'cdn' of a hook"],
    [known.chinacacheShape, "under 'cdn.chinacache' of a hook"],
    [known.purgeShape, "under 'cdn.purge' of a hook"],
    [known.cloudflareShape, "under 'cdn.cloudflare' of a hook"],
  ];
  return homes.find(([shape]) => Object.hasOwn(shape, key))?.[1];
}

/** A problem at a path of what was given; `which` chooses between a value and its key. */
export function problem(
  given: Given,
  path: readonly PathPart[],
  message: string,
  hint?: string,
  which: "value" | "key" = "value",
): Problem {
  const said = { path: formatPath(path), message, ...(hint === undefined ? {} : { hint }) };
  if (given.root === undefined) return said;
  const { located, exact } = locate(given.root, path);
  // What is missing is shown where the mapping it belongs to begins.
  const place = which === "key" && exact ? (located.key ?? located.place) : located.place;
  return { place, ...said };
}

export function valueAt(value: unknown, path: readonly PathPart[]): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<PathPart, unknown>)[part];
  }
  return at;
}

/** A value that came from the environment may be a secret: its reference is shown instead. */
function shown(value: unknown, given: Given, path: readonly PathPart[]): string {
  const written = writtenAt(given, path);
  return written === undefined ? describe(value) : `what ${quote(written)} gives`;
}

function mask(message: string, given: Given, path: readonly PathPart[]): string {
  const written = writtenAt(given, path);
  const value = valueAt(given.value, path);
  if (written === undefined || typeof value !== "string" || value === "") return message;
  return message.replaceAll(value, () => written);
}

function writtenAt({ root }: Given, path: readonly PathPart[]): string | undefined {
  if (root === undefined) return undefined;
  const { located, exact } = locate(root, path);
  return exact ? located.written : undefined;
}

/**
 * Settings on their way from where they are written to the target they hold for: paths made
 * absolute where they stand, then one layer laid over the other, the nearer one winning.
 */
import { compileFilter, parseRulesFile } from "../filter/filter.js";
import { Fault } from "../model/fault.js";
import type { SecretReference } from "../model/secret.js";
import type { LongestWaits } from "./config.js";
import type { Environment } from "./environment.js";
import { absolutePath, programPath } from "./home.js";
import { parseDuration } from "./duration.js";
import { DEFAULTS } from "./defaults.js";
import type { Given } from "./issues.js";
import { problem } from "./issues.js";
import type { PathPart, Problem } from "./problem.js";
import { shownFile } from "./problem.js";
import type { WrittenSettings } from "./schema.js";
import { readTextFile } from "./text-file.js";

type Unread = "filterFile" | "longestWait" | "passwordFile" | "passwordEnv" | "passwordCredential";

const STANDARD_WAIT_MS = parseDuration(DEFAULTS.longestWait) ?? 0;

/** One layer of settings; what it does not say is left to the layer below. */
export interface Settings extends Omit<WrittenSettings, Unread> {
  readonly password?: SecretReference | undefined;
  /** The rules in the files of `filterFile`. */
  readonly fileRules?: readonly string[] | undefined;
  readonly waits?: LongestWaits | undefined;
}

/** What lies at the bottom, where `DEFAULTS` say something of everything that needs it. */
export type CompleteSettings = Settings & {
  readonly [
    Key in Exclude<keyof typeof DEFAULTS, Unread | "ssh" | "sessions" | "retry">
  ]: NonNullable<WrittenSettings[Key]>;
} & {
  readonly fileRules: readonly string[];
  readonly waits: LongestWaits;
  readonly ssh: { readonly program: string; readonly options: readonly string[] };
  readonly sessions: { readonly idle: number; readonly max: number };
  readonly retry: { readonly first: number; readonly max: number };
};

export interface SettingsContext {
  readonly environment: Environment;
  readonly problems: Problem[];
  readonly files: string[];
}

/** Where a layer stands. */
export interface Standing {
  readonly given: Given;
  readonly path: readonly PathPart[];
  /** Relative paths start here. */
  readonly directory: string;
}

/** Reads what a layer refers to; anything wrong goes to `context.problems`. */
export async function settleLayer(
  written: WrittenSettings,
  standing: Standing,
  context: SettingsContext,
): Promise<Settings> {
  const { filterFile, longestWait, passwordFile, passwordEnv, passwordCredential, ...same } =
    written;
  const absolute = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : absolutePath(path, standing.directory, context.environment);
  const program = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : programPath(name, standing.directory, context.environment);
  const { ssh } = written;
  return {
    ...same,
    rsync: program(written.rsync),
    ssh: ssh && {
      ...ssh,
      program: program(ssh.program),
      identity: absolute(ssh.identity),
      knownHosts: absolute(ssh.knownHosts),
      config: absolute(ssh.config),
    },
    password: onePassword(
      { passwordFile: absolute(passwordFile), passwordEnv, passwordCredential },
      standing,
      context,
    ),
    fileRules: filterFile && (await rulesFrom(filterFile, standing, context)),
    waits: longestWait === undefined ? undefined : waitsFrom(longestWait, standing, context),
  };
}

/** The upper layer wins, key by key also within `ssh`, `sessions` and `retry`; lists are replaced. */
export function layOver<Lower extends Settings>(lower: Lower, upper: Settings): Lower {
  return {
    ...lower,
    ...withoutUndefined(upper),
    ssh: { ...lower.ssh, ...withoutUndefined(upper.ssh ?? {}) },
    sessions: { ...lower.sessions, ...withoutUndefined(upper.sessions ?? {}) },
    retry: { ...lower.retry, ...withoutUndefined(upper.retry ?? {}) },
  };
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}

function onePassword(
  written: Pick<WrittenSettings, "passwordFile" | "passwordEnv" | "passwordCredential">,
  { given, path }: Standing,
  { problems }: SettingsContext,
): SecretReference | undefined {
  const { passwordFile, passwordEnv, passwordCredential } = written;
  const found: [string, SecretReference][] = [];
  if (passwordFile !== undefined)
    found.push(["passwordFile", { kind: "file", path: passwordFile }]);
  if (passwordEnv !== undefined) {
    found.push(["passwordEnv", { kind: "environment", name: passwordEnv }]);
  }
  if (passwordCredential !== undefined) {
    found.push(["passwordCredential", { kind: "credential", name: passwordCredential }]);
  }
  const [first, second] = found;
  if (first !== undefined && second !== undefined) {
    const message = `Cannot use ${second[0]} beside ${first[0]}: expected one of them`;
    problems.push(problem(given, [...path, second[0]], message, undefined, "key"));
  }
  return first?.[1];
}

/** `default` is the wait of every file that no pattern matches. */
function waitsFrom(
  written: NonNullable<WrittenSettings["longestWait"]>,
  { given, path }: Standing,
  { problems }: SettingsContext,
): LongestWaits {
  if (typeof written === "number") return { defaultMs: written, patterns: [] };
  const patterns = [];
  for (const [pattern, ms] of Object.entries(written)) {
    if (pattern === "default") continue;
    const reason = faultOf(() => compileFilter([`- ${pattern}`]));
    if (reason !== undefined) {
      const at = [...path, "longestWait", pattern];
      problems.push(problem(given, at, reason.message, reason.hint, "key"));
    }
    patterns.push({ pattern, ms });
  }
  return { defaultMs: written["default"] ?? STANDARD_WAIT_MS, patterns };
}

/** The rules of filter files, each held against the language with its own line. */
async function rulesFrom(
  files: readonly string[],
  { given, path, directory }: Standing,
  { environment, problems, files: opened }: SettingsContext,
): Promise<string[]> {
  const rules: string[] = [];
  for (const written of files) {
    const file = absolutePath(written, directory, environment);
    const read = await readTextFile(file);
    if (!read.ok) {
      const message = `Cannot read ${shownFile(file)}: ${read.reason}`;
      problems.push(problem(given, [...path, "filterFile"], message));
      continue;
    }
    if (!opened.includes(file)) opened.push(file);
    for (const [index, line] of read.text.split(/\r\n|\n|\r/).entries()) {
      const found = parseRulesFile(line);
      const reason = faultOf(() => compileFilter(found));
      if (reason !== undefined) {
        const { message, hint } = reason;
        const place = { file, line: index + 1, column: 1 };
        problems.push({ place, path: "", message, ...(hint === undefined ? {} : { hint }) });
      }
      rules.push(...found);
    }
  }
  return rules;
}

function faultOf(action: () => unknown): Fault | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

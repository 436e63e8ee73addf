/**
 * Settings on their way from where they are written to the target they hold for: paths made
 * absolute where they stand, then one layer laid over the other, the nearer one winning.
 */
import { compileFilter } from "../filter/filter.js";
import type { SecretReference } from "../model/secret.js";
import type { GuardLimit, TimedPassSettings } from "../replicate/settings.js";
import type { LongestWaits } from "./config.js";
import { absolutePath, programPath } from "./home.js";
import { hooksFrom, type PlacedHook } from "./hooks.js";
import { parseDuration } from "./duration.js";
import { DEFAULTS, PART_DEFAULTS } from "./defaults.js";
import { faultOf } from "./fault-of.js";
import { problem } from "./issues.js";
import { passesFrom } from "./passes.js";
import { rulesFrom } from "./rule-files.js";
import type { SettingsContext, Standing } from "./standing.js";
import type { WrittenSettings } from "./schema.js";
import type * as schema from "./schema.js";

/** Read, or put together with others, before layers are laid one over the other. */
type Unread =
  | "filterFile"
  | "hooks"
  | "longestWait"
  | "passes"
  | "passwordFile"
  | "passwordEnv"
  | "passwordCredential";
/** Joined key by key. */
type Joined = "ssh" | "sessions" | "retry" | "guard" | "audit" | "trash";

const STANDARD_WAIT_MS = parseDuration(DEFAULTS.longestWait) ?? 0;

/** One layer of settings; what it does not say is left to the layer below. */
export interface Settings extends Omit<WrittenSettings, Unread> {
  readonly password?: SecretReference | undefined;
  /** The rules in the files of `filterFile`. */
  readonly fileRules?: readonly string[] | undefined;
  readonly waits?: LongestWaits | undefined;
  readonly passes?: readonly TimedPassSettings[] | undefined;
  readonly hooks?: readonly PlacedHook[] | undefined;
}

/** Parts stay known while it is off: a nearer layer that switches it on may leave some out. */
export type Switched<T> = T & { readonly on: boolean };

/** What lies at the bottom, where `DEFAULTS` say something of everything that needs it. */
export type CompleteSettings = Settings & {
  readonly [Key in Exclude<keyof typeof DEFAULTS, Unread | Joined>]: NonNullable<
    WrittenSettings[Key]
  >;
} & {
  readonly fileRules: readonly string[];
  readonly waits: LongestWaits;
  readonly ssh: { readonly program: string; readonly options: readonly string[] };
  readonly passes: readonly TimedPassSettings[];
  readonly hooks: readonly PlacedHook[];
  /** The smaller value of each has its default only from the larger one: see `target.ts`. */
  readonly sessions: { readonly idle?: number | undefined; readonly max: number };
  readonly retry: { readonly first?: number | undefined; readonly max: number };
  readonly guard: {
    readonly deletes: Switched<GuardLimit>;
    readonly rewrites: Switched<GuardLimit>;
  };
  readonly audit: Switched<{
    readonly share: number;
    readonly checksum: boolean;
    readonly repair: boolean;
  }>;
  readonly trash: Switched<{ readonly keep: number; readonly overwritten: boolean }>;
};

/** Reads what a layer refers to; anything wrong goes to `context.problems`. */
export async function settleLayer(
  written: WrittenSettings,
  standing: Standing,
  context: SettingsContext,
): Promise<Settings> {
  const {
    filterFile,
    longestWait,
    passes,
    hooks,
    passwordFile,
    passwordEnv,
    passwordCredential,
    ...same
  } = written;
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
    passes: passes && (await passesFrom(passes, standing, context)),
    hooks: hooks && hooksFrom(hooks, standing, context),
  };
}

/** The layer below all that is written. */
export async function bottomLayer(
  known: typeof schema,
  context: SettingsContext,
): Promise<CompleteSettings> {
  const { limit, audit, trash } = PART_DEFAULTS;
  const parts = { guard: { deletes: limit, rewrites: limit }, audit, trash };
  const { sessions, retry } = DEFAULTS;
  const standard = { ...DEFAULTS, sessions: { max: sessions.max }, retry: { max: retry.max } };
  const nowhere: Standing = { given: { value: {}, included: false }, path: [], directory: "/" };
  const [lower, upper] = await Promise.all(
    [parts, standard].map((each) => settleLayer(known.settings.parse(each), nowhere, context)),
  );
  return layOver((lower ?? {}) as CompleteSettings, upper ?? {});
}

/**
 * The upper layer wins; what has parts (`ssh`, `sessions`, `retry`, `guard`, `audit`, `trash`) is
 * joined key by key, and lists are replaced.
 */
export function layOver<Lower extends Settings>(lower: Lower, upper: Settings): Lower {
  return {
    ...lower,
    ...withoutUndefined(upper),
    ssh: joined(lower.ssh, upper.ssh),
    sessions: joined(lower.sessions, upper.sessions),
    retry: joined(lower.retry, upper.retry),
    guard: {
      deletes: joined(lower.guard?.deletes, upper.guard?.deletes),
      rewrites: joined(lower.guard?.rewrites, upper.guard?.rewrites),
    },
    audit: joined(lower.audit, upper.audit),
    trash: joined(lower.trash, upper.trash),
  };
}

function joined<T extends object>(lower: T | undefined, upper: T | undefined): T {
  return { ...lower, ...withoutUndefined(upper ?? {}) } as T;
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

/** inotifywait's command line: which options there are, and which do not go together. */
import { parseDuration } from "../../config/duration.js";
import { filterConflict, filterOption, type FilterOption } from "./filter-option.js";
import { type OptionForm, readCommandLine } from "./getopt.js";
import { eventMask } from "./event-names.js";
import type { Means } from "./opening.js";
import { readTimeout } from "./timeout-value.js";

/** All texts are latin1. Plain data: it is handed to a daemon as JSON. */
export interface WaitOptions {
  readonly monitor: boolean;
  readonly daemon: boolean;
  readonly recursive: boolean;
  readonly csv: boolean;
  readonly json: boolean;
  readonly syslog: boolean;
  readonly noDereference: boolean;
  readonly noNewline: boolean;
  readonly strict: boolean;
  readonly means: Means;
  /** How often `-q` was given. */
  readonly quiet: number;
  /** Bits of the events asked for; 0 for all. */
  readonly events: number;
  /** 0 for no limit. */
  readonly timeoutSeconds: number;
  readonly settleMs: number;
  readonly format?: string;
  readonly timeFormat?: string;
  readonly fromFile?: string;
  readonly outFile?: string;
  readonly filter?: FilterOption;
}

export type ReadOptions =
  | { readonly kind: "help" }
  /** Lines for stderr; nothing is to be done. */
  | { readonly kind: "refused"; readonly complaints: readonly string[] }
  | {
      readonly kind: "options";
      readonly options: WaitOptions;
      readonly operands: readonly string[];
      readonly warnings: readonly string[];
    };

const FORMS: readonly OptionForm[] = [
  { name: "help", short: "h", long: "help" },
  { name: "event", short: "e", long: "event", takesValue: true },
  { name: "monitor", short: "m", long: "monitor" },
  { name: "quiet", short: "q", long: "quiet" },
  { name: "timeout", short: "t", long: "timeout", takesValue: true },
  { name: "filename", short: "f", long: "filename" },
  { name: "recursive", short: "r", long: "recursive" },
  { name: "inotify", short: "I", long: "inotify" },
  { name: "fanotify", short: "F", long: "fanotify" },
  { name: "filesystem", short: "S", long: "filesystem" },
  { name: "csv", short: "c", long: "csv" },
  { name: "daemon", short: "d", long: "daemon" },
  { name: "syslog", short: "s", long: "syslog" },
  { name: "no-dereference", short: "P", long: "no-dereference" },
  { name: "format", long: "format", takesValue: true },
  { name: "no-newline", long: "no-newline" },
  { name: "timefmt", long: "timefmt", takesValue: true },
  { name: "fromfile", long: "fromfile", takesValue: true },
  { name: "outfile", short: "o", long: "outfile", takesValue: true },
  { name: "exclude", long: "exclude", takesValue: true },
  { name: "excludei", long: "excludei", takesValue: true },
  { name: "include", long: "include", takesValue: true },
  { name: "includei", long: "includei", takesValue: true },
  { name: "json", long: "json", isOwn: true },
  { name: "settle", long: "settle", takesValue: true, isOwn: true },
  { name: "strict-compat", long: "strict-compat", isOwn: true },
];

/** `program` is the name that getopt's complaints begin with. */
export function readWaitOptions(program: string, words: readonly string[]): ReadOptions {
  const { options: given, operands, fault } = readCommandLine(program, FORMS, words);
  const counts = new Map<string, number>();
  const last = new Map<string, string>();
  let events = 0;
  let timeoutSeconds = 0;
  let means: Means = program.startsWith("fsnotify") ? "directories" : "inotify";
  const refused = (complaint: string): ReadOptions => ({
    kind: "refused",
    complaints: [complaint],
  });
  for (const { name, value } of given) {
    if (name === "help") return { kind: "help" };
    if (name === "filename") return refused(FILENAME_IS_GONE);
    if ((name === "fromfile" || name === "outfile") && last.has(name)) {
      return refused(`Multiple --${name} options given.`);
    }
    if (name === "timeout") {
      const read = readTimeout(value);
      if (typeof read === "object") return refused(read.complaint);
      timeoutSeconds = read;
    }
    if (name === "event") {
      const mask = eventMask(value);
      if (mask === undefined) return refused(`'${value}' ${NO_EVENT}`);
      events |= mask;
    }
    if (name === "inotify") means = "inotify";
    if (name === "fanotify") means = "directories";
    if (name === "filesystem") means = "filesystems";
    counts.set(name, (counts.get(name) ?? 0) + 1);
    last.set(name, value);
  }
  const has = (name: string): boolean => counts.has(name);
  const settleMs = has("settle") ? parseDuration(last.get("settle") ?? "") : 0;
  const complaint = conflict(has, last.get("format")) ?? ownConflict(has, settleMs);
  if (fault !== undefined || complaint !== undefined) {
    const complaints = [fault, complaint].filter((each) => each !== undefined);
    return { kind: "refused", complaints };
  }
  const filter = filterOption(last);
  const text = <Key extends string>(key: Key, name: string) => {
    const value = last.get(name);
    return (value === undefined ? {} : { [key]: value }) as Partial<Record<Key, string>>;
  };
  return {
    kind: "options",
    operands,
    warnings: ["exclude", "excludei"]
      .filter((name) => (counts.get(name) ?? 0) > 1)
      .map((name) => `--${name}: only the last option will be taken into consideration.`),
    options: {
      monitor: has("monitor") || has("daemon"),
      daemon: has("daemon"),
      recursive: has("recursive"),
      csv: has("csv"),
      json: has("json"),
      syslog: has("syslog") || has("daemon"),
      noDereference: has("no-dereference"),
      noNewline: has("no-newline"),
      strict: has("strict-compat"),
      means,
      quiet: counts.get("quiet") ?? 0,
      events,
      timeoutSeconds,
      settleMs: settleMs ?? 0,
      ...text("format", "format"),
      ...text("timeFormat", "timefmt"),
      ...text("fromFile", "fromfile"),
      ...text("outFile", "outfile"),
      ...(filter === undefined ? {} : { filter }),
    },
  };
}

const NO_EVENT = "is not a valid event!  Run with the '--help' option to see a list of events.";
const FILENAME_IS_GONE =
  "The '--filename' option no longer exists.  The option it enabled in earlier\n" +
  "versions of inotifywait is now turned on by default.";

/** What inotifywait refuses, in its order and words. */
function conflict(has: (name: string) => boolean, format: string | undefined): string | undefined {
  const filters = filterConflict(has);
  if (filters !== undefined) return filters;
  if (has("format") && has("csv")) return "-c and --format cannot both be specified.";
  if (!has("format") && has("no-newline")) {
    return "--no-newline cannot be specified without --format.";
  }
  if (!has("format") && has("timefmt")) return "--timefmt cannot be specified without --format.";
  if (format?.includes("%T") === true && !has("timefmt")) {
    return "%T is in --format string, but --timefmt was not specified.";
  }
  if (has("daemon") && !has("outfile")) return "-o must be specified with -d.";
  return undefined;
}

function ownConflict(
  has: (name: string) => boolean,
  settleMs: number | undefined,
): string | undefined {
  if (has("json") && (has("csv") || has("format"))) {
    return `--json and ${has("csv") ? "-c" : "--format"} cannot both be specified.`;
  }
  if (settleMs === undefined) {
    return "--settle needs a length of time with its unit, such as 500ms or 2s.";
  }
  return undefined;
}

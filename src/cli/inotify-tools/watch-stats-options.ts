/** inotifywatch's command line: which options there are, and which do not go together. */
import { ALL_EVENTS, eventMask } from "./event-names.js";
import { filterConflict, filterOption, type FilterOption } from "./filter-option.js";
import { type OptionForm, readCommandLine } from "./getopt.js";
import { COUNTED, type CountedName } from "./event-counts.js";
import type { Means } from "./opening.js";
import { readTimeout } from "./timeout-value.js";

/** All texts are latin1. */
export interface StatsOptions {
  readonly verbose: boolean;
  readonly zero: boolean;
  readonly recursive: boolean;
  readonly noDereference: boolean;
  readonly strict: boolean;
  readonly means: Means;
  /** Bits of the events that are counted. */
  readonly events: number;
  /** 0 for no limit. */
  readonly timeoutSeconds: number;
  readonly order: RowOrder;
  readonly fromFile?: string;
  readonly filter?: FilterOption;
}

export interface RowOrder {
  readonly by: CountedName | "total";
  readonly ascending: boolean;
}

export type ReadStatsOptions =
  | { readonly kind: "help" }
  /** Lines for stderr; nothing is to be done. */
  | { readonly kind: "refused"; readonly complaints: readonly string[] }
  | {
      readonly kind: "options";
      readonly options: StatsOptions;
      readonly operands: readonly string[];
    };

const FORMS: readonly OptionForm[] = [
  { name: "help", short: "h", long: "help" },
  { name: "event", short: "e", long: "event", takesValue: true },
  { name: "timeout", short: "t", long: "timeout", takesValue: true },
  { name: "verbose", short: "v", long: "verbose" },
  { name: "zero", short: "z", long: "zero" },
  { name: "ascending", short: "a", long: "ascending", takesValue: true },
  { name: "descending", short: "d", long: "descending", takesValue: true },
  { name: "recursive", short: "r", long: "recursive" },
  { name: "inotify", short: "I", long: "inotify" },
  { name: "fanotify", short: "F", long: "fanotify" },
  { name: "filesystem", short: "S", long: "filesystem" },
  { name: "no-dereference", short: "P", long: "no-dereference" },
  { name: "fromfile", long: "fromfile", takesValue: true },
  { name: "exclude", long: "exclude", takesValue: true },
  { name: "excludei", long: "excludei", takesValue: true },
  { name: "include", long: "include", takesValue: true },
  { name: "includei", long: "includei", takesValue: true },
  { name: "strict-compat", long: "strict-compat", isOwn: true },
];

/** `program` is the name that getopt's complaints begin with. */
export function readStatsOptions(program: string, words: readonly string[]): ReadStatsOptions {
  const { options: given, operands, fault } = readCommandLine(program, FORMS, words);
  const last = new Map<string, string>();
  let asked = 0;
  let timeoutSeconds = 0;
  let order: SortKey = { text: "total", mask: 0, ascending: false };
  let means: Means = program.startsWith("fsnotify") ? "directories" : "inotify";
  for (const { name, value } of given) {
    if (name === "help") return { kind: "help" };
    if (name === "fromfile" && last.has(name)) {
      return refused("Multiple --fromfile options given.");
    }
    if (name === "timeout") {
      const read = readTimeout(value);
      if (typeof read === "object") return refused(read.complaint);
      timeoutSeconds = read;
    } else if (name === "event") {
      const mask = eventMask(value);
      if (mask === undefined) return refused(`'${value}' ${NO_EVENT}`);
      asked |= mask;
    } else if (name === "ascending" || name === "descending") {
      // As there: a second -d is no offence.
      if (last.has("ascending")) return refused("Please specify -a or -d once only!");
      const read = readSortKey(value, name === "ascending");
      if (typeof read === "string") return refused(read);
      order = read;
    } else if (name === "inotify") means = "inotify";
    else if (name === "fanotify") means = "directories";
    else if (name === "filesystem") means = "filesystems";
    last.set(name, value);
  }
  const has = (name: string): boolean => last.has(name);
  const events = asked === 0 ? ALL_EVENTS : asked;
  const complaint = sortingConflict(order, events) ?? filterConflict(has);
  if (fault !== undefined || complaint !== undefined) {
    return {
      kind: "refused",
      complaints: [fault, complaint].filter((each) => each !== undefined),
    };
  }
  const filter = filterOption(last);
  const fromFile = last.get("fromfile");
  const strict = has("strict-compat");
  return {
    kind: "options",
    operands,
    options: {
      verbose: has("verbose"),
      zero: has("zero"),
      recursive: has("recursive"),
      noDereference: has("no-dereference"),
      strict,
      means,
      events,
      timeoutSeconds,
      order: rowOrder(order, strict),
      ...(fromFile === undefined ? {} : { fromFile }),
      ...(filter === undefined ? {} : { filter }),
    },
  };
}

function refused(complaint: string): ReadStatsOptions {
  return { kind: "refused", complaints: [complaint] };
}

const NO_EVENT = "is not a valid event!  Run with the '--help' option to see a list of events.";

interface SortKey {
  readonly text: string;
  /** 0 for the total. */
  readonly mask: number;
  readonly ascending: boolean;
}

function readSortKey(text: string, ascending: boolean): SortKey | string {
  const key = text.toLowerCase();
  if (key === "total" || key === "") return { text, mask: 0, ascending };
  if (key === "move") return cannotSortBy(key, "moved_from", "moved_to");
  if (key === "close") return cannotSortBy(key, "close_write", "close_nowrite");
  const mask = eventMask(text);
  if (mask === undefined) return noSortKey(text);
  return { text, mask, ascending };
}

function cannotSortBy(key: string, one: string, other: string): string {
  return `Cannot sort by \`${key}' event; please use \`${one}' or \`${other}'.`;
}

function noSortKey(text: string): string {
  return `'${text}' is not a valid key for sorting!`;
}

function sortingConflict({ text, mask }: SortKey, events: number): string | undefined {
  if (mask === 0) return undefined;
  if ((mask & events) === 0) return "Can't sort by an event which isn't being watched for!";
  // Several at once, or what is only a sign beside others: there is no such column.
  return COUNTED.some(([, bit]) => bit === mask) ? undefined : noSortKey(text);
}

function rowOrder({ mask, ascending }: SortKey, strict: boolean): RowOrder {
  const by = COUNTED.find(([, bit]) => bit === mask)?.[0] ?? "total";
  // inotifywatch takes a descending 'access' for its own sign of "by the total".
  return { by: strict && by === "access" && !ascending ? "total" : by, ascending };
}

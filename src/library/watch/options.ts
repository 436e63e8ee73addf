/** What `watch()` can be told, and what is said of an option that it cannot take. */
import { inspect } from "node:util";
import { Fault } from "../../model/fault.js";
import { type WantedWatcher, WATCHERS } from "../../model/watcher.js";
import type { WatchNotice } from "../../watch/watch.js";
import { CHANGE_KINDS, type ChangeKind } from "./events.js";

export interface WatchOptions<
  K extends ChangeKind = ChangeKind,
  M extends boolean = boolean,
  I extends boolean = boolean,
> {
  /** The kinds of change that are told. Standard: all. */
  readonly kinds?: readonly K[];
  /** Filter rules, as in a configuration; what they exclude is neither watched nor told. */
  readonly filter?: readonly string[];
  /**
   * Also tells what is there: everything at the start, and what lies at and below the path of every
   * gap. Standard: false.
   */
  readonly initial?: I;
  /** Tells renames within the tree as one event where they are known. Standard: false. */
  readonly moves?: M;
  /**
   * How long nothing may have happened to a path before it is told, ms. A file that is open for
   * writing waits for its close besides. Standard: 0, everything is told at once.
   */
  readonly settle?: number;
  /** With `settle`: after so long a path is told even if it is not quiet, ms. Standard: 60,000. */
  readonly longestWait?: number;
  /** Who hears the tree; `fanotify` falls back by itself. Standard: auto. */
  readonly source?: WantedWatcher;
  /** Paths that may wait for a slow reader; more become a gap. Standard: 100,000. */
  readonly buffer?: number;
  /** Ends the watch; the iteration then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what a person should know: that watches have run out, that changes go unheard. */
  readonly onNotice?: (notice: WatchNotice) => void;
}

export interface BatchOptions {
  /** Events in one batch, at most. Standard: 1,000. */
  readonly max?: number;
  /** How long a batch that is not full waits for more after its first event, ms. Standard: 0. */
  readonly withinMs?: number;
}

/** The same with everything decided that has a standard. */
export type WatchPlan = Required<Omit<WatchOptions, "signal" | "onNotice">> &
  Pick<WatchOptions, "signal" | "onNotice">;

const STANDARD: Omit<WatchPlan, "signal" | "onNotice"> = {
  kinds: CHANGE_KINDS,
  filter: [],
  initial: false,
  moves: false,
  settle: 0,
  longestWait: 60_000,
  source: "auto",
  buffer: 100_000,
};

type Check = readonly [isRight: (value: unknown) => boolean, expected: string];

/** setTimeout takes no more. */
const LONGEST_MS = 0x7fffffff;

const TIME: Check = [
  (value) => typeof value === "number" && value >= 0 && value <= LONGEST_MS,
  "a number of milliseconds, 0 or more",
];
const COUNT: Check = [
  (value) => Number.isSafeInteger(value) && (value as number) > 0,
  "a whole number above 0",
];
const SWITCH: Check = [(value) => typeof value === "boolean", "true or false"];

const CHECKS: Readonly<Record<keyof WatchOptions, Check>> = {
  kinds: [
    (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((each) => CHANGE_KINDS.includes(each as ChangeKind)),
    `a list with one or more of ${CHANGE_KINDS.map((kind) => `'${kind}'`).join(", ")}`,
  ],
  filter: [isListOfText, "a list of rules, each a text"],
  initial: SWITCH,
  moves: SWITCH,
  settle: TIME,
  longestWait: TIME,
  source: [(value) => WATCHERS.includes(value as WantedWatcher), "'auto', 'inotify' or 'fanotify'"],
  buffer: COUNT,
  signal: [(value) => value instanceof AbortSignal, "an AbortSignal"],
  onNotice: [(value) => typeof value === "function", "a function"],
};

const BATCH_CHECKS: Readonly<Record<keyof BatchOptions, Check>> = { max: COUNT, withinMs: TIME };

/** Throws a Fault that names the option; rules are checked by whoever compiles them. */
export function watchPlan(options: WatchOptions): WatchPlan {
  check("watch", options, CHECKS);
  return { ...STANDARD, ...withoutUndefined(options) };
}

export function batchPlan(options: BatchOptions): Required<BatchOptions> {
  check("batch events", options, BATCH_CHECKS);
  return { max: 1_000, withinMs: 0, ...withoutUndefined(options) };
}

function check(what: string, options: object, checks: Readonly<Record<string, Check>>): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const known = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (known === undefined) {
      throw new Fault("USAGE", `Cannot ${what}: there is no option '${name}'`, {
        hint: `The options are ${Object.keys(checks).join(", ")}.`,
      });
    }
    const [isRight, expected] = known;
    if (value === undefined || isRight(value)) continue;
    const found = inspect(value, { depth: 1, breakLength: Infinity });
    throw new Fault("USAGE", `Cannot ${what}: expected '${name}' to be ${expected}, not ${found}`);
  }
}

function isListOfText(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** An option that is there as undefined counts as left out. */
function withoutUndefined<T extends object>(options: T): Partial<T> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<T>;
}

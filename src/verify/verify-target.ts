/**
 * Compares a replica with its source and tells every difference by its kind. It changes nothing, and
 * needs no watch: what differs is looked at again until it is sure that it is no change on its way.
 */
import type { Clock } from "../model/clock.js";
import type { RelativePath } from "../model/path.js";
import type { Difference } from "../rsync/remote.js";
import {
  compareOptions,
  type Comparison,
  type Differences,
  judge,
  shortfallOf,
} from "./comparison.js";
import { DRIFT_KINDS, type Drift, type DriftKind, kindsOf } from "./drift.js";
import { lookAgain, ofAnotherType } from "./second-look.js";
import { isFile, touchedAt } from "./source-side.js";

export interface VerifyOptions extends Comparison {
  /** Only what lies at and below it; "" is everything. */
  readonly path: RelativePath;
  readonly clock: Clock;
  readonly patience?: Patience;
  /** Differences that are kept by name and looked at again; the others are only counted. */
  readonly mostNamed?: number;
}

/** How long a difference may be a change on its way. */
export interface Patience {
  /** Looks after the first at most. */
  readonly rounds: number;
  /** Before the first of them, ms; each time twice as long. */
  readonly pauseMs: number;
  /** No look begins later than this after the first comparison, ms. */
  readonly limitMs: number;
}

const PATIENCE: Patience = Object.freeze({ rounds: 4, pauseMs: 300, limitMs: 60_000 });

const MOST_NAMED = 100_000;

/** What was touched at the source within this time before a look may be on its way; ms. */
const YOUNG_MS = 30_000;

/** A whole comparison is repeated this often where entries went away under it. */
const MOST_REPEATS = 2;

const SAMPLE = 5;

export interface VerifyProgress {
  readonly phase: "comparing" | "looking-again";
  /** Differences so far; while it is looked again, those that are left. */
  readonly found: number;
  /** The last one that was found. */
  readonly at: RelativePath | undefined;
}

export interface Report {
  /** Entries that differ. */
  readonly drift: number;
  /** How many of them differ in each way; one may differ in several. */
  readonly counts: Readonly<Partial<Record<DriftKind, number>>>;
  /** In the order of their paths. */
  readonly differences: readonly Drift[];
  /** Counted in `drift`, but neither named nor looked at again: there were too many. */
  readonly unnamed: number;
  /** Entries that changed again and again while they were looked at: nothing is said of them. */
  readonly changing: readonly RelativePath[];
  /** What only the replica has, from before us; a few by name. */
  readonly kept: number;
  readonly keptSample: readonly RelativePath[];
  /** Looks after the first comparison. */
  readonly looks: number;
  /** Why not everything could be compared; undefined where it could. */
  readonly shortfall: string | undefined;
  readonly tookMs: number;
}

/** Rejects only with the signal's reason. */
export async function verifyTarget(
  options: VerifyOptions,
  onProgress: (progress: VerifyProgress) => void,
  signal?: AbortSignal,
): Promise<Report> {
  const { clock, patience = PATIENCE } = options;
  const startedAt = clock.now();
  const first = await compareAll(options, onProgress, signal);
  const comparedAt = clock.now();
  let { shortfall } = first;
  const [links, others] = splitLinks(first.named, options.root);
  let left: Differences = others;
  let seenAt = comparedAt;
  let before = startedAt;
  let looks = 0;
  for (let pauseMs = patience.pauseMs; looks < patience.rounds; pauseMs *= 2) {
    if (left.size === 0 || clock.now() + pauseMs > comparedAt + patience.limitMs) break;
    // What was looked at twice and has long been at rest at the source is no change on its way.
    if (looks > 0 && !anyYounger(left, options.root, seenAt - YOUNG_MS)) break;
    await clock.sleep(pauseMs, signal);
    looks++;
    before = seenAt;
    seenAt = clock.now();
    const look = await lookAgain(left, options, signal);
    left = look.still;
    shortfall = look.shortfall ?? first.shortfall;
    onProgress({ phase: "looking-again", found: left.size + links.size, at: undefined });
  }
  if (links.size > 0) {
    if (looks === 0) await clock.sleep(patience.pauseMs, signal);
    const again = await compareAll(options, onProgress, signal);
    left = new Map([...left, ...[...links].filter(([path]) => again.named.has(path))]);
    shortfall ??= again.shortfall;
  }
  const { root } = options;
  const isChanging = (each: Difference) => looks > 0 && touchedAt(root, each) >= before;
  const changing = [...left.values()].filter((each) => each.what !== "extra" && isChanging(each));
  const sure = new Map(left);
  for (const { path } of changing) sure.delete(path);
  const differences = await named(sure, options, signal);
  const counts = { ...first.unnamedCounts };
  for (const { kinds } of differences) {
    for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return {
    drift: differences.length + first.unnamed,
    counts: inOrder(counts),
    differences,
    unnamed: first.unnamed,
    changing: changing.map(({ path }) => path),
    kept: first.kept,
    keptSample: first.keptSample,
    looks,
    shortfall,
    tookMs: clock.now() - startedAt,
  };
}

type Counts = Partial<Record<DriftKind, number>>;

interface WholeLook {
  readonly named: Differences;
  readonly unnamed: number;
  readonly unnamedCounts: Counts;
  readonly kept: number;
  readonly keptSample: readonly RelativePath[];
  readonly shortfall: string | undefined;
}

async function compareAll(
  options: VerifyOptions,
  onProgress: (progress: VerifyProgress) => void,
  signal: AbortSignal | undefined,
): Promise<WholeLook> {
  const { path, mostNamed = MOST_NAMED } = options;
  for (let repeats = 0; ; repeats++) {
    const named = new Map<RelativePath, Difference>();
    const unnamedCounts: Counts = {};
    const keptSample: RelativePath[] = [];
    let unnamed = 0;
    let kept = 0;
    const onDifference = (difference: Difference) => {
      const verdict = judge(difference, options);
      if (verdict === "kept" && kept++ < SAMPLE) keptSample.push(difference.path);
      if (verdict !== "drift") return;
      if (named.size < mostNamed) named.set(difference.path, difference);
      else {
        unnamed++;
        for (const kind of kindsOf(difference)) {
          unnamedCounts[kind] = (unnamedCounts[kind] ?? 0) + 1;
        }
      }
      onProgress({ phase: "comparing", found: named.size + unnamed, at: difference.path });
    };
    onProgress({ phase: "comparing", found: 0, at: undefined });
    const run = await options.remote.compare(path, compareOptions(options, onDifference), signal);
    const shortfall = shortfallOf(run);
    if (shortfall !== undefined && repeats < MOST_REPEATS && wentAway(run.errors)) continue;
    return { named, unnamed, unnamedCounts, kept, keptSample, shortfall };
  }
}

/** In a tree that lives a directory may go while rsync reads it; that is no reason to give up. */
function wentAway(errors: readonly string[]): boolean {
  return errors.length > 0 && errors.every((line) => /No such file or directory/.test(line));
}

/**
 * Names that should be one file and are not, apart from everything else: rsync sees that only when it
 * looks at all the names together, so a second look at their directories would find nothing.
 */
function splitLinks(found: Differences, root: string): [links: Differences, others: Differences] {
  const links = new Map<RelativePath, Difference>();
  const others = new Map<RelativePath, Difference>();
  for (const [path, each] of found) {
    const isLink = each.properties.includes("link") && isFile(root, path);
    (isLink ? links : others).set(path, each);
  }
  return [links, others];
}

function anyYounger(left: Differences, root: string, than: number): boolean {
  for (const each of left.values()) if (touchedAt(root, each) > than) return true;
  return false;
}

async function named(
  left: Differences,
  options: VerifyOptions,
  signal: AbortSignal | undefined,
): Promise<Drift[]> {
  const { existing } = options;
  const missing = new Map([...left].filter(([, { what }]) => what === "missing"));
  const otherType =
    existing === undefined || missing.size === 0
      ? new Set<RelativePath>()
      : await ofAnotherType(missing, existing, options, signal);
  return [...left.values()]
    .map((each) => ({
      path: each.path,
      isDirectory: each.isDirectory,
      kinds: otherType.has(each.path) ? (["type"] as const) : kindsOf(each),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function inOrder(counts: Counts): Counts {
  return Object.fromEntries(
    DRIFT_KINDS.flatMap((kind) => (counts[kind] === undefined ? [] : [[kind, counts[kind]]])),
  );
}

/**
 * Passes: comparisons of the source, or a part of it, with one replica, one at a time.
 *
 * A pass changes nothing itself. Every difference it finds becomes a change like any other, and goes
 * the same way. So first contact, gaps, and directories that were replaced need no second mechanism.
 */
import type { Filter } from "../filter/filter.js";
import type { Kinds } from "../model/change.js";
import { type RelativePath, ROOT, isBelow } from "../model/path.js";
import { kindsOf } from "../rsync/itemize.js";
import type { Difference, Remote, Run } from "../rsync/remote.js";
import type { Trouble } from "../rsync/trouble.js";
import type { KeptNames } from "../safety/first-contact.js";

/** Why a part is compared; it decides what may be deleted there. */
export type PassReason =
  | "start"
  | "gap"
  | "replaced"
  | "asked"
  /** A directory came from elsewhere: size and time of what is in it prove nothing there. */
  | "moved";

/** What to do with entries that exist only on the replica. */
export type ExtraPolicy = "delete" | "keep" | "ignore";

export interface PassOptions {
  readonly extras: ExtraPolicy;
  readonly kept: KeptNames;
  /** Sent by us since the target was met. */
  readonly isOurs: (path: RelativePath) => boolean;
  /** What a transfer that is under way is writing: no entry of anybody's. */
  readonly isUnfinished: (path: RelativePath) => boolean;
  /** rsync knows only a part of the filter: every difference is judged by all of it. */
  readonly keeps: Filter["keeps"];
  readonly compare: (
    path: RelativePath,
    deletes: boolean,
    onDifference: (difference: Difference) => void,
    signal: AbortSignal,
  ) => ReturnType<Remote["compare"]>;
  /** Owes a difference. */
  readonly owe: (path: RelativePath, kinds: Kinds) => void;
}

export interface PassResult {
  readonly differences: number;
  readonly kept: number;
  readonly keptSample: readonly RelativePath[];
  /** More was found than one round may owe: settle this, then compare again. */
  readonly unfinished: boolean;
  /**
   * rsync came to its end, but not everywhere (23): something could not be read, or has something else
   * above it on the replica. Then differences may be missing: of a file with several names, where the
   * first of them could not be looked at, the others are passed over without a word. What vanished
   * meanwhile (24) is told by the watch.
   */
  readonly incomplete: boolean;
  readonly trouble?: Trouble;
}

/**
 * So often a comparison that was incomplete is repeated when what it found is settled. What still
 * stands in the way then, stands there for good.
 */
export const MOST_REPEATS = 4;

/**
 * A round owes at most this many differences, so that the first pass over a huge tree needs no memory
 * for all of it: what is settled does not show up in the next round.
 */
const MOST_DIFFERENCES = 250_000;

/** Names of kept entries that are worth showing to a person. */
const SAMPLE = 5;

export async function comparePass(
  path: RelativePath,
  { extras, kept, isOurs, isUnfinished, keeps, compare, owe }: PassOptions,
  signal: AbortSignal,
): Promise<PassResult> {
  const enough = new AbortController();
  let differences = 0;
  let keptCount = 0;
  const keptSample: RelativePath[] = [];

  const onDifference = (difference: Difference) => {
    if (!keeps(difference.path, difference.isDirectory)) return;
    if (difference.what !== "extra") {
      differences++;
      owe(difference.path, kindsOf(difference));
      if (differences >= MOST_DIFFERENCES) enough.abort();
      return;
    }
    if (isUnfinished(difference.path)) return;
    // What we have sent meanwhile, and what is gone here by now, is nobody's but ours.
    const isForeign = extras === "keep" && !isOurs(difference.path);
    if (isForeign) kept.remember(difference.path);
    if (isForeign || kept.protects(difference.path)) {
      if (keptCount++ < SAMPLE) keptSample.push(difference.path);
      return;
    }
    differences++;
    owe(difference.path, kindsOf(difference));
  };

  const either = AbortSignal.any([signal, enough.signal]);
  const result = () => ({ differences, kept: keptCount, keptSample });
  try {
    const run = await compare(path, extras !== "ignore", onDifference, either);
    const trouble = run.outcome === "failed" ? run.trouble : undefined;
    return {
      ...result(),
      unfinished: false,
      incomplete: isIncomplete(run),
      ...(trouble === undefined ? {} : { trouble }),
    };
  } catch (error) {
    if (enough.signal.aborted && !signal.aborted) {
      return { ...result(), unfinished: true, incomplete: true };
    }
    throw error;
  }
}

/** See `PassResult.incomplete`. */
export function isIncomplete({ outcome }: Run): boolean {
  return outcome === "partial";
}

/** Above this many, one comparison of everything costs less. */
const MOST_PENDING = 50;

/** Passes that wait: one for each path, none for a path below another. */
export class PendingPasses {
  readonly #reasons = new Map<RelativePath, PassReason>();

  get size(): number {
    return this.#reasons.size;
  }

  get paths(): RelativePath[] {
    return [...this.#reasons.keys()];
  }

  clear(): void {
    this.#reasons.clear();
  }

  add(path: RelativePath, reason: PassReason): void {
    for (const other of this.#reasons.keys()) {
      if (other === path || isBelow(path, other)) return;
      if (isBelow(other, path)) this.#reasons.delete(other);
    }
    this.#reasons.set(path, reason);
    if (this.#reasons.size <= MOST_PENDING) return;
    this.#reasons.clear();
    this.#reasons.set(ROOT, "gap");
  }

  take(): { path: RelativePath; reason: PassReason } | undefined {
    for (const [path, reason] of this.#reasons) {
      this.#reasons.delete(path);
      return { path, reason };
    }
    return undefined;
  }

  get includesRoot(): boolean {
    return this.#reasons.has(ROOT);
  }
}

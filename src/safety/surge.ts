/**
 * How much has happened within the last minute, and whether that is more than a guard allows: the
 * measure under "mass deletion" and "mass rewrite". It only counts; what to hold is the caller's.
 */

/** Within a minute, more than `entries` and more than `share` (0 to 1) of what the index holds. */
export interface GuardLimit {
  readonly entries: number;
  readonly share: number;
}

export interface SurgeVerdict {
  /** Counted within the minute. */
  readonly entries: number;
  /** The largest total that was told within the minute: the tree before it shrank. */
  readonly of: number;
}

const WINDOW_MS = 60_000;

/**
 * Counts are kept by the second, so memory is bounded by the window. A second leaves the window as a
 * whole: what is counted may be up to one second older than the window, never younger.
 */
const BUCKET_MS = 1_000;

interface Bucket {
  /** The second it stands for, since the epoch. */
  readonly second: number;
  entries: number;
  /** The largest total told within it. */
  total: number;
}

export class Surge {
  readonly #limit: GuardLimit;
  /** Oldest first. */
  #buckets: Bucket[] = [];

  constructor(limit: GuardLimit) {
    this.#limit = limit;
  }

  /** Counts entries that were deleted or rewritten at this moment, ms since the epoch. */
  add(entries: number, at: number): void {
    this.#bucket(at).entries += entries;
  }

  /**
   * What was counted, where that is more than the limit allows; undefined where all is well. Without
   * any total (there is no index) the number alone decides.
   *
   * @param total entries in the index now
   */
  judge(now: number, total: number): SurgeVerdict | undefined {
    const bucket = this.#bucket(now);
    bucket.total = Math.max(bucket.total, total);
    let entries = 0;
    let of = 0;
    for (const each of this.#buckets) {
      entries += each.entries;
      of = Math.max(of, each.total);
    }
    const isTooMuch = entries > this.#limit.entries && entries > this.#limit.share * of;
    return isTooMuch ? { entries, of } : undefined;
  }

  /** Begins anew: what was counted has been approved. */
  forgive(): void {
    this.#buckets = [];
  }

  /** The bucket of a moment; a moment before the newest bucket counts as the newest. */
  #bucket(at: number): Bucket {
    const newest = this.#buckets.at(-1);
    const second = Math.max(Math.floor(at / BUCKET_MS), newest?.second ?? 0);
    const oldest = second - WINDOW_MS / BUCKET_MS;
    const kept = this.#buckets.findIndex((bucket) => bucket.second >= oldest);
    if (kept !== 0) this.#buckets = kept < 0 ? [] : this.#buckets.slice(kept);
    if (newest?.second === second) return newest;
    const bucket = { second, entries: 0, total: 0 };
    this.#buckets.push(bucket);
    return bucket;
  }
}

/** What became of a lane's batches: counts, failed paths, and the facts that tell of them. */
import type { Debt } from "../journal/journal.js";
import type { BatchEntry } from "../model/batch.js";
import { Kind } from "../model/change.js";
import type { Clock } from "../model/clock.js";
import type { DeliveredEntry, FactListener } from "../model/fact.js";
import type { Delivery } from "../transfer/deliver.js";
import { FailedPaths } from "./failed-paths.js";
import type { DeliveredCounts } from "./status.js";

export class LaneReport {
  readonly failed = new FailedPaths();
  readonly #names: { readonly source: string; readonly target: string };
  readonly #clock: Clock;
  readonly #facts: FactListener;
  #counts: DeliveredCounts = { batches: 0, paths: 0, bytes: 0, lastAt: undefined };

  constructor(source: string, target: string, clock: Clock, facts: FactListener) {
    this.#names = { source, target };
    this.#clock = clock;
    this.#facts = facts;
  }

  get counts(): DeliveredCounts {
    return this.#counts;
  }

  /** Bytes that went to the replica for a rename. */
  sent(bytes: number): void {
    this.#counts = { ...this.#counts, bytes: this.#counts.bytes + bytes };
  }

  /** A debt of an earlier run, that had failed there. */
  failedBefore({ path, reason, attempts, retryAt }: Debt): void {
    this.failed.failed({ path, reason, attempts, retryAt });
  }

  /** Takes over the outcome of a batch; true when something of it arrived. */
  batch(entries: readonly BatchEntry[], delivery: Delivery, startedAt: number): boolean {
    const now = this.#clock.now();
    const delivered: DeliveredEntry[] = [];
    for (const entry of entries) {
      const { path } = entry;
      const outcome = delivery.outcomeOf(entry);
      if (outcome.kind === "delivered") {
        const deleted = entry.sight.type === "missing";
        if (deleted) this.failed.deleted(path);
        else this.failed.delivered(path);
        const { kinds, sight, since } = entry;
        const directory = deleted
          ? (kinds & Kind.Directory) !== 0
          : sight.at === path && sight.type === "directory";
        delivered.push({ path, deleted, directory, kinds, delayMs: now - since });
      } else if (outcome.kind === "failed") {
        const { reason, retryAt } = outcome;
        const failure = { path, reason, attempts: entry.attempts + 1, retryAt };
        this.failed.failed(failure);
        this.#facts({ kind: "path-failed", ...this.#names, ...failure });
      }
    }
    if (delivered.length === 0) return false;
    const bytes = delivery.sentBytes;
    this.#counts = {
      batches: this.#counts.batches + 1,
      paths: this.#counts.paths + delivered.length,
      bytes: this.#counts.bytes + bytes,
      lastAt: now,
    };
    const tookMs = now - startedAt;
    this.#facts({ kind: "batch", ...this.#names, entries: delivered, bytes, tookMs });
    return true;
  }
}

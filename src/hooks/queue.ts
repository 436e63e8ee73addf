/** What waits for a hook: bounded, each thing once, and what has failed for a later time. */
import type { HookEvent } from "./event.js";

/** What one run tells. */
export interface Batch {
  readonly events: Map<string, HookEvent>;
  /** Runs that failed so far. */
  readonly attempts: number;
  /** Not before, ms since the epoch. */
  readonly dueAt: number;
}

export class HookQueue {
  readonly #most: number;
  /** In the order of their arrival. */
  readonly #fresh = new Map<string, HookEvent>();
  readonly #failed = new Set<Batch>();
  /** Which failed batch an event stands in. */
  readonly #places = new Map<string, Batch>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#fresh.size + this.#places.size;
  }

  /**
   * False where there is no room. What waits already is told once, as it is last; `beside` is how
   * many events are on their way and count as well.
   */
  add(event: HookEvent, beside: number): boolean {
    const key = keyOf(event);
    const place = this.#places.get(key)?.events ?? this.#fresh;
    const waiting = place.get(key);
    if (waiting === undefined && this.size + beside >= this.#most) return false;
    place.set(key, waiting === undefined ? event : merged(waiting, event));
    return true;
  }

  /** A failed batch that is due, or up to `most` of what never was tried; the other for want of one. */
  take(most: number, now: number, prefer: "due" | "fresh"): Batch | undefined {
    if (prefer === "fresh" && this.hasFresh) return this.#takeFresh(most, now);
    return this.#takeDue(now) ?? (this.hasFresh ? this.#takeFresh(most, now) : undefined);
  }

  #takeDue(now: number): Batch | undefined {
    const due = this.#earliest();
    if (due === undefined || due.dueAt > now) return undefined;
    this.#failed.delete(due);
    for (const key of due.events.keys()) this.#places.delete(key);
    return due;
  }

  #takeFresh(most: number, now: number): Batch {
    const events = new Map<string, HookEvent>();
    for (const [key, event] of this.#fresh) {
      if (events.size >= most) break;
      events.set(key, event);
    }
    for (const key of events.keys()) this.#fresh.delete(key);
    return { events, attempts: 0, dueAt: now };
  }

  /** What has failed waits for its time; what was said of the same meanwhile goes with it. */
  putBack(batch: Batch): void {
    for (const [key, event] of batch.events) {
      const newer = this.#fresh.get(key);
      if (newer !== undefined) batch.events.set(key, merged(event, newer));
      this.#fresh.delete(key);
      this.#places.set(key, batch);
    }
    this.#failed.add(batch);
  }

  /** When something is to be tried again; undefined where nothing has failed. */
  get dueAt(): number | undefined {
    return this.#earliest()?.dueAt;
  }

  get hasFresh(): boolean {
    return this.#fresh.size > 0;
  }

  *events(): Generator<HookEvent> {
    for (const batch of this.#failed) yield* batch.events.values();
    yield* this.#fresh.values();
  }

  #earliest(): Batch | undefined {
    let earliest: Batch | undefined;
    for (const batch of this.#failed) {
      if (earliest === undefined || batch.dueAt < earliest.dueAt) earliest = batch;
    }
    return earliest;
  }
}

function keyOf({ on, target, path }: HookEvent): string {
  return JSON.stringify([on, target ?? null, path ?? null]);
}

function merged(one: HookEvent, other: HookEvent): HookEvent {
  // What a journal gives back may be older than what has happened since.
  const [older, newer] = one.at <= other.at ? [one, other] : [other, one];
  const kinds = (older.kinds ?? 0) | (newer.kinds ?? 0);
  return older.kinds === undefined && newer.kinds === undefined ? newer : { ...newer, kinds };
}

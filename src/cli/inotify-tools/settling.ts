/** Events of one path put together until nothing has happened to it for a while (`--settle`). */
import type { RawEvent } from "../../watch/events/raw-event.js";

interface Unsettled {
  event: RawEvent;
  due: number;
}

export class Settling {
  readonly #quietMs: number;
  /** In the order of their last events: the first one is due first. */
  readonly #byPath = new Map<string, Unsettled>();

  constructor(quietMs: number) {
    this.#quietMs = quietMs;
  }

  /** What was told of the path before is told together with it: all masks in one. */
  add(event: RawEvent, now: number): void {
    const path = `${event.watched}${event.name}`;
    const before = this.#byPath.get(path)?.event;
    this.#byPath.delete(path);
    const together =
      before === undefined
        ? event
        : {
            ...event,
            mask: before.mask | event.mask,
            cookie: event.cookie === 0 ? before.cookie : event.cookie,
            isFound: before.isFound && event.isFound,
          };
    this.#byPath.set(path, { event: together, due: now + this.#quietMs });
  }

  /** When the next path is due, Infinity for none; on the clock of `now`. */
  get nextDue(): number {
    for (const { due } of this.#byPath.values()) return due;
    return Infinity;
  }

  /** What has been quiet long enough; with Infinity, all there is. */
  take(now: number): RawEvent[] {
    const settled: RawEvent[] = [];
    for (const [path, { event, due }] of this.#byPath) {
      if (due > now) break;
      this.#byPath.delete(path);
      settled.push(event);
    }
    return settled;
  }
}

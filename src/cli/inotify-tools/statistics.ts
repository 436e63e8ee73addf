/** What inotifywatch counts, and its table at any moment. */
import { Mask } from "../../kernel/inotify-decode.js";
import type { RawEvent } from "../../watch/events/raw-event.js";
import type { RawSource } from "../../watch/events/raw-source.js";
import { countOfKind, EventCounts } from "./event-counts.js";
import { statsTable, type StatsRow } from "./stats-table.js";
import type { Hides } from "./filter-option.js";
import type { StatsOptions } from "./watch-stats-options.js";

export class Statistics {
  readonly #watch: RawSource;
  readonly #options: StatsOptions;
  readonly #hides: Hides | undefined;
  readonly #counts = new EventCounts();
  /** Where a place stands among those that were there at the start; later ones come behind. */
  readonly #ranks = new Map<number, number>();

  constructor(watch: RawSource, options: StatsOptions, hides: Hides | undefined) {
    this.#watch = watch;
    this.#options = options;
    this.#hides = hides;
    for (const [rank, place] of watch.places().entries()) this.#ranks.set(place, rank);
    this.#expectAll();
  }

  add(events: readonly RawEvent[]): void {
    for (const event of events) {
      const mask = this.#countedOf(event);
      if (mask !== 0 && this.#hides?.(`${event.watched}${event.name}`) !== true) {
        this.#counts.add(event, mask);
      }
    }
  }

  /** latin1; undefined where nothing has happened yet. */
  table(): string | undefined {
    const { places, all } = this.#counts;
    if (countOfKind(all, "total") === 0) return undefined;
    this.#expectAll();
    const rows: StatsRow[] = [...places].map(([place, { name, counts }]) => ({
      name: this.#watch.nameOf(place) ?? name,
      counts,
      rank: this.#rankOf(place),
    }));
    return statsTable(rows, all, this.#options);
  }

  /** Rows of zeros are wanted of what has gone since, too. */
  #expectAll(): void {
    if (!this.#options.zero) return;
    for (const place of this.#watch.places()) {
      this.#counts.expect(place, this.#watch.nameOf(place) ?? "");
    }
  }

  /** The bits that count; 0 for what was not asked for. */
  #countedOf({ place, mask, isFound }: RawEvent): number {
    if (place < 0) return 0;
    // What was inside a new directory has been created; more is not known of it.
    if (isFound) return mask & this.#options.events & Mask.CREATE;
    // Told of every watch, asked for or not: the end of it, and of its file system.
    return mask & (this.#options.events | Mask.IGNORED | Mask.UNMOUNT) & ~Mask.ISDIR;
  }

  /** Watches are numbered as they are made. */
  #rankOf(place: number): number {
    return this.#ranks.get(place) ?? this.#ranks.size + place;
  }
}

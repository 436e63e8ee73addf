/**
 * What is to be told, in its order: gaps, the root's fate, renames and lists of what is there as they
 * come; after them the changes that wait and may be told.
 */
import type { Filter } from "../../filter/filter.js";
import { type Changes, Kind } from "../../model/change.js";
import { systemClock } from "../../model/clock.js";
import { isBelow, type RelativePath, ROOT } from "../../model/path.js";
import type { WatchedGap, WatchedRoot, WatchEvent, WatchGapReason } from "./events.js";
import { HandedOut } from "./handed-out.js";
import { type Listed, listTree } from "./listing.js";
import type { WatchPlan } from "./options.js";
import type { Places } from "./place.js";
import { type Ahead as Renamed, Renames } from "./renames.js";
import { kindOf, Waiting, type Waits } from "./waiting.js";

export interface NewsSettings {
  readonly plan: WatchPlan;
  readonly places: Places;
  readonly filter: Filter;
  /** Resolves when everything that happened before the call has been taken in here. */
  readonly drain: () => Promise<void>;
  /** There may be something to take. */
  readonly arrived: () => void;
}

/** What is there at and below a place, told as fast as it is read. */
interface Listing {
  readonly kind: "listing";
  readonly path: RelativePath;
  readonly entries: Generator<Listed>;
  /** It has an end when all that happened while it was read is known. */
  state: "reading" | "draining" | "done";
}

interface Notice {
  readonly kind: "notice";
  readonly event: WatchedGap | WatchedRoot;
  readonly path: RelativePath;
}

export class News {
  readonly #settings: NewsSettings;
  readonly #waiting: Waiting;
  readonly #handedOut: HandedOut;
  readonly #renames: Renames;
  /** What is told before any change that waits. */
  #ahead: (Renamed | Notice | Listing)[] = [];
  #isWatched = false;

  constructor(settings: NewsSettings) {
    this.#settings = settings;
    const { plan, places, drain } = settings;
    const { settle, longestWait, kinds } = plan;
    const { look } = places;
    const isWanted = (kind: (typeof kinds)[number]) => kinds.includes(kind);
    this.#waiting = new Waiting({ settle, longestWait, look, isWanted });
    this.#handedOut = new HandedOut(drain);
    this.#renames = new Renames(this.#waiting, this.#handedOut, look);
    this.#list(ROOT);
  }

  /** When there may be something to take, if nothing arrives before; Infinity for never. */
  get nextDue(): number {
    // A list that cannot go on yet is heard of; until then nothing else is told.
    return this.#ahead[0]?.kind === "listing" ? Infinity : this.#waiting.nextDue;
  }

  /** The whole tree is watched: what is listed from now on misses nothing. */
  begin(): void {
    this.#isWatched = true;
  }

  change(changes: Changes): void {
    const now = systemClock.now();
    const { at, paths, kinds, moves = [] } = changes;
    if (moves.length === 0) {
      for (const [index, path] of paths.entries()) {
        this.#waiting.add(path, kinds[index] ?? 0, at, now);
      }
    } else {
      const renamed = this.#renames.take(changes, now, this.#isCertain);
      if (renamed === undefined) this.#overflow(at);
      else this.#ahead.push(...renamed);
    }
    if (this.#waiting.size + this.#ahead.length > this.#settings.plan.buffer) this.#overflow(at);
  }

  gap(path: RelativePath, reason: WatchGapReason, at: number): void {
    // A gap that waits already says all that a second one of the same place would.
    const repeats = this.#ahead.some(
      (each) =>
        each.kind === "notice" &&
        each.event.kind === "gap" &&
        (each.path === path || isBelow(path, each.path)),
    );
    if (repeats) return;
    const event = { kind: "gap", reason, ...this.#settings.places.at(path, at) } as const;
    this.#ahead.push({ kind: "notice", event, path });
    this.#list(path);
  }

  root(kind: WatchedRoot["kind"], reason: string): void {
    const event = { kind, reason, ...this.#settings.places.at(ROOT, systemClock.now()) };
    this.#ahead.push({ kind: "notice", event, path: ROOT });
  }

  /** The next event; undefined where none may be told now. */
  take(): WatchEvent | undefined {
    for (let [next] = this.#ahead; next !== undefined; [next] = this.#ahead) {
      if (next.kind === "listing") return this.#takeListed(next);
      this.#ahead.shift();
      const event = this.#takeAhead(next);
      if (event !== undefined) return event;
    }
    const waits = this.#waiting.take(systemClock.now());
    return waits === undefined ? undefined : this.#takeChange(waits);
  }

  /** The reader has looked at what it was given. */
  cameBack(): void {
    this.#handedOut.cameBack();
  }

  /** What waits now waits for quiet no more. */
  release(): void {
    this.#waiting.release();
  }

  close(): void {
    this.#ahead = [];
    this.#waiting.clear();
    this.#handedOut.close();
  }

  /** The reader knows the tree as it was before the changes that come now, and no later one. */
  get #isCertain(): boolean {
    if (this.#handedOut.isComparing) return false;
    return !this.#ahead.some(
      (each) => each.kind === "listing" || (each.kind === "notice" && each.event.kind === "gap"),
    );
  }

  #list(path: RelativePath, isNext = false): void {
    const { plan, places, filter } = this.#settings;
    if (!plan.initial) return;
    const entries = listTree(places, path, filter);
    const listing: Listing = { kind: "listing", path, entries, state: "reading" };
    if (isNext) this.#ahead.unshift(listing);
    else this.#ahead.push(listing);
  }

  /** More waits than is kept. What is being listed goes on, so that it has an end. */
  #overflow(at: number): void {
    this.#waiting.clear();
    this.#ahead = this.#ahead.filter(({ kind }) => kind === "notice" || kind === "listing");
    this.gap(ROOT, "slow-reader", at);
  }

  #takeAhead(next: Renamed | Notice): WatchEvent | undefined {
    const { places, plan } = this.#settings;
    if (next.kind === "notice") {
      this.#noteComparing();
      return next.event;
    }
    if (next.kind === "change") {
      return plan.kinds.includes(kindOf(next.waits.joined))
        ? this.#takeChange(next.waits)
        : undefined;
    }
    const { from, to, isDirectory } = next.move;
    const [old, now] = [places.name(from), places.name(to)];
    return { kind: "moved", from: old, to: now, isDirectory, ...now, at: next.at };
  }

  #takeListed(listing: Listing): WatchEvent | undefined {
    const { places, drain, arrived } = this.#settings;
    if (!this.#isWatched || listing.state === "draining") return undefined;
    if (listing.state === "reading") {
      const { value: listed } = listing.entries.next() as IteratorResult<Listed, undefined>;
      if (listed !== undefined) return this.#foundBy(listed);
      listing.state = "draining";
      const finish = () => {
        listing.state = "done";
        arrived();
      };
      drain().then(finish, () => undefined);
      return undefined;
    }
    this.#ahead.shift();
    return { kind: "listed", ...places.at(listing.path, systemClock.now()) };
  }

  #foundBy(listed: Listed): WatchEvent {
    const { path } = listed;
    const place = this.#settings.places.at(path, systemClock.now());
    if (listed.kind === "unreadable") {
      this.#noteComparing(false);
      return { kind: "gap", reason: "unreadable", ...place };
    }
    const { isDirectory } = listed;
    this.#noteTold(path, isDirectory ? Kind.Content | Kind.Directory : Kind.Content);
    return { kind: "found", isDirectory, ...place };
  }

  #takeChange({ path, joined }: Waits): WatchEvent {
    const { kinds, gone, at } = joined;
    const isDirectory = (kinds & Kind.Directory) !== 0;
    // Where it had gone meanwhile, what was in it has not been told as gone.
    const wholeSubtree = isDirectory && !gone && (kinds & (Kind.Subtree | Kind.Gone)) !== 0;
    this.#noteTold(path, gone ? Kind.Gone : kinds & ~Kind.Gone);
    if (wholeSubtree) {
      this.#noteComparing();
      this.#list(path, true);
    }
    const place = this.#settings.places.at(path, at);
    return { kind: kindOf(joined), isDirectory, wholeSubtree, ...place };
  }

  #noteTold(path: RelativePath, kinds: number): void {
    if (this.#settings.plan.moves) this.#handedOut.told(path, kinds);
  }

  /** Where all is listed that has to be compared, the list has an end that is certain. */
  #noteComparing(isListed = this.#settings.plan.initial): void {
    if (this.#settings.plan.moves && !isListed) this.#handedOut.toldToCompare();
  }
}

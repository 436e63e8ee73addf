/**
 * Whose turn it is: when deletions may be cut, and when what goes last. Deletions follow the writes that
 * were ready before them; what goes last follows everything else, but for what has failed or is open.
 */
import type { OnMissing } from "./deletions.js";
import type { Flights } from "./flights.js";
import type { Ready } from "./mark.js";
import type { Marks } from "./marks.js";
import type { Moves } from "./moves.js";
import { type Places, contentsIn } from "./places.js";

/** What goes last waits no longer than this for a stream of other changes to end. */
export const LAST_AT_MOST_MS = 5_000;

const GOES_BEFORE_LAST = new Set<Ready>(["first", "content", "attributes", "large"]);

const WRITES = ["first", "content", "last"] as const;

export class Turns {
  readonly #marks: Marks;
  readonly #flights: Flights;
  readonly #moves: Moves;

  constructor(marks: Marks, flights: Flights, moves: Moves) {
    this.#marks = marks;
    this.#flights = flights;
    this.#moves = moves;
  }

  /** When what goes last may be cut, ms since the epoch; -Infinity for at once. */
  lastDueAt(places: Places): number | undefined {
    if (places.count("last") + places.count("lastRetry") === 0) return undefined;
    if (this.lastIsFree(places)) return -Infinity;
    const oldest = places.first("last") ?? places.first("lastRetry");
    return (oldest?.mark?.since ?? 0) + LAST_AT_MOST_MS;
  }

  /** True when nothing is ready or in flight that goes before what goes last. */
  lastIsFree(places: Places): boolean {
    for (const place of GOES_BEFORE_LAST) if (places.count(place) > 0) return false;
    const isBackground = places === this.#marks.background;
    if (!isBackground && this.#moves.size > 0) return false;
    return !this.#flights.some(
      ({ lane, place }) => (lane === "background") === isBackground && GOES_BEFORE_LAST.has(place),
    );
  }

  /** True when deletions may go now; from the first time they might, later writes hold them up no more. */
  deletesMayGo(now: number, missing: OnMissing): boolean {
    const { normal, deletions } = this.#marks;
    if (normal.count("deleting") === 0 || missing === "hold") return false;
    if (now < this.#deletesFallDue()) return false;
    deletions.follow(this.#flights.lastId + this.#writesReady());
    return !this.#deletesMustFollow();
  }

  /** When deletions may go, ms since the epoch; undefined: not before a change or an end. */
  deletesDueAt(missing: OnMissing): number | undefined {
    if (this.#marks.normal.count("deleting") === 0 || missing === "hold") return undefined;
    return this.#deletesMustFollow() ? undefined : this.#deletesFallDue();
  }

  /** Deletions that a pass found follow all the contents it found. */
  backgroundMayDelete(missing: OnMissing): boolean {
    const { background } = this.#marks;
    if (background.count("deleting") === 0 || missing === "hold") return false;
    if (contentsIn(background) > 0) return false;
    return !this.#flights.some(({ lane, place }) => lane === "background" && place !== "deleting");
  }

  /** What goes last may be the new place of a name that is gone: it is given its time. */
  #deletesFallDue(): number {
    const { normal, deletions } = this.#marks;
    if (normal.count("last") === 0) return deletions.dueAt;
    return Math.max(deletions.dueAt, deletions.waitingSince + LAST_AT_MOST_MS);
  }

  /** True until every write that was ready before the deletions fell due has been carried. */
  #deletesMustFollow(): boolean {
    const { follows } = this.#marks.deletions;
    if (follows === undefined) return false;
    if (this.#flights.lastId < follows && this.#writesReady() > 0) return true;
    return this.#flights.some(({ batch, lane }) => lane === "normal" && batch.id <= follows);
  }

  /** In how many batches what is ready to be written would go, were they without bounds. */
  #writesReady(): number {
    const { normal } = this.#marks;
    let batches = 0;
    for (const place of WRITES) if (normal.count(place) > 0) batches++;
    return batches;
  }
}

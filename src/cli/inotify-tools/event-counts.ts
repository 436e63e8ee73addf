/** Events counted for each watched place, by kind: what inotifywatch's table is made of. */
import { Mask } from "../../kernel/inotify-decode.js";
import type { RawEvent } from "../../watch/events/raw-event.js";

/** In the order of the table's columns. */
export const COUNTED = [
  ["access", Mask.ACCESS],
  ["modify", Mask.MODIFY],
  ["attrib", Mask.ATTRIB],
  ["close_write", Mask.CLOSE_WRITE],
  ["close_nowrite", Mask.CLOSE_NOWRITE],
  ["open", Mask.OPEN],
  ["moved_from", Mask.MOVED_FROM],
  ["moved_to", Mask.MOVED_TO],
  ["move_self", Mask.MOVE_SELF],
  ["create", Mask.CREATE],
  ["delete", Mask.DELETE],
  ["delete_self", Mask.DELETE_SELF],
  ["unmount", Mask.UNMOUNT],
] as const;

export type CountedName = (typeof COUNTED)[number][0];

/** The total, then a number for each kind, in that order. */
export type Counts = Uint32Array;

const NUMBERS = COUNTED.length + 1;

export interface CountedPlace {
  /** What it was called when its last event came. */
  name: string;
  readonly counts: Counts;
}

export class EventCounts {
  readonly places = new Map<number, CountedPlace>();
  readonly all = noCounts();

  /** `mask` is what counts of the event's; the end of a watch (IGNORED) is in the total alone. */
  add({ place, watched }: RawEvent, mask: number): void {
    const row = this.#rowOf(place, watched);
    addTo(row.counts, mask);
    addTo(this.all, mask);
  }

  /** A place of which nothing has been told yet is known from now on. */
  expect(place: number, name: string): void {
    this.#rowOf(place, name);
  }

  #rowOf(place: number, name: string): CountedPlace {
    const known = this.places.get(place);
    if (known !== undefined) {
      known.name = name;
      return known;
    }
    const row = { name, counts: noCounts() };
    this.places.set(place, row);
    return row;
  }
}

/** A number for the total and one for each kind, all of them 0. */
export function noCounts(): Counts {
  return new Uint32Array(NUMBERS);
}

/** Of a kind, or of all together. */
export function countOfKind(counts: Counts, kind: CountedName | "total"): number {
  return counts[COUNTED.findIndex(([name]) => name === kind) + 1] ?? 0;
}

function addTo(counts: Counts, mask: number): void {
  counts[0] = (counts[0] ?? 0) + 1;
  for (const [index, [, bit]] of COUNTED.entries()) {
    if ((mask & bit) !== 0) counts[index + 1] = (counts[index + 1] ?? 0) + 1;
  }
}

/** Where paths wait: one ordered set for each reason, and which of them a path belongs to. */
import type { Profile, Sight } from "../model/batch.js";
import type { Mark, Node, Place, Ready } from "./mark.js";

/** -1: before other content; 1: after everything else. */
export type Rank = -1 | 0 | 1;

/** One for live changes, one for what a pass in the background found. Sets keep the order of arrival. */
export class Places {
  readonly #sets: Readonly<Record<Place, Set<Node>>> = {
    first: new Set(),
    content: new Set(),
    attributes: new Set(),
    deleting: new Set(),
    large: new Set(),
    retry: new Set(),
    last: new Set(),
    lastRetry: new Set(),
    open: new Set(),
    delayed: new Set(),
    blocked: new Set(),
  };

  at(place: Place): ReadonlySet<Node> {
    return this.#sets[place];
  }

  enter(node: Node, mark: Mark, place: Place): void {
    mark.place = place;
    this.#sets[place].add(node);
  }

  leave(node: Node, mark: Mark): void {
    if (mark.place !== undefined) this.#sets[mark.place].delete(node);
    mark.place = undefined;
  }

  count(place: Place): number {
    return this.#sets[place].size;
  }

  /** True when something in any place but one passes a test. */
  someBut(excluded: Place, test: (mark: Mark) => boolean): boolean {
    for (const place of Object.keys(this.#sets) as Place[]) {
      if (place === excluded) continue;
      for (const { mark } of this.#sets[place]) {
        if (mark !== undefined && test(mark)) return true;
      }
    }
    return false;
  }

  /** What came first. */
  first(place: Place): Node | undefined {
    for (const node of this.#sets[place]) return node;
    return undefined;
  }
}

const CONTENTS: readonly Ready[] = [
  ...(["first", "content", "attributes", "large"] as const),
  ...(["retry", "last", "lastRetry"] as const),
];

/** How much is ready that is no deletion. */
export function contentsIn(places: Places): number {
  let count = 0;
  for (const place of CONTENTS) count += places.count(place);
  return count;
}

export function placeOfContent(rank: Rank, attempts: number): Ready {
  // What failed before travels apart, so that it does not spoil a batch of sound ones.
  if (attempts > 0) return rank === 1 ? "lastRetry" : "retry";
  return rank === 1 ? "last" : rank === -1 ? "first" : "content";
}

/** Which place a path should be cut from, seen what stands there. */
export function placeFor(
  sight: Sight,
  from: Ready,
  largeFileBytes: number,
  rank: () => Rank,
): Ready {
  if (sight.type === "missing") return "deleting";
  if (from === "attributes" || from === "retry" || from === "lastRetry") return from;
  if (sight.type === "file" && sight.size > largeFileBytes) return "large";
  return from === "deleting" || from === "large" ? placeOfContent(rank(), 0) : from;
}

export function profileOf(place: Ready): Profile {
  if (place === "large") return "large";
  return place === "attributes" || place === "deleting" ? "attributes" : "content";
}

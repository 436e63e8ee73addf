/**
 * How old what is owed is: whether anything that was owed at a certain time still is. It is asked
 * again and again while somebody waits for a flush, however much is owed.
 */
import { DueHeap } from "./heap.js";
import type { Mark, Node } from "./mark.js";

/** Stale items that are put up with before the heap is made anew. */
const SLACK = 1_024;

export class Ages {
  #heap = new DueHeap<Node>();

  /** To be told whenever a path comes to be owed, or owed since another time. */
  note(node: Node, mark: Mark, owed: number): void {
    if (mark.notedSince === mark.since) return;
    mark.notedSince = mark.since;
    this.#heap.add(mark.since, node);
    if (this.#heap.size > 2 * owed + SLACK) this.renew();
  }

  /** True when something that `counts` has been owed since `time` or longer. */
  hasBefore(time: number, counts: (mark: Mark) => boolean): boolean {
    for (let first = this.#heap.first; first !== undefined; first = this.#heap.first) {
      if (first.dueAt > time) return false;
      const mark = markOf(first.value, first.dueAt);
      if (mark === undefined) this.#heap.take(time);
      else if (counts(mark)) return true;
      else break;
    }
    return this.#heap.some(time, (node, since) => {
      const mark = markOf(node, since);
      return mark !== undefined && counts(mark);
    });
  }

  /** Lets go of all that is stale. */
  renew(): void {
    const old = this.#heap;
    const kept = new Set<Node>();
    this.#heap = new DueHeap();
    for (const { value: node, dueAt } of old.items) {
      if (markOf(node, dueAt) === undefined || kept.has(node)) continue;
      kept.add(node);
      this.#heap.add(dueAt, node);
    }
  }
}

/** The mark an item stands for; undefined for a stale one. */
function markOf({ mark }: Node, since: number): Mark | undefined {
  return mark !== undefined && mark.kinds !== 0 && mark.since === since ? mark : undefined;
}

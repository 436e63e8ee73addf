/**
 * How old what is owed is: whether anything that was owed at a certain time still is. It is asked
 * again and again while somebody waits for a flush, however much is owed; nothing is kept for it while
 * nobody does.
 */
import { DueHeap } from "./heap.js";
import type { Mark, Node } from "./mark.js";

/** Stale items that are put up with before the heap is made anew. */
const SLACK = 1_024;

export class Ages {
  readonly #everything: () => Iterable<Node>;
  /** Undefined while nobody asks. */
  #heap: DueHeap<Node> | undefined;
  #isAsked = false;

  constructor(everything: () => Iterable<Node>) {
    this.#everything = everything;
  }

  /** To be told whenever a path comes to be owed, or owed since another time. */
  note(node: Node, since: number, owed: number): void {
    if (this.#heap === undefined) return;
    this.#heap.add(since, node);
    if (this.#heap.size <= 2 * owed + SLACK) return;
    if (this.#isAsked) this.#renew(this.#heap);
    else this.#heap = undefined;
    this.#isAsked = false;
  }

  /** True when something that `counts` has been owed since `time` or longer. */
  hasBefore(time: number, counts: (mark: Mark) => boolean): boolean {
    this.#isAsked = true;
    const heap = (this.#heap ??= this.#collect());
    for (let { first } = heap; first !== undefined; { first } = heap) {
      if (first.dueAt > time) return false;
      const mark = markOf(first.value, first.dueAt);
      if (mark === undefined) heap.take(time);
      else if (counts(mark)) return true;
      else break;
    }
    return heap.some(time, (node, since) => {
      const mark = markOf(node, since);
      return mark !== undefined && counts(mark);
    });
  }

  #collect(): DueHeap<Node> {
    const heap = new DueHeap<Node>();
    for (const node of this.#everything()) {
      const { mark } = node;
      if (mark !== undefined && markOf(node, mark.since) === mark) heap.add(mark.since, node);
    }
    return heap;
  }

  #renew(old: DueHeap<Node>): void {
    const heap = new DueHeap<Node>();
    const kept = new Set<Node>();
    for (const { value: node, dueAt } of old.items) {
      if (markOf(node, dueAt) === undefined || kept.has(node)) continue;
      kept.add(node);
      heap.add(dueAt, node);
    }
    this.#heap = heap;
  }
}

/** The mark an item stands for; undefined for a stale one, and for what waits in the background. */
function markOf({ mark }: Node, since: number): Mark | undefined {
  const isOwed = mark !== undefined && mark.kinds !== 0 && !mark.background;
  return isOwed && mark.since === since ? mark : undefined;
}

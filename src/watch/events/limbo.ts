/**
 * Directories between the two halves of a rename: MOVED_FROM has been read, MOVED_TO has not. The
 * halves come one right after the other, but events of other directories may come between them.
 */
import { NO_NODE, type NodeId } from "./places.js";

/** For what has left the tree there is no second half. */
const LONGEST_MS = 100;

interface Waiting {
  readonly cookie: number;
  readonly node: NodeId;
  readonly due: number;
}

export class Limbo {
  #waiting: Waiting[] = [];
  /**
   * Directories whose place another one has taken by a rename. That ends them, unless the two were
   * exchanged (RENAME_EXCHANGE): then the next thing told of that place is that this one leaves it.
   */
  readonly #replaced = new Map<string, NodeId>();
  readonly #drop: (node: NodeId) => void;

  /** `drop` takes what did not come back. */
  constructor(drop: (node: NodeId) => void) {
    this.#drop = drop;
  }

  add(cookie: number, node: NodeId): void {
    this.#waiting.push({ cookie, node, due: performance.now() + LONGEST_MS });
  }

  /** The directory that this second half is about; it waits no longer. */
  take(cookie: number): NodeId | undefined {
    const index = this.#waiting.findIndex((each) => each.cookie === cookie);
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0]?.node;
  }

  replaced(parent: NodeId, name: string, node: NodeId): void {
    this.#replaced.set(`${parent}/${name}`, node);
  }

  exchanged(parent: NodeId, name: string): NodeId | undefined {
    const key = `${parent}/${name}`;
    const node = this.#replaced.get(key);
    this.#replaced.delete(key);
    return node;
  }

  /** The kernel has let go of it. */
  forget(node: NodeId): void {
    if (this.#waiting.length > 0) {
      this.#waiting = this.#waiting.filter((each) => each.node !== node);
    }
    for (const [key, each] of this.#replaced) if (each === node) this.#replaced.delete(key);
  }

  /** `limitMs`, or less where something is due before; -1 is for ever. */
  waitAtMost(limitMs: number): number {
    const due = this.#waiting[0]?.due;
    if (due === undefined) return limitMs;
    const untilDue = Math.max(0, Math.ceil(due - performance.now()));
    return limitMs < 0 ? untilDue : Math.min(limitMs, untilDue);
  }

  /** To be called when no event waits. */
  expire(): void {
    while ((this.#waiting[0]?.due ?? Infinity) <= performance.now()) {
      const node = this.#waiting.shift()?.node ?? NO_NODE;
      if (node !== NO_NODE) this.#drop(node);
    }
  }
}

/**
 * Directories that an event says have left, while it is open whether the next one tells where to.
 * Until that is clear their old name is not told as gone: a rename within the tree is one thing.
 *
 * It goes by readings of the queue, not by time: the kernel queues both halves of a rename together,
 * and only the end of a reading can come between.
 */
import type { NodeId } from "./node-table.js";
import { NO_NODE } from "./node-table.js";

/** Where a directory left from. The parent may itself be elsewhere by now. */
export interface Departure {
  /** A watch descriptor: unlike a node's number it is never given out again. */
  readonly parentWatch: number;
  readonly name: string;
  readonly cookie: number;
}

/** The reading that showed the leaving, and one more. */
const READINGS = 2;

interface Open extends Departure {
  readings: number;
}

export class Departures {
  readonly #open = new Map<NodeId, Open>();

  get size(): number {
    return this.#open.size;
  }

  put(node: NodeId, departure: Departure): void {
    this.#open.set(node, { ...departure, readings: 0 });
  }

  /** Ends the waiting for a directory; undefined when it is not waited for. */
  take(node: NodeId): Departure | undefined {
    if (this.#open.size === 0) return undefined;
    const open = this.#open.get(node);
    this.#open.delete(node);
    return open;
  }

  /** The directory that left with this half of a rename, or NO_NODE. */
  withCookie(cookie: number): NodeId {
    for (const [node, open] of this.#open) if (open.cookie === cookie) return node;
    return NO_NODE;
  }

  /** The directory that left this place, or NO_NODE. */
  fromPlace(parentWatch: number, name: string): NodeId {
    for (const [node, open] of this.#open) {
      if (open.parentWatch === parentWatch && open.name === name) return node;
    }
    return NO_NODE;
  }

  /** To be called after each reading: takes those that have not arrived in time. */
  takeOverdue(): Departure[] {
    if (this.#open.size === 0) return [];
    const overdue: Departure[] = [];
    for (const [node, open] of this.#open) {
      if (++open.readings < READINGS) continue;
      this.#open.delete(node);
      overdue.push(open);
    }
    return overdue;
  }
}

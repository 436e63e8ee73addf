/**
 * Directories that have left their place and may turn up in another: moved away, deleted, replaced.
 *
 * They keep their watches for a while, so that one that is moved within the tree is known again by
 * its descriptor, whichever order its events come in. That needs no pairing by cookie.
 */
import type { NodeId } from "./node-table.js";

/** A rename's two halves arrive together; this is for a queue that is read late. */
export const LIMBO_MS = 500;

export class Limbo {
  /** When each may be let go, ms; oldest first, as all wait equally long. */
  readonly #until = new Map<NodeId, number>();

  get size(): number {
    return this.#until.size;
  }

  put(node: NodeId, now: number): void {
    this.#until.delete(node);
    this.#until.set(node, now + LIMBO_MS);
  }

  remove(node: NodeId): void {
    this.#until.delete(node);
  }

  has(node: NodeId): boolean {
    return this.#until.has(node);
  }

  /** When the first may be let go; Infinity for none. */
  get nextDue(): number {
    for (const until of this.#until.values()) return until;
    return Infinity;
  }

  /** Takes those whose time has come. */
  takeDue(now: number): NodeId[] {
    const due: NodeId[] = [];
    for (const [node, until] of this.#until) {
      if (until > now) break;
      due.push(node);
    }
    for (const node of due) this.#until.delete(node);
    return due;
  }

  clear(): void {
    this.#until.clear();
  }
}

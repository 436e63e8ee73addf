/**
 * Directories to look at again in a moment, because the disk was ahead of the events: a name was
 * listed and then gone, or a place could not be reached. An ancestor's move may still be queued.
 */
import type { NodeId } from "./node-table.js";

/** The events that explain it are mostly in the queue already. */
const FIRST_MS = 10;
const LONGEST_MS = 1000;

interface Recheck {
  due: number;
  /** Names that were missed; empty means that the whole directory is in doubt. */
  readonly names: Set<string>;
  /** The whole directory is in doubt, whatever becomes of the names. */
  whole: boolean;
  waitMs: number;
}

export class Rechecks {
  readonly #waiting = new Map<NodeId, Recheck>();
  /** How long a directory that is in doubt again and again waits by now. */
  readonly #waitedMs = new Map<NodeId, number>();

  get size(): number {
    return this.#waiting.size;
  }

  has(node: NodeId): boolean {
    return this.#waiting.has(node);
  }

  /** Asks for another look at a directory, for one missing name or altogether. */
  ask(node: NodeId, name: string | undefined, now: number): void {
    let entry = this.#waiting.get(node);
    if (entry === undefined) {
      const waitMs = Math.min(LONGEST_MS, 2 * (this.#waitedMs.get(node) ?? FIRST_MS / 2));
      entry = { due: now + waitMs, names: new Set(), whole: false, waitMs };
      this.#waiting.set(node, entry);
    }
    if (name === undefined) entry.whole = true;
    else entry.names.add(name);
  }

  /** An event has explained why a name was missing. */
  explained(node: NodeId, name: string): void {
    if (this.#waiting.size === 0) return;
    const entry = this.#waiting.get(node);
    if (entry?.names.delete(name) !== true) return;
    if (entry.names.size === 0 && !entry.whole) this.#waiting.delete(node);
  }

  /** A look at the directory found nothing in doubt. */
  satisfied(node: NodeId): void {
    if (this.#waitedMs.size > 0) this.#waitedMs.delete(node);
  }

  get nextDue(): number {
    let next = Infinity;
    for (const { due } of this.#waiting.values()) if (due < next) next = due;
    return next;
  }

  takeDue(now: number): NodeId[] {
    const due: NodeId[] = [];
    for (const [node, entry] of this.#waiting) {
      if (entry.due > now) continue;
      due.push(node);
      this.#waiting.delete(node);
      this.#waitedMs.set(node, entry.waitMs);
    }
    return due;
  }

  forget(node: NodeId): void {
    this.#waiting.delete(node);
    this.#waitedMs.delete(node);
  }

  clear(): void {
    this.#waiting.clear();
    this.#waitedMs.clear();
  }
}

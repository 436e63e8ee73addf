/**
 * Which directories are to be looked at, and how thoroughly. It lives in the flags of their nodes;
 * asking twice for one directory is one look.
 */
import type { NodeId, NodeTable } from "./node-table.js";

/** How a directory is looked at; bits of a node's flags. */
export const Look = {
  /** Everything in it is new to us and is told. */
  TELL_ENTRIES: 1,
  /** What is told is only a directory that was not known, with everything below it. */
  TELL_NEW: 2,
  /** Directories known already are looked at too, down to the leaves. */
  DEEP: 4,
} as const;

/** For a directory that has just appeared. */
export const LOOK_NEW = Look.TELL_ENTRIES | Look.TELL_NEW;

/** The other bits of a node's flags. */
export const Flag = {
  /** It waits to be looked at. */
  PENDING: 8,
  /** The list that is being read names it. */
  SEEN: 16,
  /** Scanned from time to time: it cannot be watched, or not everything in it is heard. */
  SCANNED: 32,
  /** On a file system where others write unheard: scanned although it is watched. */
  UNHEARD: 64,
  /** Something in it may not have been told: an event came while it had no place, a look failed. */
  UNCERTAIN: 128,
} as const;

const LOOK_BITS = LOOK_NEW | Look.DEEP;

export interface PendingLook {
  readonly node: NodeId;
  readonly how: number;
}

export class Looks {
  readonly #table: NodeTable;
  /** Last in, first out: depth first keeps it short. */
  readonly #pending: NodeId[] = [];
  /**
   * Looked at since the queue was last read to its end. A rename that was still queued may have put
   * another directory in the place that was looked at.
   */
  readonly #unconfirmed = new Set<NodeId>();

  constructor(table: NodeTable) {
    this.#table = table;
  }

  get isEmpty(): boolean {
    return this.#pending.length === 0;
  }

  ask(node: NodeId, how: number): void {
    const isPending = (this.#table.flagsOf(node) & Flag.PENDING) !== 0;
    this.#table.addFlags(node, Flag.PENDING | how);
    if (!isPending) this.#pending.push(node);
  }

  /** To be called when the queue was read to its end: no rename from before a look is left in it. */
  confirm(): void {
    if (this.#unconfirmed.size > 0) this.#unconfirmed.clear();
  }

  /** One more reading is wanted, so that the next rename finds them confirmed. */
  get hasUnconfirmed(): boolean {
    return this.#unconfirmed.size > 0;
  }

  isUnconfirmed(node: NodeId): boolean {
    return this.#unconfirmed.has(node);
  }

  /** Takes the next; undefined when none is left. */
  take(): PendingLook | undefined {
    let node: NodeId | undefined;
    while ((node = this.#pending.pop()) !== undefined) {
      const flags = this.#table.flagsOf(node);
      // Forgotten meanwhile, and the number perhaps another's.
      if ((flags & Flag.PENDING) === 0) continue;
      this.#table.dropFlags(node, Flag.PENDING | LOOK_BITS);
      this.#unconfirmed.add(node);
      return { node, how: flags & LOOK_BITS };
    }
    return undefined;
  }
}

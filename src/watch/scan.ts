/**
 * Directories the kernel does not report, or not fully: what each held when it was last looked at,
 * and when all of them are looked at again.
 */
import type { BigIntStats } from "node:fs";
import type { NodeId } from "./node-table.js";

/** A name's fingerprint when last seen. */
export type Snapshot = Map<string, number>;

const S_IFMT = 0o170000n;
const S_IFDIR = 0o040000n;

/**
 * What a change of content or attributes cannot leave as it was, in one number: change time, size,
 * inode and mode. Negative for a directory. Two states share a number once in 2^52.
 */
export function fingerprint(status: BigIntStats): number {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (const value of [status.ctimeNs, status.size, status.ino, status.mode]) {
    for (const part of [Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn)]) {
      a = Math.imul(a ^ part, 0x01000193);
      a ^= a >>> 15;
      b = Math.imul(b ^ part, 0x85ebca6b);
      b ^= b >>> 13;
    }
  }
  const print = (a >>> 0) * 0x100000 + (b >>> 12) + 1;
  return (status.mode & S_IFMT) === S_IFDIR ? -print : print;
}

export function isDirectoryPrint(print: number): boolean {
  return print < 0;
}

/** The directories that are scanned, with what was seen in each. */
export class ScanSet {
  readonly #snapshots = new Map<NodeId, Snapshot | undefined>();

  get size(): number {
    return this.#snapshots.size;
  }

  add(node: NodeId): void {
    if (!this.#snapshots.has(node)) this.#snapshots.set(node, undefined);
  }

  keep(node: NodeId, snapshot: Snapshot): void {
    this.#snapshots.set(node, snapshot);
  }

  remove(node: NodeId): void {
    this.#snapshots.delete(node);
  }

  /** Undefined for a directory that is not scanned, or has not been looked at yet. */
  snapshotOf(node: NodeId): Snapshot | undefined {
    return this.#snapshots.get(node);
  }

  nodes(): NodeId[] {
    return [...this.#snapshots.keys()];
  }

  clear(): void {
    this.#snapshots.clear();
  }
}

/** Scanning may take this share of the reader's time, at most. */
const LARGEST_SHARE = 1 / 20;
/** A tree in which scans find nothing waits longer and longer, up to this many times the pause. */
const LONGEST_FACTOR = 8;

/** When the next scan is due: the pause follows what scans cost and what they find. */
export class ScanPace {
  readonly #shortestMs: number;
  #factor = 1;

  constructor(shortestMs: number) {
    this.#shortestMs = shortestMs;
  }

  /** The pause after a scan that worked for `tookMs`. */
  pauseAfter(tookMs: number, foundChanges: boolean): number {
    this.#factor = foundChanges ? 1 : Math.min(LONGEST_FACTOR, this.#factor * 1.5);
    return Math.max(this.#shortestMs * this.#factor, tookMs / LARGEST_SHARE);
  }
}

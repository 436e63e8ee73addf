/**
 * The directories of a tree in few bytes: numbers in typed arrays, names as bytes, no object for each.
 *
 * A node knows its parent, so a path is a walk upwards and renaming a directory costs the same
 * however much lies below. The table does not know what a watch or a path on disk is.
 *
 * A node without a parent that is not the root is detached: it and what hangs on it has no path.
 */
import type { RelativePath } from "../model/path.js";
import { HashIndex } from "./hash-index.js";
import { NameStore } from "./name-store.js";

export type NodeId = number;

export const NO_NODE = -1;
export const ROOT_NODE = 0;
/** In the place of the next child after a node that has been forgotten. */
const FREE = -2;
/** In the place of a watch descriptor; the kernel counts from 1. */
export const UNWATCHED = -1;

const FIRST_CAPACITY = 64;

export class NodeTable {
  #capacity = FIRST_CAPACITY;
  #parent = filled(FIRST_CAPACITY);
  #firstChild = filled(FIRST_CAPACITY);
  #next = filled(FIRST_CAPACITY);
  #previous = filled(FIRST_CAPACITY);
  #watch = filled(FIRST_CAPACITY);
  #nameHash = new Int32Array(FIRST_CAPACITY);
  #flags = new Uint8Array(FIRST_CAPACITY);
  readonly #names = new NameStore();
  #used = 1;
  #free: NodeId[] = [];
  #watched = 0;
  readonly #byName = new HashIndex((node) => this.#nameHash[node] ?? 0);
  readonly #byWatch = new HashIndex((node) => hashOfWatch(this.#watch[node] ?? 0));

  /** Nodes, detached ones and the root included. */
  get size(): number {
    return this.#used - this.#free.length;
  }

  /** Nodes that have a watch descriptor. */
  get watched(): number {
    return this.#watched;
  }

  parentOf(node: NodeId): NodeId {
    return this.#parent[node] ?? NO_NODE;
  }

  nameOf(node: NodeId): string {
    return this.#names.get(node);
  }

  watchOf(node: NodeId): number {
    return this.#watch[node] ?? UNWATCHED;
  }

  flagsOf(node: NodeId): number {
    return this.#flags[node] ?? 0;
  }

  addFlags(node: NodeId, flags: number): void {
    this.#flags[node] = this.flagsOf(node) | flags;
  }

  dropFlags(node: NodeId, flags: number): void {
    this.#flags[node] = this.flagsOf(node) & ~flags;
  }

  /** False for an id whose node has been forgotten. */
  exists(node: NodeId): boolean {
    return node >= 0 && node < this.#used && this.#next[node] !== FREE;
  }

  watches(): number[] {
    return [...this.#watch.subarray(0, this.#used)].filter((watch) => watch !== UNWATCHED);
  }

  byWatch(watch: number): NodeId {
    return this.#byWatch.find(hashOfWatch(watch), (node) => this.#watch[node] === watch);
  }

  child(parent: NodeId, name: string): NodeId {
    return this.#byName.find(
      hashOfName(parent, name),
      (node) => this.#parent[node] === parent && this.#names.is(node, name),
    );
  }

  childrenOf(node: NodeId): NodeId[] {
    const children: NodeId[] = [];
    let child = this.#firstChild[node] ?? NO_NODE;
    while (child !== NO_NODE) {
      children.push(child);
      child = this.#next[child] ?? NO_NODE;
    }
    return children;
  }

  /** The node and all that hangs on it, parents before children. */
  subtreeOf(node: NodeId): NodeId[] {
    const nodes = [node];
    for (let at = 0; at < nodes.length; at++) {
      let child = this.#firstChild[nodes[at] ?? NO_NODE] ?? NO_NODE;
      while (child !== NO_NODE) {
        nodes.push(child);
        child = this.#next[child] ?? NO_NODE;
      }
    }
    return nodes;
  }

  /** The place below the root; undefined for a node that has none. */
  pathOf(node: NodeId): RelativePath | undefined {
    if (node === ROOT_NODE) return "" as RelativePath;
    let path = this.nameOf(node);
    let parent = this.parentOf(node);
    while (parent > ROOT_NODE) {
      path = `${this.nameOf(parent)}/${path}`;
      parent = this.parentOf(parent);
    }
    return parent === ROOT_NODE ? (path as RelativePath) : undefined;
  }

  /** True when `ancestor` is the node or above it. */
  isWithin(node: NodeId, ancestor: NodeId): boolean {
    for (let at = node; at !== NO_NODE; at = this.parentOf(at)) {
      if (at === ancestor) return true;
    }
    return false;
  }

  /** Adds a directory without a watch. No child of that name may be there. */
  add(parent: NodeId, name: string): NodeId {
    const node = this.#free.pop() ?? this.#append();
    this.#firstChild[node] = NO_NODE;
    this.#watch[node] = UNWATCHED;
    this.#flags[node] = 0;
    this.#names.set(node, name);
    this.#link(node, parent, name);
    return node;
  }

  /** Puts a node, with all that hangs on it, in another place; attached or detached before. */
  move(node: NodeId, parent: NodeId, name: string): void {
    this.detach(node);
    this.#names.set(node, name);
    this.#link(node, parent, name);
  }

  /** Takes a node out of the tree; it keeps its watch and its descendants. */
  detach(node: NodeId): void {
    const parent = this.parentOf(node);
    if (parent === NO_NODE) return;
    this.#byName.remove(node);
    const next = this.#next[node] ?? NO_NODE;
    const previous = this.#previous[node] ?? NO_NODE;
    if (previous === NO_NODE) this.#firstChild[parent] = next;
    else this.#next[previous] = next;
    if (next !== NO_NODE) this.#previous[next] = previous;
    this.#parent[node] = NO_NODE;
    this.#next[node] = NO_NODE;
    this.#previous[node] = NO_NODE;
  }

  setWatch(node: NodeId, watch: number): void {
    if (this.watchOf(node) !== UNWATCHED) {
      this.#byWatch.remove(node);
      this.#watched--;
    }
    this.#watch[node] = watch;
    if (watch === UNWATCHED) return;
    this.#byWatch.add(node);
    this.#watched++;
  }

  /** Removes one node for good. Its children must be detached or forgotten before. */
  forget(node: NodeId): void {
    this.detach(node);
    this.setWatch(node, UNWATCHED);
    this.#names.delete(node);
    this.#next[node] = FREE;
    this.#flags[node] = 0;
    this.#free.push(node);
  }

  #link(node: NodeId, parent: NodeId, name: string): void {
    const first = this.#firstChild[parent] ?? NO_NODE;
    this.#parent[node] = parent;
    this.#previous[node] = NO_NODE;
    this.#next[node] = first;
    if (first !== NO_NODE) this.#previous[first] = node;
    this.#firstChild[parent] = node;
    this.#nameHash[node] = hashOfName(parent, name);
    this.#byName.add(node);
  }

  #append(): NodeId {
    if (this.#used === this.#capacity) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    // By half: at 100,000 directories the slack of doubling would cost more than the copying.
    this.#capacity = this.#capacity + (this.#capacity >> 1);
    this.#parent = grown(this.#parent, this.#capacity);
    this.#firstChild = grown(this.#firstChild, this.#capacity);
    this.#next = grown(this.#next, this.#capacity);
    this.#previous = grown(this.#previous, this.#capacity);
    this.#watch = grown(this.#watch, this.#capacity);
    this.#nameHash = grown(this.#nameHash, this.#capacity);
    const flags = new Uint8Array(this.#capacity);
    flags.set(this.#flags);
    this.#flags = flags;
  }
}

function filled(length: number): Int32Array<ArrayBuffer> {
  return new Int32Array(length).fill(NO_NODE);
}

function grown(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = filled(length);
  larger.set(array);
  return larger;
}

function hashOfWatch(watch: number): number {
  // Fibonacci hashing: descriptors are consecutive, and neighbours should not share a run.
  return Math.imul(watch, 0x9e3779b1);
}

function hashOfName(parent: NodeId, name: string): number {
  // FNV-1a over the name, seeded with the parent.
  let hash = Math.imul(parent ^ 0x811c9dc5, 0x01000193);
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return hash ^ (hash >>> 15);
}

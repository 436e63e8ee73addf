/**
 * What the watches of one inotify instance stand for: places with the names that events are told by.
 *
 * Below a root a name is a walk upwards, so that a renamed directory's descendants are renamed with
 * it. A place that has left the tree keeps the name it had last, until the kernel lets go of it.
 */
import { NO_NODE, type NodeId, NodeTable, ROOT_NODE, UNWATCHED } from "../node-table.js";

export { NO_NODE, type NodeId };

const Flag = {
  /** Its name does not depend on its parent's. */
  NAMED: 1,
  /** Entered at the start: what was inside is old, and has not been told. */
  OLD: 2,
} as const;

export class Places {
  readonly #table = new NodeTable();
  readonly #names = new Map<NodeId, string>();
  #roots = 0;
  #moves = 0;
  // Events come in runs about one place.
  #lastNode = NO_NODE;
  #lastName = "";

  get watched(): number {
    return this.#table.watched;
  }

  /** How many have been put in another place. */
  get moves(): number {
    return this.#moves;
  }

  byWatch(watch: number): NodeId {
    return this.#table.byWatch(watch);
  }

  watchOf(node: NodeId): number {
    return this.#table.watchOf(node);
  }

  child(parent: NodeId, name: string): NodeId {
    return this.#table.child(parent, name);
  }

  childNames(node: NodeId): string[] {
    return this.#table.childrenOf(node).map((child) => this.#table.nameOf(child));
  }

  isAt(node: NodeId, parent: NodeId, name: string): boolean {
    return this.#table.parentOf(node) === parent && this.#table.nameOf(node) === name;
  }

  /** The name events are told by; a directory's ends with a slash. */
  nameOf(node: NodeId): string {
    if (node === this.#lastNode) return this.#lastName;
    let below = "";
    let at = node;
    while ((this.#table.flagsOf(at) & Flag.NAMED) === 0) {
      below = `${this.#table.nameOf(at)}/${below}`;
      at = this.#table.parentOf(at);
    }
    this.#lastNode = node;
    this.#lastName = `${this.#names.get(at) ?? ""}${below}`;
    return this.#lastName;
  }

  /** Adds what was asked for by name. */
  addRoot(name: string, watch: number): NodeId {
    const node = this.#table.add(ROOT_NODE, String(this.#roots++));
    this.#name(node, name);
    this.#table.addFlags(node, Flag.OLD);
    this.#table.setWatch(node, watch);
    return node;
  }

  /** Adds a directory in another; what stood there before is detached. */
  add(parent: NodeId, name: string, watch: number, isOld: boolean): NodeId {
    this.#clear(parent, name);
    const node = this.#table.add(parent, name);
    this.#table.setWatch(node, watch);
    if (isOld) this.#table.addFlags(node, Flag.OLD);
    return node;
  }

  isOld(node: NodeId): boolean {
    return (this.#table.flagsOf(node) & Flag.OLD) !== 0;
  }

  setNew(node: NodeId): void {
    this.#table.dropFlags(node, Flag.OLD);
  }

  /** Puts a directory in another place. False where that lies below itself: the table is behind. */
  move(node: NodeId, parent: NodeId, name: string): boolean {
    if (this.#table.isWithin(parent, node)) return false;
    this.#clear(parent, name);
    this.#forgetLast();
    this.#names.delete(node);
    this.#table.dropFlags(node, Flag.NAMED);
    this.#table.move(node, parent, name);
    this.#moves++;
    return true;
  }

  /** Takes a directory out of the tree; it and what is below it keep the names they have. */
  detach(node: NodeId): void {
    this.#name(node, this.nameOf(node));
    this.#table.detach(node);
  }

  /** The kernel has let go of it, or will be told nothing more of it. */
  forget(node: NodeId): void {
    for (const child of this.#table.childrenOf(node)) this.detach(child);
    this.#forgetLast();
    this.#names.delete(node);
    this.#table.forget(node);
  }

  /** The watches of a directory and of all below it. */
  watchesBelow(node: NodeId): number[] {
    return this.#table
      .subtreeOf(node)
      .map((each) => this.#table.watchOf(each))
      .filter((watch) => watch !== UNWATCHED);
  }

  /** All watches, those of directories before that of the directory they are in, as they were found. */
  watchesInnerFirst(): number[] {
    const outerFirst: number[] = [];
    const ahead = this.roots().reverse();
    for (let node = ahead.pop(); node !== undefined; node = ahead.pop()) {
      outerFirst.push(this.#table.watchOf(node));
      // The latest first, as all of it is turned round in the end.
      for (const child of this.#table.childrenOf(node).reverse()) ahead.push(child);
    }
    return outerFirst.reverse();
  }

  roots(): NodeId[] {
    return this.#table.childrenOf(ROOT_NODE);
  }

  #clear(parent: NodeId, name: string): void {
    const old = this.#table.child(parent, name);
    if (old !== NO_NODE) this.detach(old);
  }

  #name(node: NodeId, name: string): void {
    this.#names.set(node, name);
    this.#table.addFlags(node, Flag.NAMED);
  }

  #forgetLast(): void {
    this.#lastNode = NO_NODE;
  }
}

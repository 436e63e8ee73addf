/**
 * Directories by their handles, as far as events have named them: where each stands in the order of
 * the queue, which may be behind the disk. It is a cache. What is not in it stands where the disk
 * says, and nobody has said otherwise.
 *
 * Every directory in it has its parents in it too, so a rename relinks one node.
 */
import type { Filter } from "../../filter/filter.js";
import type { FileHandle } from "../../kernel/fanotify-decode.js";
import { joinPath, ROOT } from "../../model/path.js";
import type { RelativePath } from "../../model/path.js";
import { NO_NODE, NodeTable, ROOT_NODE } from "../node-table.js";
import type { NodeId } from "../node-table.js";

/** What stood at a place where another directory was put. */
export interface Displaced {
  readonly handle: FileHandle;
  readonly path: RelativePath;
}

export class Directories {
  readonly #filter: Filter | undefined;
  #table = new NodeTable();
  readonly #nodes = new Map<FileHandle, NodeId>();
  readonly #handles: FileHandle[] = [];
  /** Paths that were asked for; undefined where a rule leaves the directory out. */
  readonly #kept = new Map<NodeId, RelativePath | undefined>();

  constructor(filter: Filter | undefined, root: FileHandle) {
    this.#filter = filter;
    this.#name(ROOT_NODE, root);
  }

  get size(): number {
    return this.#table.size;
  }

  get root(): FileHandle {
    return this.#handles[ROOT_NODE] ?? "";
  }

  find(handle: FileHandle): NodeId {
    return this.#nodes.get(handle) ?? NO_NODE;
  }

  /** The directory that is known at a name; NO_NODE for none. */
  at(parent: NodeId, name: string): NodeId {
    return this.#table.child(parent, name);
  }

  handleOf(node: NodeId): FileHandle {
    return this.#handles[node] ?? "";
  }

  pathOf(node: NodeId): RelativePath {
    return this.#table.pathOf(node) ?? ROOT;
  }

  /** Where it is; undefined where a rule leaves it out, or a directory above. */
  keptPath(node: NodeId): RelativePath | undefined {
    if (node === ROOT_NODE) return ROOT;
    if (this.#kept.has(node)) return this.#kept.get(node);
    const above = this.keptPath(this.#table.parentOf(node));
    let path = above === undefined ? undefined : joinPath(above, this.#table.nameOf(node));
    if (path !== undefined && this.#filter?.keepsEntry(path, true) === false) path = undefined;
    this.#kept.set(node, path);
    return path;
  }

  /** The place of a name in a directory; undefined where a rule leaves it out. */
  keptEntry(node: NodeId, name: string, isDirectory: boolean): RelativePath | undefined {
    const above = this.keptPath(node);
    if (above === undefined) return undefined;
    const path = joinPath(above, name);
    return this.#filter?.keepsEntry(path, isDirectory) === false ? undefined : path;
  }

  /** Puts a directory, with all below it, at a place. Answers who was known to stand there. */
  put(handle: FileHandle, parent: NodeId, name: string): Displaced | undefined {
    const known = this.find(handle);
    const holder = this.at(parent, name);
    if (known !== NO_NODE && holder === known) return undefined;
    // Below itself: the cache is behind. What is not known is asked of the disk when it is needed.
    if (known !== NO_NODE && this.#table.isWithin(parent, known)) {
      this.forget(known);
      return undefined;
    }
    let displaced: Displaced | undefined;
    if (holder !== NO_NODE) {
      displaced = { handle: this.handleOf(holder), path: this.pathOf(holder) };
      if (this.#table.isWithin(known, holder)) this.#table.detach(known);
      this.forget(holder);
    }
    if (known === NO_NODE) this.#name(this.#table.add(parent, name), handle);
    else {
      this.#table.move(known, parent, name);
      this.#kept.clear();
    }
    return displaced;
  }

  /** Forgets a directory and all below it. */
  forget(node: NodeId): void {
    for (const each of this.#table.subtreeOf(node).reverse()) {
      this.#nodes.delete(this.handleOf(each));
      this.#handles[each] = "";
      this.#kept.delete(each);
      this.#table.forget(each);
    }
  }

  /** Forgets everything but the root. */
  clear(): void {
    const { root } = this;
    this.#table = new NodeTable();
    this.#nodes.clear();
    this.#handles.length = 0;
    this.#kept.clear();
    this.#name(ROOT_NODE, root);
  }

  #name(node: NodeId, handle: FileHandle): void {
    this.#nodes.set(handle, node);
    this.#handles[node] = handle;
  }
}

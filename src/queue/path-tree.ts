/**
 * A tree of path names that holds only what is of interest: a node lives while it is marked or has
 * a marked descendant. A path is found in O(depth) and never costs O(all).
 */
import type { RelativePath } from "../model/path.js";

export class PathNode<Mark> {
  readonly name: string;
  readonly parent: PathNode<Mark> | undefined;
  children: Map<string, PathNode<Mark>> | undefined;
  mark: Mark | undefined;

  constructor(name: string, parent: PathNode<Mark> | undefined) {
    this.name = name;
    this.parent = parent;
  }

  get path(): RelativePath {
    if (this.parent === undefined) return "" as RelativePath;
    const above = this.parent.path;
    return (above === "" ? this.name : `${above}/${this.name}`) as RelativePath;
  }

  *ancestors(): Generator<PathNode<Mark>> {
    for (let node = this.parent; node !== undefined; node = node.parent) yield node;
  }

  /** Every node below this one, parents before children. */
  *descendants(): Generator<PathNode<Mark>> {
    for (const child of this.children?.values() ?? []) {
      yield child;
      yield* child.descendants();
    }
  }
}

export class PathTree<Mark> {
  readonly #root = new PathNode<Mark>("", undefined);

  get root(): PathNode<Mark> {
    return this.#root;
  }

  find(path: RelativePath): PathNode<Mark> | undefined {
    let node: PathNode<Mark> | undefined = this.#root;
    if (path === "") return node;
    for (const name of path.split("/")) {
      node = node.children?.get(name);
      if (node === undefined) return undefined;
    }
    return node;
  }

  /** The nodes from the root to a path, as far as there are any. */
  along(path: RelativePath): PathNode<Mark>[] {
    let node: PathNode<Mark> | undefined = this.#root;
    const nodes = [node];
    if (path === "") return nodes;
    for (const name of path.split("/")) {
      node = node.children?.get(name);
      if (node === undefined) break;
      nodes.push(node);
    }
    return nodes;
  }

  /** The node of a path, made where it is missing. */
  reach(path: RelativePath): PathNode<Mark> {
    let node = this.#root;
    if (path === "") return node;
    for (const name of path.split("/")) {
      node.children ??= new Map<string, PathNode<Mark>>();
      let child = node.children.get(name);
      if (child === undefined) {
        child = new PathNode<Mark>(name, node);
        node.children.set(name, child);
      }
      node = child;
    }
    return node;
  }

  /** Drops a node, and its parents, where nothing is of interest any more. */
  prune(node: PathNode<Mark>): void {
    let at = node;
    while (at.parent !== undefined && at.mark === undefined && at.children === undefined) {
      const { parent } = at;
      parent.children?.delete(at.name);
      if (parent.children?.size === 0) parent.children = undefined;
      at = parent;
    }
  }
}

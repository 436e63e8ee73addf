/** What is owed at a path, as the journal keeps it: what waits there, what is in flight, and moves. */
import { Kind, type Kinds } from "../model/change.js";
import { type RelativePath, ROOT, joinPath } from "../model/path.js";
import type { Node } from "./mark.js";
import type { Move } from "./moves.js";

export interface Owed {
  readonly kinds: Kinds;
  /** When the oldest change was seen, ms since the epoch. */
  readonly since: number;
  readonly attempts: number;
  /** Not to be tried before, ms since the epoch; 0 for at once. */
  readonly retryAt: number;
}

export interface OwedPath extends Owed {
  readonly path: RelativePath;
}

export function owedAt(node: Node): Owed | undefined {
  const { mark } = node;
  if (mark === undefined) return undefined;
  let { kinds } = mark;
  let since = kinds === 0 ? Infinity : mark.since;
  let attempts = kinds === 0 ? 0 : mark.attempts;
  const { entry, moves } = mark;
  if (entry !== undefined) {
    kinds |= entry.kinds;
    since = Math.min(since, entry.since);
    attempts = Math.max(attempts, entry.attempts);
  }
  for (const move of moves ?? []) {
    kinds |= kindsOfMove(move, node);
    since = Math.min(since, move.since);
  }
  if (kinds === 0) return undefined;
  const waits = mark.place === "delayed" && entry === undefined && moves === undefined;
  return { kinds, since, attempts, retryAt: waits ? mark.dueAt : 0 };
}

/** A move that was not carried is a deletion and something new, which is to be compared as a whole. */
function kindsOfMove({ fromNode, isDirectory }: Move, node: Node): Kinds {
  const directory = isDirectory ? Kind.Directory : 0;
  if (node === fromNode) return Kind.Gone | directory;
  return Kind.Content | directory | (isDirectory ? Kind.Subtree : 0);
}

export function allOwed(root: Node): OwedPath[] {
  const all: OwedPath[] = [];
  collect(root, ROOT, all);
  return all;
}

function collect(node: Node, path: RelativePath, into: OwedPath[]): void {
  const owed = owedAt(node);
  if (owed !== undefined) into.push({ path, ...owed });
  if (node.children === undefined) return;
  for (const child of node.children.values()) collect(child, joinPath(path, child.name), into);
}

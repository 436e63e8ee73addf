/**
 * What a rename means for what is owed already: a change at or below the old place may be about what
 * is below the new one by now.
 */
import { Kind, type Kinds } from "../model/change.js";
import { type RelativePath, joinPath } from "../model/path.js";
import type { Mark, Node } from "./mark.js";

export interface CopiedMark {
  readonly path: RelativePath;
  readonly kinds: Kinds;
  readonly since: number;
}

/**
 * The marks at and below a directory or file that has another name, as they are to stand there.
 * Undefined where they are more than `most`.
 */
export function marksToCopy(
  from: Node,
  { to, isDirectory }: { readonly to: RelativePath; readonly isDirectory: boolean },
  most: number,
): CopiedMark[] | undefined {
  const copies: CopiedMark[] = [];
  const own = from.mark;
  if (own !== undefined) {
    // That it is gone is what the rename itself says of the old place.
    copyInto(copies, to, own.kinds & ~Kind.Gone, own.since);
    copyFlight(copies, to, own);
  }
  if (isDirectory) {
    if (!copyBelow(copies, from, to, most)) return undefined;
    const doubtedSince = doubtAbove(from);
    if (doubtedSince !== undefined) {
      const kinds = Kind.Content | Kind.Directory | Kind.Subtree;
      copies.push({ path: to, kinds, since: doubtedSince });
    }
  }
  return copies;
}

/** False where there are more than `most`. */
function copyBelow(copies: CopiedMark[], from: Node, to: RelativePath, most: number): boolean {
  for (const child of from.children?.values() ?? []) {
    const path = joinPath(to, child.name);
    if (child.mark !== undefined) {
      copyInto(copies, path, child.mark.kinds, child.mark.since);
      copyFlight(copies, path, child.mark);
    }
    if (copies.length > most || !copyBelow(copies, child, path, most)) return false;
  }
  return true;
}

/** What is in flight may arrive after the rename, with what stands at the old place then. */
function copyFlight(copies: CopiedMark[], path: RelativePath, { entry }: Mark): void {
  if (entry === undefined) return;
  const gone = entry.sight.type === "missing" ? Kind.Gone : 0;
  copyInto(copies, path, entry.kinds | gone, entry.since);
}

function copyInto(copies: CopiedMark[], path: RelativePath, said: Kinds, since: number): void {
  const sent = Kind.Attributes | Kind.Content | Kind.Subtree;
  const kinds = (said & ~Kind.Attributes) | ((said & sent) !== 0 ? Kind.Content : 0);
  if ((kinds & ~Kind.Directory) !== 0) copies.push({ path, kinds, since });
}

/** Since when all below a directory above is in doubt: then so is what it held. */
function doubtAbove(from: Node): number | undefined {
  let since: number | undefined;
  for (let above = from.parent; above !== undefined; above = above.parent) {
    const { mark } = above;
    if (mark === undefined) continue;
    const kinds = mark.kinds | (mark.entry?.kinds ?? 0);
    if ((kinds & Kind.Subtree) === 0) continue;
    const here = mark.entry?.since ?? mark.since;
    since = Math.min(here, since ?? here);
  }
  return since;
}

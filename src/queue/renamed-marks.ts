/**
 * What a rename means for what is owed already: a change at or below the old place may be about what
 * is below the new one by now.
 */
import { Kind, type Kinds } from "../model/change.js";
import { type RelativePath, joinPath } from "../model/path.js";
import { type Mark, type Node, isDoubtful } from "./mark.js";

export interface CopiedMark {
  readonly path: RelativePath;
  readonly kinds: Kinds;
  readonly since: number;
}

/** The marks at and below a directory or file that has another name, as they are to stand there. */
export function marksToCopy(
  from: Node,
  { to, isDirectory }: { readonly to: RelativePath; readonly isDirectory: boolean },
): CopiedMark[] {
  const copies: CopiedMark[] = [];
  const own = from.mark;
  if (own !== undefined) {
    // That it is gone is said by the rename itself, unless something else came and went before.
    const said = own.replaced ? own.kinds : own.kinds & ~Kind.Gone;
    copyInto(copies, to, said, own.since);
    copyFlight(copies, to, own);
  }
  if (isDirectory) {
    copyBelow(copies, from, to);
    const doubt = doubtAbove(from);
    if (doubt !== undefined) copies.push({ path: to, ...doubt });
  }
  return copies;
}

function copyBelow(copies: CopiedMark[], from: Node, to: RelativePath): void {
  for (const child of from.children?.values() ?? []) {
    const path = joinPath(to, child.name);
    if (child.mark !== undefined) {
      copyInto(copies, path, child.mark.kinds, child.mark.since);
      copyFlight(copies, path, child.mark);
    }
    copyBelow(copies, child, path);
  }
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

/** What is doubtful of a directory above is doubtful of all it held. */
function doubtAbove(from: Node): Omit<CopiedMark, "path"> | undefined {
  let doubt: Omit<CopiedMark, "path"> | undefined;
  for (let above = from.parent; above !== undefined; above = above.parent) {
    const { mark } = above;
    if (mark === undefined || !isDoubtful(mark)) continue;
    const subtree = (mark.kinds | (mark.entry?.kinds ?? 0)) & Kind.Subtree;
    const kinds = Kind.Gone | Kind.Content | Kind.Directory | subtree | (doubt?.kinds ?? 0);
    const since = mark.entry?.since ?? mark.since;
    doubt = { kinds, since: Math.min(since, doubt?.since ?? since) };
  }
  return doubt;
}

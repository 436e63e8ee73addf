/**
 * Whether a source root may be believed. A root that is gone, replaced or suddenly empty is more
 * likely an accident (an unmounted disk, a mistaken `rm`) than a wish; nothing is deleted because of it.
 */

export interface RootIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** What stands at the root's path now. */
export interface RootSight extends RootIdentity {
  readonly isDirectory: boolean;
  readonly isEmpty: boolean;
}

export interface RootHistory {
  /** The directory the program was started with. */
  readonly startedWith: RootIdentity;
  /** The directory that is open now; it is another one where the root was replaced and came back. */
  readonly open: RootIdentity;
  /** Whether the source was ever seen with something in it, in this run or an earlier one. */
  readonly heldEntries: boolean;
}

export type RootVerdict =
  | { readonly kind: "sound" }
  /** Content may be sent, deletions wait. */
  | { readonly kind: "no-deletes"; readonly reason: string }
  /** Nothing may be sent. */
  | { readonly kind: "lost"; readonly reason: string };

export function judgeRoot(sight: RootSight | undefined, history: RootHistory): RootVerdict {
  if (sight === undefined) return { kind: "lost", reason: "the source directory is gone" };
  if (!sight.isDirectory) return { kind: "lost", reason: "the source is no directory any more" };
  if (!isSame(sight, history.open)) {
    return { kind: "lost", reason: "another directory stands at the source's place" };
  }
  if (!isSame(history.open, history.startedWith)) {
    const reason =
      "the source is another directory than at the start; restart treecast if that is meant";
    return { kind: "no-deletes", reason };
  }
  if (sight.isEmpty && history.heldEntries) {
    const reason = "the source is suddenly empty; deletions wait until something is in it again";
    return { kind: "no-deletes", reason };
  }
  return { kind: "sound" };
}

export function isSame(one: RootIdentity, other: RootIdentity): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

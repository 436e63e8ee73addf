/** The ways in which an entry of a replica may differ from its source, as people ask for them. */
import type { RelativePath } from "../model/path.js";
import type { Difference } from "../rsync/remote.js";

/**
 * `missing`: not on the replica; `extra`: only there; `type`: another type of entry there; `link`:
 * another link target, or names that are not one file as they are here. `content` is told by checksum
 * only; without, a size or a time tells that it may be another.
 */
export const DRIFT_KINDS = [
  "missing",
  "extra",
  "type",
  "content",
  "size",
  "link",
  "time",
  "mode",
  "owner",
  "group",
  "acl",
  "xattr",
] as const;

export type DriftKind = (typeof DRIFT_KINDS)[number];

export interface Drift {
  readonly path: RelativePath;
  readonly isDirectory: boolean;
  /** At least one. */
  readonly kinds: readonly DriftKind[];
}

export function kindsOf({ what, properties }: Difference): readonly DriftKind[] {
  if (what === "missing" || what === "extra") return [what];
  // rsync would send it for a reason that it does not name.
  return properties.length === 0 ? ["content"] : properties;
}

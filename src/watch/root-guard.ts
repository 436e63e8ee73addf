/**
 * Whether the root is still the directory it was. A watch follows the inode wherever it goes; a
 * source is a place. So the place is looked at whenever it is in doubt, and from time to time.
 */
import { realpathSync, statSync } from "node:fs";
import { displayPath } from "../model/path.js";

export interface RootIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** What stands at the place now: a directory, or in words what is there instead. */
export type RootState =
  | { readonly kind: "directory"; readonly identity: RootIdentity }
  | { readonly kind: "missing"; readonly reason: string };

/** Follows a link at the end: a source may be named by one. `root` is absolute, latin1. */
export function inspectRoot(root: string): RootState {
  try {
    const status = statSync(Buffer.from(root, "latin1"), { bigint: true });
    if (status.isDirectory()) {
      return { kind: "directory", identity: { dev: status.dev, ino: status.ino } };
    }
    return { kind: "missing", reason: `${displayPath(root)} is not a directory` };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    const what = code === "ENOENT" ? "does not exist" : `cannot be reached (${code})`;
    return { kind: "missing", reason: `${displayPath(root)} ${what}` };
  }
}

export function isSameRoot(a: RootIdentity, b: RootIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** The root without links, as the mount table names it; latin1. */
export function realRoot(root: string): string {
  try {
    return realpathSync.native(Buffer.from(root, "latin1"), { encoding: "latin1" });
  } catch {
    return root;
  }
}

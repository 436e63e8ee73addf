/** Names below a watched directory: as events show them, and what stands there now. */
import { lstatSync } from "node:fs";
import { bytesBelow, type RelativePath } from "../../model/path.js";
import type { WatchedName, WatchedPath } from "./events.js";

/** What `lstat` shows at a name. */
export type Sight = "missing" | "directory" | "other";
export type Look = (path: RelativePath) => Sight;

export class Places {
  readonly root: string;

  /** @param root absolute, latin1 */
  constructor(root: string) {
    this.root = root;
  }

  name(path: RelativePath): WatchedName {
    const bytes = Buffer.from(path, "latin1");
    return { path: bytes.toString("utf8"), bytes, location: bytesBelow(this.root, path) };
  }

  at(path: RelativePath, at: number): WatchedPath {
    return { ...this.name(path), at };
  }

  readonly look: Look = (path) => {
    try {
      const status = lstatSync(bytesBelow(this.root, path), { throwIfNoEntry: false });
      if (status === undefined) return "missing";
      return status.isDirectory() ? "directory" : "other";
    } catch {
      return "missing"; // what was a directory above it is none any more
    }
  };
}

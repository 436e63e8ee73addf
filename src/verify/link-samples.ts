/** Symbolic links of a source by which it can be seen what a replica makes of links. */
import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import type { Filter } from "../filter/filter.js";
import { bytesBelow, joinPath, type RelativePath, relativePath, ROOT } from "../model/path.js";

export interface LinkSamples {
  /** Leads to a regular file of the same tree. */
  readonly relative?: RelativePath;
  readonly absolute?: { readonly path: RelativePath; readonly to: string };
}

/** Looking for them must not cost more than the question is worth. */
const MOST_ENTRIES = 50_000;

/** Their names become arguments: nothing in them may mean anything to rsync. */
const PLAIN = /^[\w./-]+$/;

/**
 * The first ones of each kind that are found, and none where there are none.
 *
 * @param differs true for what the replica is known to hold otherwise
 */
export function findLinks(
  root: string,
  filter: Filter,
  differs: (path: RelativePath) => boolean,
): LinkSamples {
  let found: LinkSamples = {};
  let seen = 0;
  const pending: RelativePath[] = [ROOT];
  const isUseful = (path: RelativePath, isDirectory: boolean) =>
    PLAIN.test(path) && !differs(path) && filter.keeps(path, isDirectory);
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const entry of entriesOf(root, directory)) {
      if (++seen > MOST_ENTRIES) return found;
      const path = joinPath(directory, entry.name.toString("latin1"));
      if (entry.isDirectory() && isUseful(path, true)) pending.push(path);
      if (!entry.isSymbolicLink() || !isUseful(path, false)) continue;
      const to = valueOf(root, path);
      if (to === undefined || !PLAIN.test(to)) continue;
      if (to.startsWith("/")) found = { absolute: { path, to }, ...found };
      else {
        const leadsTo = within(directory, to);
        if (leadsTo === undefined || !isUseful(leadsTo, false)) continue;
        if (!isFile(root, leadsTo)) continue;
        found = { relative: path, ...found };
      }
      if (found.absolute !== undefined && found.relative !== undefined) return found;
    }
  }
  return found;
}

/** Names as bytes: of others Node cannot find out the type where the file system does not say it. */
function entriesOf(root: string, directory: RelativePath) {
  try {
    return readdirSync(bytesBelow(root, directory), { withFileTypes: true, encoding: "buffer" });
  } catch {
    return []; // it went away, or may not be read
  }
}

function valueOf(root: string, path: RelativePath): string | undefined {
  try {
    return readlinkSync(bytesBelow(root, path), { encoding: "latin1" });
  } catch {
    return undefined; // it went away
  }
}

/** Only links that climb nowhere: what lies above may be another thing on the replica. */
function within(directory: RelativePath, to: string): RelativePath | undefined {
  try {
    return relativePath(directory === "" ? to : `${directory}/${to}`);
  } catch {
    return undefined;
  }
}

function isFile(root: string, path: RelativePath): boolean {
  try {
    return lstatSync(bytesBelow(root, path)).isFile();
  } catch {
    return false;
  }
}

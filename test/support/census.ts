/** Everything rsync promises to carry about a tree, as text, so that two trees can be compared. */
import { createHash } from "node:crypto";
import { type BigIntStats, lstatSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { isOwnName } from "../../src/model/own-names.js";
import type { RelativePath } from "../../src/model/path.js";

export interface CensusOptions {
  /** Leaves out what differs by nature: names for which it is false. */
  readonly include?: (path: string) => boolean;
}

/** Without what treecast itself keeps on a replica. Path (latin1) → kind, mode, owner, time, size, content, link target and hard-link group. */
export function census(root: string, { include = () => true }: CensusOptions = {}) {
  const entries = new Map<string, string>();
  const groups = new Map<bigint, string>();
  const visit = (path: string): void => {
    const bytes = Buffer.from(path === "" ? root : `${root}/${path}`, "latin1");
    const stats = lstatSync(bytes, { bigint: true });
    if (path !== "" && (isOwnName(path as RelativePath) || !include(path))) return;
    entries.set(path, describe(bytes, path, stats, groups));
    if (!stats.isDirectory()) return;
    for (const name of readdirSync(bytes, { encoding: "latin1" }).sort()) {
      visit(path === "" ? name : `${path}/${name}`);
    }
  };
  visit("");
  return entries;
}

function describe(bytes: Buffer, path: string, stats: BigIntStats, groups: Map<bigint, string>) {
  const base = `mode=${stats.mode.toString(8)} owner=${stats.uid}:${stats.gid}`;
  const time = `mtime=${stats.mtimeNs}`;
  if (stats.isDirectory()) return `directory ${base} ${time}`;
  if (stats.isSymbolicLink()) {
    return `symlink ${time} to=${readlinkSync(bytes, { encoding: "latin1" })}`;
  }
  if (!stats.isFile()) return `special ${base} ${time} rdev=${stats.rdev}`;
  const digest = createHash("sha1").update(readFileSync(bytes)).digest("hex").slice(0, 12);
  const first = groups.get(stats.ino) ?? path;
  groups.set(stats.ino, first);
  const group = stats.nlink > 1n ? ` linked=${first}` : "";
  return `file ${base} ${time} size=${stats.size} sha=${digest}${group}`;
}

/** What differs between two trees, one line each; empty when they are equal. */
export function differences(
  source: string,
  replica: string,
  options: CensusOptions = {},
): readonly string[] {
  const [here, there] = [census(source, options), census(replica, options)];
  const lines: string[] = [];
  for (const [path, what] of here) {
    const other = there.get(path);
    if (other === undefined) lines.push(`missing ${path} (${what})`);
    else if (other !== what) lines.push(`differs ${path}\n  source  ${what}\n  replica ${other}`);
  }
  for (const path of there.keys()) if (!here.has(path)) lines.push(`extra ${path}`);
  return lines;
}

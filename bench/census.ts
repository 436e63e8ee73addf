/**
 * What a tree holds, entry by entry, and how two trees differ. Names are bytes (latin1), so hostile
 * ones count like all others. This is the judge; all it knows of a contestant is the one small file by
 * which treecast tells a replica from another, and which is no difference.
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync, type BigIntStats } from "node:fs";
import { TOKEN_FILE } from "../src/model/own-names.js";
import { displayPath } from "../src/model/path.js";

export interface Entry {
  readonly kind: "file" | "directory" | "link" | "other";
  readonly mode: number;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly owner: string;
  /** Where a symlink points. */
  readonly link: string;
}

export interface Census {
  readonly root: string;
  readonly entries: ReadonlyMap<string, Entry>;
  /** The last change of anything in the tree, its root included, ms. */
  readonly changedAt: number;
}

export function census(root: string): Census {
  const entries = new Map<string, Entry>();
  let changed = lstatSync(root, { bigint: true }).ctimeNs;
  const visit = (directory: string) => {
    for (const name of namesIn(absolute(root, directory))) {
      const path = directory === "" ? name : `${directory}/${name}`;
      const stats = statsOf(absolute(root, path));
      if (stats === undefined) continue;
      if (stats.ctimeNs > changed) changed = stats.ctimeNs;
      const kind = kindOf(stats);
      entries.set(path, {
        kind,
        mode: Number(stats.mode & 0o7777n),
        size: kind === "file" ? stats.size : 0n,
        mtimeNs: stats.mtimeNs,
        owner: `${stats.uid}:${stats.gid}`,
        link: kind === "link" ? linkOf(absolute(root, path)) : "",
      });
      if (kind === "directory") visit(path);
    }
  };
  visit("");
  return { root, entries, changedAt: Number(changed) / 1e6 };
}

function absolute(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, "latin1")]);
}

// The tree may be under change while it is counted: what goes away meanwhile is not there.
function namesIn(directory: Buffer): string[] {
  try {
    return readdirSync(directory, { encoding: "latin1" });
  } catch {
    return [];
  }
}

function statsOf(path: Buffer): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

function linkOf(path: Buffer): string {
  try {
    return readlinkSync(path, { encoding: "latin1" });
  } catch {
    return "";
  }
}

function kindOf(stats: BigIntStats): Entry["kind"] {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "link" : "other";
}

export interface Differences {
  /** In the source, not on the replica. */
  readonly missing: readonly string[];
  /** On the replica only. */
  readonly extra: readonly string[];
  /** Another kind, size, content or link. */
  readonly wrong: readonly string[];
  /** The right content with another mode, owner or (for all but directories) mtime. */
  readonly attributes: readonly string[];
}

export function compare(
  source: Census,
  replica: Census,
  { contents }: { readonly contents: boolean },
): Differences {
  const missing: string[] = [];
  const wrong: string[] = [];
  const attributes: string[] = [];
  for (const [path, here] of source.entries) {
    const there = replica.entries.get(path);
    if (there === undefined) missing.push(path);
    else if (here.kind !== there.kind || here.size !== there.size || here.link !== there.link) {
      wrong.push(path);
    } else if (contents && here.kind === "file" && !sameContent(source, replica, path)) {
      wrong.push(path);
    } else if (!sameAttributes(here, there)) attributes.push(path);
  }
  const extra = [...replica.entries.keys()].filter(
    (path) => !source.entries.has(path) && path !== TOKEN_FILE,
  );
  return { missing, extra, wrong, attributes };
}

export function differ({ missing, extra, wrong }: Differences): number {
  return missing.length + extra.length + wrong.length;
}

/** A few of the entries that differ, each with what is wrong with it. */
export function samplesOf(differences: Differences): string[] {
  return Object.entries(differences).flatMap(([what, paths]: [string, readonly string[]]) =>
    paths.slice(0, 5).map((path) => `${what}: ${displayPath(path)}`),
  );
}

function sameContent(source: Census, replica: Census, path: string): boolean {
  try {
    return readFileSync(absolute(source.root, path)).equals(
      readFileSync(absolute(replica.root, path)),
    );
  } catch {
    return false;
  }
}

function sameAttributes(here: Entry, there: Entry): boolean {
  return (
    here.mode === there.mode &&
    here.owner === there.owner &&
    // A directory's mtime follows its entries, and no peer puts it right after each of them.
    (here.kind === "directory" || here.mtimeNs === there.mtimeNs)
  );
}

/** Which source a path that somebody typed belongs to, and where in it. */
import { lstatSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Config, SourceConfig } from "../config/config.js";
import { Fault } from "../model/fault.js";
import {
  type RelativePath,
  bytesBelow,
  displayPath,
  latin1FromText,
  relativePath,
} from "../model/path.js";

export interface PlacedPath {
  readonly source: SourceConfig;
  readonly path: RelativePath;
  /** As the disk has it; what is not there is a directory when it was written with a slash at its end. */
  readonly isDirectory: boolean;
}

/**
 * A path below the working directory if that lies in a source, else one below each source's root.
 * Throws a Fault (USAGE) where it lies in none.
 */
export function placePath(text: string, { sources }: Config): PlacedPath[] {
  // A source may be reached by several names; both sides are compared as the disk has them.
  const absolute = realParent(latin1FromText(resolve(text)));
  const holding = sources.flatMap((source) => {
    const path = below(realPath(source.path), absolute);
    return path === undefined ? [] : [{ source, path }];
  });
  const places = holding.length > 0 || text.startsWith("/") ? holding : belowEach(text, sources);
  if (places.length === 0) {
    const roots = sources.map(({ path }) => displayPath(path)).join(", ");
    throw new Fault("USAGE", `Cannot find '${text}' in any source`, {
      hint: `The sources are: ${roots}.`,
    });
  }
  return places.map((place) => ({ ...place, isDirectory: isDirectory(place, text) }));
}

function belowEach(text: string, sources: readonly SourceConfig[]) {
  try {
    const path = relativePath(latin1FromText(text));
    return sources.map((source) => ({ source, path }));
  } catch {
    return []; // it climbs out of every source
  }
}

function below(root: string, absolute: string): RelativePath | undefined {
  if (absolute === root) return "" as RelativePath;
  const prefix = root === "/" ? "/" : `${root}/`;
  return absolute.startsWith(prefix) ? relativePath(absolute.slice(prefix.length)) : undefined;
}

function isDirectory({ source, path }: Omit<PlacedPath, "isDirectory">, text: string): boolean {
  const stats = lstatSync(bytesBelow(source.path, path), { throwIfNoEntry: false });
  return stats?.isDirectory() ?? text.endsWith("/");
}

/** The links above a path resolved, but not the path itself: a link is an entry of its own. */
function realParent(path: string): string {
  const parent = dirname(path);
  return parent === path ? path : join(realPath(parent), basename(path));
}

function realPath(path: string): string {
  try {
    return realpathSync(Buffer.from(path, "latin1"), { encoding: "latin1" });
  } catch {
    return realParent(path);
  }
}

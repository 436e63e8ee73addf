/** Where in a source of a running daemon a path lies that somebody typed. No configuration is asked. */
import { resolve } from "node:path";
import {
  type RelativePath,
  displayPath,
  latin1FromText,
  pathFromText,
  relativePath,
} from "../model/path.js";
import type { SourceStatus } from "../replicate/status.js";

/**
 * A path in the source itself, if it is absolute or the working directory lies there; else one below
 * the source's root. Undefined where it lies elsewhere.
 */
export function placeIn(
  source: Pick<SourceStatus, "path">,
  text: string,
): RelativePath | undefined {
  const inside = below(source.path, latin1FromText(resolve(text)));
  if (inside !== undefined || text.startsWith("/")) return inside;
  try {
    return pathFromText(text);
  } catch {
    return undefined; // it climbs out
  }
}

/** The daemon says its root as people read it, so each directory above is compared in that form. */
function below(root: string, absolute: string): RelativePath | undefined {
  if (displayPath(absolute) === root) return relativePath("");
  if (root === "/") return relativePath(absolute.slice(1));
  for (let at = absolute.indexOf("/", 1); at > 0; at = absolute.indexOf("/", at + 1)) {
    if (displayPath(absolute.slice(0, at)) === root) return relativePath(absolute.slice(at + 1));
  }
  return undefined;
}

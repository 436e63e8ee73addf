/**
 * Which targets are refused: those that would write over the machine, over the source itself, or
 * over another source, and those that would feed a source from itself.
 *
 * It compares absolute paths in which links have been resolved; it resolves nothing itself.
 */
import type { Endpoint } from "../model/endpoint.js";
import { displayPath } from "../model/path.js";

/** A target as it is written, with its local path resolved where it is one. */
export interface Place {
  readonly endpoint: Endpoint;
  /** The real path of a local target, or of its nearest parent that exists plus the rest. */
  readonly realPath?: string;
}

/** The danger of sending `source` to `target`, as one sentence; undefined where there is none. */
export function dangerOf(
  target: Place,
  source: string,
  allSources: readonly string[],
): string | undefined {
  const { endpoint } = target;
  if (endpoint.kind === "module") return undefined;
  if (endpoint.kind === "ssh") {
    return isHomeOrRoot(endpoint.path)
      ? `'${displayPath(endpoint.path)}' on ${endpoint.host} is a whole machine or home directory: name a directory of its own`
      : undefined;
  }
  const path = target.realPath ?? endpoint.path;
  if (SYSTEM_PLACES.has(path)) {
    return `'${displayPath(path)}' belongs to the system: name a directory of its own`;
  }
  if (path === source) return "the target is the source itself";
  if (contains(source, path))
    return "the target lies inside its source: every copy would be copied again";
  for (const other of allSources) {
    if (contains(path, other)) {
      return `the source '${displayPath(other)}' lies inside the target and would be deleted or overwritten`;
    }
    if (path === other || contains(other, path)) {
      return `the target lies inside another source, '${displayPath(other)}': changes would travel in a loop`;
    }
  }
  return undefined;
}

/** Paths a mirror must never take the place of. */
const SYSTEM_PLACES: ReadonlySet<string> = new Set(
  [
    "/",
    ...["bin", "boot", "dev", "etc", "home", "lib", "lib64", "proc", "root", "run"],
    ...["sbin", "sys", "usr", "var"],
  ].map((name) => (name === "/" ? name : `/${name}`)),
);

function isHomeOrRoot(path: string): boolean {
  return ["", "/", ".", "./", "~", "~/"].includes(path) || SYSTEM_PLACES.has(path);
}

/** True when `inner` lies strictly inside `outer`. */
function contains(outer: string, inner: string): boolean {
  return inner.startsWith(outer === "/" ? "/" : `${outer}/`) && inner !== outer;
}

/** Refuses configurations whose targets would do harm; the judgement itself is the safety room's. */
import { realpathSync } from "node:fs";
import { dirname, basename, join } from "node:path";
import { formatEndpoint } from "../model/endpoint.js";
import { Fault } from "../model/fault.js";
import { displayPath } from "../model/path.js";
import type { SourceSettings } from "../replicate/settings.js";
import { dangerOf } from "../safety/places.js";

/** Every danger, as a Fault (DANGEROUS_TARGET) each. */
export function dangersIn(sources: readonly SourceSettings[]): Fault[] {
  const paths = sources.map(({ path }) => realPath(path));
  return sources.flatMap((source, index) =>
    source.targets.flatMap(({ endpoint }) => {
      const place = endpoint.kind === "local" ? { realPath: realPath(endpoint.path) } : {};
      const danger = dangerOf({ endpoint, ...place }, paths[index] ?? source.path, paths);
      if (danger === undefined) return [];
      const names = `'${displayPath(source.path)}' to '${formatEndpoint(endpoint)}'`;
      return [new Fault("DANGEROUS_TARGET", `Cannot replicate ${names}: ${danger}`)];
    }),
  );
}

/** The path with all links resolved; what does not exist yet stays as it is written. Latin1. */
function realPath(path: string): string {
  try {
    return realpathSync(Buffer.from(path, "latin1"), { encoding: "latin1" });
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}

/** Dry runs that name each difference between source and replica, and change nothing. */
import { lstatSync } from "node:fs";
import { type Filter, rsyncArguments } from "../filter/filter.js";
import { bytesBelow, parentOf, ROOT, type RelativePath } from "../model/path.js";
import { compareArguments } from "./arguments.js";
import type { ColdRuns } from "./cold-runs.js";
import { isMissing, topmostMissing } from "./delete-by-filter.js";
import { deleteByFilter } from "./deleting.js";
import { differenceFrom, liesWithin } from "./itemize.js";
import type { CompareOptions } from "./remote.js";
import { emptyRun, type Run } from "./run.js";
import { withStage } from "./stage.js";

/** Reading one huge file at the other end takes long, and gives no sign of life. */
const READING_MS = 3_600_000;

export async function compareSubtree(
  cold: ColdRuns,
  path: RelativePath,
  options: CompareOptions,
  signal: AbortSignal | undefined,
): Promise<Run> {
  const onLine = listener(options, (found) => liesWithin(found, path));
  const { source } = cold.settings;
  if (path !== ROOT && isMissing(source, path)) {
    // rsync cannot go into what is not there: whatever the replica has is extra.
    if (!options.deletes) return emptyRun();
    return await deleteByFilter(cold, [topmostMissing(source, path)], signal, onLine);
  }
  return await compareList(cold, { list: [path], depth: "all", onLine }, options, signal);
}

/** What is no directory here is passed over: its own directory knows of it. */
export async function compareSingly(
  cold: ColdRuns,
  paths: readonly RelativePath[],
  options: CompareOptions,
  signal: AbortSignal | undefined,
): Promise<Run> {
  const asked = new Set(paths.filter((path) => isDirectory(cold.settings.source, path)));
  if (asked.size === 0) return emptyRun();
  const onLine = listener(options, (found) => asked.has(found) || asked.has(parentOf(found)));
  const list = [...asked].map((path) => (path === ROOT ? ROOT : `${path}/`) as RelativePath);
  return await compareList(cold, { list, depth: "one", onLine }, options, signal);
}

/**
 * Whether nothing lies in the replica's root but what the filter hides and what is our own; undefined
 * where it does not say. Compares with a directory of ours that is empty, so nothing that happens at
 * the source meanwhile can confuse the answer.
 */
export async function holdsNothing(
  cold: ColdRuns,
  filter: Filter,
  signal: AbortSignal | undefined,
): Promise<boolean | undefined> {
  return await withStage("nothing", async (stage) => {
    let isEmpty = true;
    const onLine = listener(
      {
        deletes: true,
        filter,
        onDifference: ({ what }) => {
          if (what === "extra") isEmpty = false;
        },
      },
      () => true,
    );
    const flags = { deletes: true, depth: "one" as const, filters: rsyncArguments(filter) };
    const run = await cold.run(
      {
        args: (controlPath) => compareArguments(cold.settings, { ...flags, controlPath }),
        cwd: stage,
        list: [ROOT],
        long: true,
        onLine,
      },
      signal,
    );
    return run.outcome === "done" ? isEmpty : undefined;
  });
}

interface Comparison {
  readonly list: readonly RelativePath[];
  readonly depth: "all" | "one";
  readonly onLine: (line: string) => boolean;
}

async function compareList(
  cold: ColdRuns,
  { list, depth, onLine }: Comparison,
  { deletes, checksum, filter }: CompareOptions,
  signal: AbortSignal | undefined,
): Promise<Run> {
  const flags = { deletes, checksum, depth, filters: rsyncArguments(filter) };
  return await cold.run(
    {
      args: (controlPath) => compareArguments(cold.settings, { ...flags, controlPath }),
      list,
      long: true,
      onLine,
      ...(checksum === true ? { silenceLimitMs: READING_MS } : {}),
    },
    signal,
  );
}

function listener(options: CompareOptions, wanted: (path: RelativePath) => boolean) {
  return (line: string): boolean => {
    const difference = differenceFrom(line);
    if (difference === undefined) return false;
    if (wanted(difference.path)) options.onDifference(difference);
    return true;
  };
}

function isDirectory(source: string, path: RelativePath): boolean {
  try {
    const entry = lstatSync(bytesBelow(source, path), { throwIfNoEntry: false });
    // The root may be given by a link to it.
    return entry?.isDirectory() === true || (path === ROOT && entry !== undefined);
  } catch {
    return false; // what cannot be looked at cannot be compared either
  }
}

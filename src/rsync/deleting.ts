/** Runs that delete on the replica and send nothing. */
import { mkdir } from "node:fs/promises";
import { bytesBelow, parentOf, ROOT, type RelativePath } from "../model/path.js";
import { deletionArguments, removalArguments } from "./arguments.js";
import type { ColdRuns } from "./cold-runs.js";
import {
  deletionList,
  NAMES_AT_ONCE,
  type RulesFiles,
  withRulesFiles,
} from "./delete-by-filter.js";
import { emptyRun, joinRuns, type Run } from "./run.js";
import { withStage } from "./stage.js";
import { trashDay } from "./trash.js";

/** More would delay the first deletion; some thousands in one list are rsync's measure. */
const REMOVALS_AT_ONCE = 4000;

/**
 * Deletes by filter rules what is missing at the source, and spares what the filter excludes. With
 * `onLine` it only says what it would delete.
 */
export async function deleteByFilter(
  cold: ColdRuns,
  names: readonly RelativePath[],
  signal: AbortSignal | undefined,
  onLine?: (line: string) => boolean,
): Promise<Run> {
  const list = deletionList(names);
  const dryRun = onLine !== undefined;
  const day = trashDay(cold.clock.now());
  return await withRulesFiles(list, (rules) =>
    cold.run(
      {
        args: (controlPath) =>
          deletionArguments(cold.settings, { dryRun, rules, controlPath, day }),
        list: list.directories,
        names,
        long: dryRun,
        onLine: onLine ?? isDeletionNotice,
      },
      signal,
    ),
  );
}

/** Deletes whatever stands at the source, and with it all that lies below. */
export async function removeNames(
  cold: ColdRuns,
  names: readonly RelativePath[],
  signal: AbortSignal | undefined,
): Promise<Run> {
  let run = emptyRun();
  for (let at = 0; at < names.length && run.outcome !== "failed";) {
    const size = cold.deletesByFilter ? NAMES_AT_ONCE : REMOVALS_AT_ONCE;
    const next = await removePart(cold, names.slice(at, at + size), signal);
    if (next.trouble?.kind === "deletes-by-name-rejected" && !cold.deletesByFilter) {
      cold.deletesByFilter = true;
      continue;
    }
    run = joinRuns(run, next);
    at += size;
  }
  return run;
}

async function removePart(
  cold: ColdRuns,
  names: readonly RelativePath[],
  signal: AbortSignal | undefined,
): Promise<Run> {
  return await withStage("removal", async (stage) => {
    // rsync deletes nothing in a directory that it does not find here as well.
    for (const parent of new Set(names.map(parentOf))) {
      if (parent !== ROOT) await mkdir(bytesBelow(stage, parent), { recursive: true });
    }
    const run = (list: readonly RelativePath[], rules: RulesFiles | undefined) =>
      cold.run(
        {
          args: (controlPath) => removalArguments(cold.settings, { rules, controlPath }),
          cwd: stage,
          list,
          names,
          long: true,
          sparesExcluded: false,
          onLine: isDeletionNotice,
        },
        signal,
      );
    if (!cold.deletesByFilter) return await run(names, undefined);
    const { directories, ...rules } = deletionList(names);
    return await withRulesFiles(rules, (files) => run(directories, files));
  });
}

/** One line for each entry deleted: a sign of life that nobody reads. */
export function isDeletionNotice(line: string): boolean {
  return line.startsWith("deleting ");
}

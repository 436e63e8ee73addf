/**
 * The trash of a replica: a directory in its root, with one below for each day, into which rsync
 * moves what it deletes (`--backup-dir`). Days are those of UTC. Pure.
 *
 * Directories are made there as they are needed; one that was empty leaves nothing.
 */
import { TRASH_DIRECTORY } from "../model/own-names.js";
import { joinPath, type RelativePath } from "../model/path.js";
import type { RsyncSettings } from "./settings.js";

const DAY_MS = 86_400_000;

/**
 * A replica that nobody could empty the trash of, or could not list it, may have old days in it: so
 * many are looked for by name.
 */
const DAYS_BACK = 60;

/** The directory for what is deleted at a moment (ms since the epoch): "2026-01-31". */
export function trashDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Paths of the days that are over before the one `olderThan` lies in. */
export function daysBefore(olderThan: Date): RelativePath[] {
  return Array.from({ length: DAYS_BACK }, (_, index) =>
    joinPath(TRASH_DIRECTORY, trashDay(olderThan.getTime() - (index + 1) * DAY_MS)),
  );
}

/** Moves instead of deleting, and, where it is wished, instead of overwriting. */
export function trashArguments(
  { trash }: RsyncSettings,
  { deletes, day = trashDay(Date.now()) }: { deletes: boolean; day?: string | undefined },
): string[] {
  if (trash === undefined || !(deletes || trash.overwritten)) return [];
  // A relative path begins at the destination, on every kind of target.
  return ["--backup", `--backup-dir=${joinPath(TRASH_DIRECTORY, day)}`];
}

/**
 * What a look into a new directory has to tell. Pure: what the kernel tells, too, is in the records
 * that have been read from its queue after the look, and is left to it.
 */
import { Mask } from "../../kernel/inotify-decode.js";
import type { Entry } from "./entrance.js";

export interface Tidings {
  readonly told: readonly { readonly name: string; readonly bit: number }[];
  /** Directories to be entered, in the order in which they were found. */
  readonly directories: readonly string[];
}

/** `pending`: the bits of the records that are still to come, by name. */
export function tidings(entries: readonly Entry[], pending: ReadonlyMap<string, number>): Tidings {
  const told: { name: string; bit: number }[] = [];
  const directories: string[] = [];
  for (const { name, type } of entries) {
    const coming = pending.get(name) ?? 0;
    const comes = (coming & (Mask.CREATE | Mask.MOVED_TO)) !== 0;
    if (type === "directory") {
      // The event that comes leads there.
      if (comes) continue;
      told.push({ name, bit: Mask.CREATE | Mask.ISDIR });
      directories.push(name);
      continue;
    }
    if (!comes) told.push({ name, bit: Mask.CREATE });
    // What is created after the look is closed after it.
    const closes = (coming & (Mask.CREATE | Mask.CLOSE_WRITE)) !== 0;
    if (type === "file" && !closes) told.push({ name, bit: Mask.CLOSE_WRITE });
  }
  return { told, directories };
}

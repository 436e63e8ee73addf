/** A dirty set over a disk that is written down as a table. */
import type { Batch, Sight } from "../../src/model/batch.js";
import type { RelativePath } from "../../src/model/path.js";
import { type CutOptions, DirtySet, type DirtySetSettings } from "../../src/queue/dirty-set.js";

/** Directories, and files by their size; what is not in it is missing. */
export type TableDisk = Readonly<Record<string, "directory" | number>>;

export const path = (text: string) => text as RelativePath;
export const delivered = () => ({ kind: "delivered" }) as const;
export const names = (batch: Batch | undefined) =>
  batch?.entries.map((entry) => String(entry.path));

export function dirtySet(settings: Partial<DirtySetSettings> = {}): DirtySet {
  return new DirtySet({
    longestWaitMs: () => 60_000,
    batchPaths: 100,
    batchBytes: 1_000_000,
    largeFileBytes: 100_000,
    ...settings,
  });
}

export function options(disk: TableDisk, more: Partial<CutOptions> = {}): CutOptions {
  return { now: 10_000, look: diskOf(disk), missing: "send", lane: "normal", ...more };
}

function diskOf(entries: TableDisk) {
  return (at: RelativePath): Sight => {
    const parts = at === "" ? [] : at.split("/");
    for (let depth = 1; depth <= parts.length; depth++) {
      const named = parts.slice(0, depth).join("/");
      const entry = entries[named];
      if (entry === undefined) return { at: path(named), type: "missing", size: 0 };
      if (entry !== "directory") return { at: path(named), type: "file", size: entry };
    }
    return { at, type: "directory", size: 0 };
  };
}

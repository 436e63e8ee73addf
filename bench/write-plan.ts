/** What the writing process is asked to write, and what it answers. */
import { join } from "node:path";

export interface WritePlan {
  /** These exist already; files go to them in turn. */
  readonly directories: readonly string[];
  readonly files: number;
  /** The number of the first one, where it is not 0. */
  readonly first?: number;
  readonly perSecond: number;
  readonly leastBytes: number;
  readonly mostBytes: number;
  readonly seed: number;
}

export interface WriteResult {
  /** When each file was closed, ms; in the order of `filesOf`. */
  readonly closedAt: readonly number[];
  /** The most a file came after its due time, ms: what the writer itself could not hold. */
  readonly behindMs: number;
}

/** The names a plan writes, in order. */
export function filesOf(plan: WritePlan): string[] {
  return Array.from({ length: plan.files }, (_, index) => {
    const number = index + (plan.first ?? 0);
    const directory = plan.directories[number % plan.directories.length] ?? "";
    return join(directory, `file-${String(number).padStart(6, "0")}`);
  });
}

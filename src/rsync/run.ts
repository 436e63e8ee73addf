/** What one rsync process achieved. */
import type { RelativePath } from "../model/path.js";
import type { Trouble } from "./trouble.js";

export interface Run {
  /**
   * `done`: rsync ended with 0, the only proof of delivery. `vanished`: all but names that were gone
   * when rsync came to them (24). `partial`: some entries failed (23). `failed`: nothing is proven.
   */
  readonly outcome: "done" | "vanished" | "partial" | "failed";
  readonly status: number | null;
  readonly signal?: string;
  /** Set when the outcome is `failed`. */
  readonly trouble?: Trouble;
  /** rsync's own error lines; the first ones where there are very many. */
  readonly errors: readonly string[];
  /**
   * Paths that the error lines name. Complete unless `errorsCut`; a line that names no path below
   * the source adds nothing here.
   */
  readonly suspects: readonly RelativePath[];
  /** True when rsync said more than was kept, so that `suspects` may lack some. */
  readonly errorsCut: boolean;
  readonly stats: RunStats;
  readonly tookMs: number;
}

export interface RunStats {
  readonly sentBytes: number;
  /** Bytes of content that were not already at the target. */
  readonly literalBytes: number;
  readonly filesTransferred: number;
  readonly deleted?: number;
}

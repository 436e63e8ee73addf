/** What `treecast verify` is asked, and what it has found. */
import type { SourceConfig, TargetConfig } from "../config/config.js";
import type { RelativePath } from "../model/path.js";
import type { LinkTreatment } from "../rsync/links.js";
import type { Report } from "../verify/verify-target.js";

export interface VerifyRequest {
  /** A source by its name or path, a target by its name or address; absent for all. */
  readonly source?: string | undefined;
  readonly target?: string | undefined;
  /** Only what lies at and below it, as somebody typed it. */
  readonly path?: string | undefined;
  readonly checksum: boolean;
  readonly repair: boolean;
  readonly json: boolean;
}

/** One target beside its source, and where it is compared. */
export interface Pair {
  readonly source: SourceConfig;
  readonly target: TargetConfig;
  readonly path: RelativePath;
}

export interface PairResult extends Pair {
  /** Undefined where nothing could be compared. */
  readonly report: Report | undefined;
  /** Why it could not, or not all of it. */
  readonly fault: string | undefined;
  readonly links: LinkTreatment;
  /** How many differed before the repair; undefined where there was none. */
  readonly repaired?: number;
}

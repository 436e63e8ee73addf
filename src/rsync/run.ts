/** What one rsync process achieved: its exit status and its words, read together. */
import type { Endpoint } from "../model/endpoint.js";
import type { RelativePath } from "../model/path.js";
import { meaningOf } from "./exit-status.js";
import type { Places } from "./stderr.js";
import { suspectsIn } from "./stderr.js";
import type { Trouble } from "./trouble.js";
import { classify, troubleOf } from "./trouble.js";

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
   * Names that the error lines speak of, and directories above them. Complete unless `errorsCut`;
   * a line that speaks of none of the names sent adds nothing here.
   */
  readonly suspects: readonly RelativePath[];
  /** True when rsync said more than was kept, so that `suspects` may lack some. */
  readonly errorsCut: boolean;
  readonly stats: RunStats;
  readonly tookMs: number;
  /**
   * An earlier try with the same names was cut off: its other end may have gone on writing for a
   * moment, beside this run.
   */
  readonly interrupted?: boolean;
}

export interface RunStats {
  readonly sentBytes: number;
  /** Bytes of content that were not already at the target. */
  readonly literalBytes: number;
  readonly filesTransferred: number;
  readonly deleted?: number;
}

/** How a process ended, before anybody has judged it. */
export interface Ending {
  readonly status: number | null;
  readonly signal: string | null;
  /** Why we ended it ourselves, or why it could not be started. */
  readonly trouble?: Trouble;
  readonly stdout: string;
  readonly stderr: string;
  readonly cut: boolean;
  readonly tookMs: number;
}

/** Lines kept for people; `suspects` are drawn from all of them. */
const MAX_ERROR_LINES = 40;

/** What rsync calls information and yet leaves something undone, although it ends with 0. */
const UNDONE = /^cannot delete (?:non-empty directory|mount point): /;
/** The same where something excluded was to be spared: then it is as it should be. */
const UNDONE_ALTHOUGH_SPARING = /^cannot delete mount point: /;

export interface RunContext {
  readonly endpoint: Endpoint;
  /** Absolute source root, latin1. */
  readonly source: string;
  /** Excluded entries on the replica were to survive the deletion of a directory around them. */
  readonly sparesExcluded: boolean;
}

export function runFrom(
  ending: Ending,
  names: readonly RelativePath[],
  { endpoint, source, sparesExcluded }: RunContext,
): Run {
  const pattern = sparesExcluded ? UNDONE_ALTHOUGH_SPARING : UNDONE;
  const undone = linesOf(ending.stdout).filter((line) => pattern.test(line));
  const errors = [...linesOf(ending.stderr), ...undone];
  const trouble = ending.trouble ?? classify(ending.status, ending.stderr, endpoint);
  const { outcome } = meaningOf(ending.status);
  return {
    outcome:
      trouble !== undefined
        ? "failed"
        : outcome === "done" && undone.length > 0
          ? "partial"
          : outcome,
    status: ending.status,
    ...(ending.signal === null ? {} : { signal: ending.signal }),
    ...(trouble === undefined ? {} : { trouble }),
    errors: errors.slice(0, MAX_ERROR_LINES),
    suspects: errors.length === 0 ? [] : suspectsIn(errors, names, placesOf(endpoint, source)),
    errorsCut: ending.cut,
    stats: statsFrom(ending.stdout),
    tookMs: ending.tookMs,
  };
}

/** The outcome of sending nothing. */
export function emptyRun(): Run {
  return {
    outcome: "done",
    status: 0,
    errors: [],
    suspects: [],
    errorsCut: false,
    stats: { sentBytes: 0, literalBytes: 0, filesTransferred: 0 },
    tookMs: 0,
  };
}

/** The outcome of what could not even begin. */
export function failedRun(trouble: Trouble, tookMs = 0): Run {
  return { ...emptyRun(), outcome: "failed", status: null, trouble, tookMs };
}

export function placesOf(endpoint: Endpoint, source: string): Places {
  return { source, target: endpoint.path, module: endpoint.kind === "module" };
}

/** Two runs for one list, told as one: what is worse counts. */
export function joinRuns(one: Run, other: Run): Run {
  const order = ["done", "vanished", "partial", "failed"];
  const [better, worse] =
    order.indexOf(one.outcome) <= order.indexOf(other.outcome) ? [one, other] : [other, one];
  return {
    ...worse,
    errors: [...worse.errors, ...better.errors].slice(0, MAX_ERROR_LINES),
    suspects: [...new Set([...one.suspects, ...other.suspects])],
    errorsCut: one.errorsCut || other.errorsCut,
    stats: {
      sentBytes: one.stats.sentBytes + other.stats.sentBytes,
      literalBytes: one.stats.literalBytes + other.stats.literalBytes,
      filesTransferred: one.stats.filesTransferred + other.stats.filesTransferred,
      deleted: (one.stats.deleted ?? 0) + (other.stats.deleted ?? 0),
    },
    tookMs: one.tookMs + other.tookMs,
  };
}

/** The trouble of a process that could not be started: the program or its directory is missing. */
export function startTrouble(
  error: NodeJS.ErrnoException,
  sourceExists: boolean,
  endpoint: Endpoint,
): Trouble {
  if (!sourceExists) return troubleOf("source-missing", endpoint);
  const missing = error.code === "ENOENT" || error.code === "EACCES";
  return troubleOf(missing ? "rsync-missing" : "unknown", endpoint, error.message);
}

/** rsync's `--stats`, written without digit grouping (`--no-human-readable`). */
export function statsFrom(stdout: string): RunStats {
  const deleted = numberAfter(stdout, "Number of deleted files");
  return {
    sentBytes: numberAfter(stdout, "Total bytes sent") ?? 0,
    literalBytes: numberAfter(stdout, "Literal data") ?? 0,
    filesTransferred: numberAfter(stdout, "Number of regular files transferred") ?? 0,
    ...(deleted === undefined ? {} : { deleted }),
  };
}

function numberAfter(stdout: string, label: string): number | undefined {
  const match = new RegExp(`^${label}: ([\\d,.]+)`, "m").exec(stdout)?.[1];
  return match === undefined ? undefined : Number(match.replace(/[,.]/g, ""));
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

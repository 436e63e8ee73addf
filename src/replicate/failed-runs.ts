/**
 * The rsync runs that would deliver what has failed, for a person who makes them by hand. Nothing is
 * run here.
 *
 * A run by hand happens later than it is thought out, and no guard stands by. So what may delete
 * names nothing but what is gone now, and what sends never deletes.
 */
import type { Filter } from "../filter/filter.js";
import type { Profile, Sight } from "../model/batch.js";
import { Kind } from "../model/change.js";
import { type RelativePath, isBelow } from "../model/path.js";
import type { OnMissing } from "../queue/dirty-set.js";
import { DirtySet } from "../queue/dirty-set.js";
import { sendArguments } from "../rsync/arguments.js";
import type { TargetSettings } from "./settings.js";

export interface FailedRuns {
  /** Absolute, latin1; where they are run. */
  readonly directory: string;
  readonly program: string;
  /** What rsync needs in its environment (RSYNC_PASSWORD); a file stands among the arguments. */
  readonly password: PasswordSource | undefined;
  readonly runs: readonly FailedRun[];
  /** Failed paths that no run is for: deletions that are held, or never made. */
  readonly leftOut: readonly RelativePath[];
}

export type PasswordSource =
  | { readonly kind: "environment" | "credential"; readonly name: string }
  /** It is known to the daemon alone, and not told. */
  | { readonly kind: "untold" };

export interface FailedRun {
  readonly deletes: boolean;
  readonly args: readonly string[];
  /** What it reads from its standard input, each ended by NUL and begun with `./`. */
  readonly names: readonly RelativePath[];
}

export interface FailedRunsOptions {
  /** The source's root, absolute, latin1. */
  readonly source: string;
  readonly settings: TargetSettings;
  readonly filter: Filter;
  readonly look: (path: RelativePath) => Sight;
  readonly missing: OnMissing;
  /** What was on the replica before us. */
  readonly spares: (path: RelativePath) => boolean;
}

/** Long after any deletion is due, in the made-up time of the runs. */
const LATER_MS = 3_600_000;

export function failedRuns(
  paths: readonly RelativePath[],
  { source, settings, filter, look, missing, spares }: FailedRunsOptions,
): FailedRuns {
  const { batchPaths, largeFileBytes, deletes, program } = settings;
  const dirty = new DirtySet({
    longestWaitMs: () => 0,
    batchPaths,
    batchBytes: Infinity,
    largeFileBytes,
  });
  for (const path of paths) {
    const kinds = look(path).type === "directory" ? Kind.Attributes | Kind.Directory : Kind.Content;
    // What is gone is known to be gone: its deletion was tried.
    dirty.add(path, look(path).type === "missing" ? Kind.Gone : kinds, 0);
  }
  const runs: FailedRun[] = [];
  const rsync = { ...settings, source, deletes: deletes !== "never", filter };
  const add = (profile: Profile, names: readonly RelativePath[], mayDelete: boolean): void => {
    if (names.length === 0) return;
    const args = sendArguments(rsync, profile, { deletes: mayDelete });
    runs.push({ deletes: mayDelete, args, names });
  };
  for (let now = LATER_MS; ; now += LATER_MS) {
    const batch =
      dirty.cut({ now, lane: "normal", missing, look }) ??
      dirty.cut({ now, lane: "large", missing, look });
    if (batch === undefined) break;
    const named = (isGone: boolean) =>
      batch.entries
        .filter(({ sight }) => (sight.type === "missing") === isGone)
        .map(({ path }) => path);
    add(batch.profile, named(false), false);
    add(
      "attributes",
      named(true).filter((path) => !spares(path)),
      true,
    );
    // Ended at once, so that nothing waits for anything in flight.
    dirty.end(batch, () => ({ kind: "delivered" }), now);
  }
  const named = runs.flatMap(({ names }) => names);
  const isNamed = (path: RelativePath) =>
    named.some((each) => each === path || isBelow(path, each));
  return {
    directory: source,
    program,
    password: passwordSource(settings),
    runs,
    leftOut: paths.filter((path) => !isNamed(path)),
  };
}

function passwordSource({ endpoint, password }: TargetSettings): PasswordSource | undefined {
  if (endpoint.kind !== "module" || password === undefined) return undefined;
  switch (password.kind) {
    case "file":
      return undefined;
    case "environment":
    case "credential":
      return { kind: password.kind, name: password.name };
    case "given":
      return { kind: "untold" };
  }
}

/**
 * What a change of some paths would make rsync do, found by the parts that would do it: the queue
 * that cuts batches, the look at the disk, the arguments of the sessions. Nothing is run.
 */
import type { Config, SourceConfig, TargetConfig } from "../config/config.js";
import { bothKeep, compileFilter, explanationText, type Filter } from "../filter/filter.js";
import { type Batch, isDeletion } from "../model/batch.js";
import { Kind } from "../model/change.js";
import { displayPath, type RelativePath } from "../model/path.js";
import type { SecretReference } from "../model/secret.js";
import { DirtySet } from "../queue/dirty-set.js";
import { describeCommand, sendArguments } from "../rsync/arguments.js";
import { createLook } from "../transfer/look.js";
import { type PlacedPath, placePath } from "./places.js";

export interface PlannedRun {
  readonly profile: Batch["profile"];
  /** As a person could copy it into a shell; a password is never in it. */
  readonly command: string;
  readonly args: readonly string[];
  /** What the run reads from its standard input, each ended by NUL. */
  readonly names: readonly string[];
}

export interface TargetPlan {
  readonly source: string;
  readonly target: string;
  readonly workingDirectory: string;
  /** Why paths are left out. */
  readonly excluded: readonly string[];
  readonly runs: readonly PlannedRun[];
  /** What the command line does not show. */
  readonly notes: readonly string[];
}

/** Long after any deletion is due, in the made-up time of the plan. */
const LATER_MS = 3_600_000;

export function plan(paths: readonly string[], config: Config): TargetPlan[] {
  const placed = paths.flatMap((text) => placePath(text, config));
  const sources = config.sources.filter((source) =>
    placed.some((place) => place.source === source),
  );
  return sources.flatMap((source) => {
    const own = placed.filter((place) => place.source === source);
    return source.targets.map((target) => planFor(source, target, own));
  });
}

function planFor(
  source: SourceConfig,
  target: TargetConfig,
  placed: readonly PlacedPath[],
): TargetPlan {
  const filter = filterOf(source, target);
  const kept = placed.filter(({ path, isDirectory }) => filter.keeps(path, isDirectory));
  const excluded = placed
    .filter((place) => !kept.includes(place))
    .map(({ path, isDirectory }) => explanationText(path, filter.explain(path, isDirectory)));
  return {
    source: source.name,
    target: target.name,
    workingDirectory: displayPath(source.path),
    excluded,
    runs: batchesFor(source, target, kept).map((batch) => runOf(batch, source, target, filter)),
    notes: notesOn(target),
  };
}

function filterOf(source: SourceConfig, target: TargetConfig): Filter {
  const own = compileFilter(source.rules, "source");
  return target.rules.length === 0 ? own : bothKeep(own, compileFilter(target.rules, "target"));
}

function batchesFor(
  source: SourceConfig,
  { batchPaths, largeFileBytes, deletes }: TargetConfig,
  placed: readonly PlacedPath[],
): Batch[] {
  const dirty = new DirtySet({
    longestWaitMs: () => 0,
    batchPaths,
    batchBytes: Infinity,
    largeFileBytes,
  });
  // What stands there decides the rest: a path that is missing becomes a deletion by itself.
  for (const { path, isDirectory } of placed) {
    dirty.add(path, isDirectory ? Kind.Content | Kind.Directory : Kind.Content, 0);
  }
  const look = createLook(source.path);
  // As a lane reads the policy of its target.
  const missing = deletes === "never" || deletes === "startup-only" ? "drop" : "send";
  const batches: Batch[] = [];
  for (let now = LATER_MS; ; now += LATER_MS) {
    const batch =
      dirty.cut({ now, lane: "normal", missing, look }) ??
      dirty.cut({ now, lane: "large", missing, look });
    if (batch === undefined) return batches;
    batches.push(batch);
    // Ended at once, so that nothing waits for anything in flight.
    dirty.end(batch, () => ({ kind: "delivered" }), now);
  }
}

function runOf(
  { profile, entries }: Batch,
  { path }: SourceConfig,
  target: TargetConfig,
  filter: Filter,
): PlannedRun {
  const mayDelete = target.deletes !== "never";
  const settings = { ...target, source: path, deletes: mayDelete, filter };
  const args = sendArguments(settings, profile, { deletes: mayDelete && isDeletion(entries) });
  return {
    profile,
    command: describeCommand(target.program, args),
    args,
    names: entries.map((entry) => listed(entry.path)),
  };
}

function listed(path: RelativePath): string {
  return path === "" ? "./" : `./${displayPath(path)}`;
}

function notesOn({ endpoint, password }: TargetConfig): string[] {
  if (endpoint.kind === "ssh") {
    return ["In a real run all sessions share one ssh connection (-o ControlPath=…)."];
  }
  if (endpoint.kind === "module" && password !== undefined && password.kind !== "file") {
    const where = placeOf(password);
    return [`The password comes from ${where}, in the environment of rsync (RSYNC_PASSWORD).`];
  }
  return [];
}

function placeOf(secret: SecretReference): string {
  switch (secret.kind) {
    case "file":
      return secret.path;
    case "environment":
      return `$${secret.name}`;
    case "credential":
      return `the credential '${secret.name}'`;
    case "given":
      return "the configuration";
  }
}

export function planLines(plans: readonly TargetPlan[]): string[] {
  return plans.flatMap(({ source, target, workingDirectory, excluded, runs, notes }, index) => [
    ...(index === 0 ? [] : [""]),
    `${source} → ${target}`,
    ...excluded.map((text) => `  ${text}`),
    ...(runs.length === 0 ? ["  Nothing would be sent."] : [`  in ${workingDirectory}`]),
    ...runs.flatMap(({ command, names }) => [
      `  ${command}`,
      ...names.map((name) => `    ${name}`),
    ]),
    ...notes.map((note) => `  ${note}`),
  ]);
}

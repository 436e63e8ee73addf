/**
 * What a new configuration changes, so that a reload touches only that. Sources and targets are the
 * same ones where they have the same name.
 */
import { isDeepStrictEqual } from "node:util";
import type { Config, SourceConfig, TargetConfig } from "./config.js";

export interface ConfigDiff {
  /** Needs a restart of the program: the state directory is locked and open. */
  readonly stateDirectory: boolean;
  readonly log: boolean;
  readonly metrics: boolean;
  readonly added: readonly SourceConfig[];
  readonly removed: readonly SourceConfig[];
  readonly changed: readonly SourceChange[];
  readonly kept: readonly SourceConfig[];
}

export interface SourceChange {
  readonly before: SourceConfig;
  readonly after: SourceConfig;
  /** Keys of the source's own that changed, without `targets`; with none, it keeps its watch. */
  readonly keys: readonly (keyof SourceConfig)[];
  readonly targets: NamedDiff<TargetConfig>;
}

/** Two lists of what has a name, compared by it. */
export interface NamedDiff<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
  readonly changed: readonly { before: T; after: T; keys: readonly (keyof T)[] }[];
  readonly kept: readonly T[];
}

export function diffConfigs(before: Config, after: Config): ConfigDiff {
  const { added, removed, changed, kept } = diffNamed(before.sources, after.sources);
  const changes = changed.map((change) => ({
    ...change,
    keys: change.keys.filter((key) => key !== "targets"),
    targets: diffNamed(change.before.targets, change.after.targets),
  }));
  return {
    stateDirectory: before.stateDirectory !== after.stateDirectory,
    log: !isDeepStrictEqual(before.log, after.log),
    metrics: !isDeepStrictEqual(before.metrics, after.metrics),
    added,
    removed,
    changed: changes.filter(isReal),
    kept: [...kept, ...changes.filter((change) => !isReal(change)).map((change) => change.after)],
  };
}

/** Not where only the order of the targets is another. */
function isReal({ keys, targets: { added, removed, changed } }: SourceChange): boolean {
  return [...keys, ...added, ...removed, ...changed].length > 0;
}

/** True when a reload would do nothing. */
export function isUnchanged(diff: ConfigDiff): boolean {
  const { stateDirectory, log, metrics, added, removed, changed } = diff;
  return !stateDirectory && !log && !metrics && [...added, ...removed, ...changed].length === 0;
}

function diffNamed<T extends { readonly name: string }>(
  before: readonly T[],
  after: readonly T[],
): NamedDiff<T> {
  const old = new Map(before.map((one) => [one.name, one]));
  const names = new Set(after.map(({ name }) => name));
  const changed: NamedDiff<T>["changed"][number][] = [];
  const added: T[] = [];
  const kept: T[] = [];
  for (const one of after) {
    const previous = old.get(one.name);
    if (previous === undefined) {
      added.push(one);
      continue;
    }
    const keys = changedKeys(previous, one);
    if (keys.length === 0) kept.push(one);
    else changed.push({ before: previous, after: one, keys });
  }
  return { added, removed: before.filter(({ name }) => !names.has(name)), changed, kept };
}

function changedKeys<T extends object>(before: T, after: T): (keyof T)[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)] as (keyof T)[]);
  return [...keys].filter((key) => !isDeepStrictEqual(before[key], after[key]));
}

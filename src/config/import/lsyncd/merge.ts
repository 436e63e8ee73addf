/**
 * Syncs as sources: what reads the same directory is one source with several targets, for a source
 * is watched, and remembered, once.
 */
import { basename, posix } from "node:path";
import type { DraftMapping, DraftNode } from "../draft.js";
import { list, mapping, text } from "../draft.js";
import type { Findings } from "./findings.js";
import type { Rules } from "./rules.js";
import type { ReadSync } from "./sync.js";

export function sourcesFrom(syncs: readonly ReadSync[], findings: Findings): DraftMapping[] {
  const groups = new Map<string, ReadSync[]>();
  for (const sync of syncs) {
    const path = plainPath(sync.source.value);
    const group = groups.get(path);
    if (group === undefined) groups.set(path, [sync]);
    else group.push(sync);
  }
  const names = namesFor([...groups.keys()]);
  return [...groups].map(([path, group]) => sourceFrom(group, names.get(path), findings));
}

function plainPath(path: string): string {
  const plain = posix.normalize(path).replace(/(?!^)\/+$/, "");
  return path.startsWith("/") || plain.startsWith(".") || plain.startsWith("~")
    ? plain
    : `./${plain}`;
}

/** Names for those whose own last part is another's, too. */
function namesFor(paths: readonly string[]): Map<string, string> {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(basename(path), (counts.get(basename(path)) ?? 0) + 1);
  const names = new Map<string, string>();
  const taken = new Set(paths.map((path) => basename(path)));
  for (const path of paths) {
    if ((counts.get(basename(path)) ?? 0) < 2) continue;
    const base =
      path
        .replace(/^[./~]+/, "")
        .replaceAll("/", "-")
        .slice(-190) || "root";
    let name = base;
    for (let count = 2; taken.has(name); count++) name = `${base}-${count}`;
    taken.add(name);
    names.set(path, name);
  }
  return names;
}

const NO_FILTER = "lsyncd leaves nothing out by itself; treecast's default is preset:editor-temp.";

function sourceFrom(
  syncs: readonly ReadSync[],
  name: string | undefined,
  findings: Findings,
): DraftMapping {
  const [first] = syncs as [ReadSync, ...ReadSync[]];
  const agree = syncs.every((sync) => sameRules(sync, first));
  if (!agree) {
    for (const { place, rules, files } of syncs) {
      if (rules.length + files.length === 0) continue;
      const why =
        "other syncs of this source leave out something else: directories are watched for all of them";
      findings.changed(place, "its excludes and filters", "the filter of the target", why);
    }
  }
  return mapping(
    [
      ["name", name === undefined ? undefined : text(name, first.source.place)],
      ["path", first.source],
      [
        "filter",
        agree && first.rules.length > 0 ? list(first.rules) : list([], first.place, NO_FILTER),
      ],
      ["filterFile", agree ? filesOf(first) : undefined],
      ["initial", initialOf(syncs, findings)],
      ["passes", passesOf(syncs)],
      [
        "targets",
        list(
          syncs.map((sync) => targetFrom(sync, !agree)),
          first.place,
        ),
      ],
    ],
    first.place,
  );
}

function targetFrom(sync: ReadSync, withRules: boolean): DraftMapping {
  const rules = withRules && sync.rules.length > 0 ? list(sync.rules) : undefined;
  return mapping(
    [
      ["to", sync.to],
      ["filter", rules],
      ["filterFile", withRules ? filesOf(sync) : undefined],
      ...sync.settings,
    ],
    sync.place,
  );
}

function filesOf({ files }: Rules): DraftNode | undefined {
  return files.length === 0 ? undefined : list(files, files[0]?.place);
}

function sameRules(a: Rules, b: Rules): boolean {
  const words = ({ rules, files }: Rules) =>
    JSON.stringify([rules, files].map((texts) => texts.map(({ value }) => value)));
  return words(a) === words(b);
}

/** It holds for a source: one target that is to be compared has its source compare. */
function initialOf(syncs: readonly ReadSync[], findings: Findings): DraftNode | undefined {
  const none = syncs.flatMap(({ initial }) => initial ?? []);
  if (none.length === syncs.length) return none[0];
  for (const { place } of none) {
    if (place === undefined) continue;
    const why =
      "other syncs of this source begin with a comparison, and it is the source that does";
    findings.changed(place, "init = false", "initial: full", why);
  }
  return undefined;
}

function passesOf(syncs: readonly ReadSync[]): DraftNode | undefined {
  const crons = new Map(
    syncs.flatMap((sync) => sync.crons.map((cron) => [cron.value, cron] as const)),
  );
  if (crons.size === 0) return undefined;
  return list([...crons.values()].map((cron) => mapping([["cron", cron]], cron.place)));
}

/** What differs between sources and their replicas, without changing anything. */
import type { Config, SourceConfig, TargetConfig } from "../config/config.js";
import { dangersIn } from "../daemon/places.js";
import { bothKeep, compileFilter } from "../filter/filter.js";
import { displayPath, ROOT } from "../model/path.js";
import { createPalette, wantsColour } from "../observe/palette.js";
import { countOf } from "../observe/quantities.js";
import { createRemote } from "../rsync/create-remote.js";
import type { Difference } from "../rsync/remote.js";
import { endChildrenAtExit } from "./children.js";
import { ExitStatus } from "./exit-status.js";

interface TargetDifferences {
  readonly source: string;
  readonly target: string;
  readonly differences: readonly Difference[];
  /** Why the comparison came to no end. */
  readonly fault?: string;
}

/** Prints them; resolves with the status to end with. */
export async function showDifferences(
  { sources }: Config,
  { json }: { readonly json: boolean },
): Promise<ExitStatus> {
  endChildrenAtExit();
  const [danger] = dangersIn(sources);
  if (danger !== undefined) throw danger;
  const all = await Promise.all(
    sources.flatMap((source) => source.targets.map((target) => differencesOf(source, target))),
  );
  process.stdout.write(json ? jsonText(all) : plainText(all));
  return all.some(({ fault }) => fault !== undefined) ? ExitStatus.Incomplete : ExitStatus.Ok;
}

async function differencesOf(
  source: SourceConfig,
  target: TargetConfig,
): Promise<TargetDifferences> {
  const own = compileFilter(source.rules, "source");
  const filter =
    target.rules.length === 0 ? own : bothKeep(own, compileFilter(target.rules, "target"));
  // A policy that never deletes in a pass is not interested in what only the replica has.
  const deletes = target.deletes === "mirror" || target.deletes === "startup-only";
  const differences: Difference[] = [];
  await using remote = createRemote({ ...target, source: source.path, deletes, filter });
  const run = await remote.compare(ROOT, {
    deletes,
    filter,
    onDifference: (difference) => {
      // rsync is told only what it understands of the filter.
      if (filter.keeps(difference.path, difference.isDirectory)) differences.push(difference);
    },
  });
  const fault =
    run.trouble?.text ?? (run.outcome === "done" ? undefined : run.errors.slice(0, 3).join("; "));
  return {
    source: source.name,
    target: target.name,
    differences,
    ...(fault === undefined ? {} : { fault }),
  };
}

/** As in the help of `sync`. */
const MARKS: Readonly<Record<Difference["what"], string>> = {
  missing: "+",
  content: "~",
  attributes: ".",
  extra: "-",
};

function plainText(all: readonly TargetDifferences[]): string {
  const { bold, red } = createPalette(wantsColour(process.stdout));
  const lines = all.flatMap(({ source, target, differences, fault }) => [
    bold(`${source} → ${target}: ${countOf(differences.length, "difference")}`),
    ...differences.map(({ what, path, isDirectory }) => {
      return `${MARKS[what]} ${displayPath(path)}${isDirectory ? "/" : ""}`;
    }),
    ...(fault === undefined ? [] : [red(`not compared to the end: ${displayPath(fault)}`)]),
  ]);
  return `${lines.join("\n")}\n`;
}

function jsonText(all: readonly TargetDifferences[]): string {
  const targets = all.map(({ differences, ...rest }) => ({
    ...rest,
    differences: differences.map(({ path, ...what }) => ({ path: displayPath(path), ...what })),
  }));
  return `${JSON.stringify({ targets }, null, 2)}\n`;
}

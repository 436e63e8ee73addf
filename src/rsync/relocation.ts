/**
 * Renames that send no content: the replica makes the new place of what it already has, by hard links
 * to the old place (`--link-dest`), or, where only a file's name is new, from the old file's blocks.
 *
 * rsync links what agrees in size, time and attributes, and sends what does not; so a file that was
 * rewritten with the same size and time is linked although its content is another. Whoever relocates
 * sends such files afterwards like any other change. The old place stays, and shares its files with
 * the new one: it must be removed, or sent whole, before attributes are set there again.
 */
import { baseName, parentOf, ROOT, type RelativePath } from "../model/path.js";
import { attributeArguments, LIST_ARGUMENTS } from "./arguments.js";
import type { ColdRuns } from "./cold-runs.js";
import {
  argumentText,
  connectionArguments,
  destination,
  endpointBelow,
  isPlain,
  isText,
} from "./destination.js";
import { NOTHING_IN_ROOT } from "./nothing.js";
import type { Relocation } from "./remote.js";
import { emptyRun, joinRuns, type Run } from "./run.js";
import type { RsyncSettings } from "./settings.js";
import type { TroubleKind } from "./trouble.js";

/** rsync's lists should not grow without bound (a public report has one of a million take hours). */
const NAMES_AT_ONCE = 5_000;

/** What a relocation can fail of although the target is well. */
const ITS_OWN_FAULT: ReadonlySet<TroubleKind> = new Set([
  "option-refused",
  "source-missing",
  "target-missing",
  "unknown",
]);

/** `partial` with `to` as the only suspect: nothing is proven there, send it the normal way. */
export async function relocate(
  cold: ColdRuns,
  relocation: Relocation,
  signal: AbortSignal | undefined,
): Promise<Run> {
  const { at, to, names } = relocation;
  const route = routeOf(cold.settings, relocation);
  if (typeof route === "string") return asPartial({ ...emptyRun(), status: null }, to, route);
  // Of the directory itself speaks a name that is not in it.
  const list = names === undefined ? [baseName(at) as RelativePath] : [NOTHING_IN_ROOT, ...names];
  let run = emptyRun();
  for (let from = 0; from < list.length && run.outcome !== "failed"; from += NAMES_AT_ONCE) {
    const next = await cold.run(
      {
        args: (controlPath) => relocationArguments(cold.settings, route, controlPath),
        cwd: route.cwd,
        list: list.slice(from, from + NAMES_AT_ONCE),
        // rsync speaks of them by their way below `at` here, and below `to` there.
        names: [],
        long: true,
      },
      signal,
    );
    run = joinRuns(run, next);
  }
  if (run.trouble === undefined) return run.outcome === "partial" ? asPartial(run, to) : run;
  return ITS_OWN_FAULT.has(run.trouble.kind) ? asPartial(run, to, run.trouble.text) : run;
}

function asPartial(run: Run, to: RelativePath, reason?: string): Run {
  const errors = run.errors.length === 0 && reason !== undefined ? [reason] : run.errors;
  const partial: { -readonly [Key in keyof Run]: Run[Key] } = { ...run };
  delete partial.trouble;
  return { ...partial, outcome: "partial", suspects: [to], errors };
}

interface Route {
  /** The directory in which the source has it. */
  readonly cwd: string;
  /** The target's place for it, as rsync takes it. */
  readonly into: string;
  /** Where the old one lies, seen from there; undefined for the same directory. */
  readonly linkFrom: string | undefined;
  readonly options: readonly string[];
}

/** The way, or why there is none, in words. */
function routeOf(settings: RsyncSettings, { from, to, at, names }: Relocation): Route | string {
  if (![from, to, at].every(isText)) {
    return "a name that is not UTF-8 cannot stand in an argument of rsync";
  }
  if (settings.options.includes("--inplace")) {
    return "with --inplace a later change would be written through the link";
  }
  const source = argumentText(settings.source);
  if (names !== undefined) {
    return {
      cwd: `${source}/${argumentText(at)}`,
      into: placeOf(settings, to),
      linkFrom: pathBetween(to, from),
      options: [],
    };
  }
  const isRenamed = baseName(from) !== baseName(to);
  if (isRenamed && settings.endpoint.kind === "local") {
    return "copying a file of another name costs no more than finding out what is in it";
  }
  const [oldParent, newParent] = [parentOf(from), parentOf(to)];
  // One file of another name than it shall have is sent to the name itself.
  const isNamed = baseName(at) !== baseName(to);
  return {
    cwd: parentOf(at) === ROOT ? source : `${source}/${argumentText(parentOf(at))}`,
    into: isNamed ? placeOf(settings, to).replace(/\/$/, "") : placeOf(settings, newParent),
    linkFrom: oldParent === newParent ? undefined : pathBetween(newParent, oldParent),
    options: [
      // Twice: look for a similar file not only in the new directory, but in the old one as well.
      ...(isRenamed ? ["--fuzzy", "--fuzzy", "--no-whole-file"] : []),
      ...(isNamed ? ["--no-relative"] : []),
    ],
  };
}

function placeOf(settings: RsyncSettings, path: RelativePath): string {
  return destination({ ...settings, endpoint: endpointBelow(settings.endpoint, path) });
}

/**
 * From one directory to another. rsync reads a relative path from the destination of the run, on
 * every kind of target, and so nobody needs to know where the target's root is.
 */
function pathBetween(here: RelativePath, there: RelativePath): string {
  const up = here === ROOT ? [] : here.split("/").map(() => "..");
  return [...up, ...(there === ROOT ? [] : [argumentText(there)])].join("/");
}

function relocationArguments(
  settings: RsyncSettings,
  { into, linkFrom, options }: Route,
  controlPath: string | undefined,
): string[] {
  const needsProtection =
    settings.endpoint.kind === "ssh" && !(isPlain(into) && isPlain(linkFrom ?? ""));
  return [
    ...attributeArguments(settings),
    ...settings.options,
    ...(linkFrom === undefined ? [] : [`--link-dest=${linkFrom}`]),
    ...LIST_ARGUMENTS,
    "--ignore-missing-args",
    ...options,
    "--info=flist1,stats2",
    ...connectionArguments(settings, controlPath),
    ...(needsProtection ? ["--protect-args"] : []),
    "./",
    into,
  ];
}

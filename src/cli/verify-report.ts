/** What a verification found, for a person and for a program. */
import { displayPath } from "../model/path.js";
import { createPalette, type Palette, wantsColour } from "../observe/palette.js";
import { countOf, digits, durationText } from "../observe/quantities.js";
import { type DriftKind, DRIFT_KINDS } from "../verify/drift.js";
import type { Report } from "../verify/verify-target.js";
import { shownText } from "./shown.js";
import type { PairResult, VerifyRequest } from "./verify-result.js";

/** Differences of one target that are shown by name; JSON has all that were named. */
const SHOWN = 200;

/** Paths that changed while they were looked at. */
const CHANGING_SHOWN = 3;

const LINKS: Readonly<Record<PairResult["links"], string | undefined>> = {
  true: undefined,
  unknown: undefined,
  munged:
    "the module makes symbolic links useless there (munge symlinks); set `use chroot = yes` and `munge symlinks = no` for it, and start it as root",
  cut: "the module cuts the first slash off absolute symbolic links (no chroot); set `use chroot = yes` for it, and start it as root",
};

/** What a kind is called in a count. */
const WORDS: Readonly<Record<DriftKind, string>> = {
  missing: "missing",
  extra: "extra",
  type: "of another type",
  content: "with other content",
  size: "with another size",
  link: "linked elsewhere",
  time: "with another time",
  mode: "with another mode",
  owner: "with another owner",
  group: "with another group",
  acl: "with another access list",
  xattr: "with other extended attributes",
};

export function textReport(results: readonly PairResult[], { checksum }: VerifyRequest): string {
  const palette = createPalette(wantsColour(process.stdout));
  return results
    .flatMap((result) => [
      headline(result, checksum, palette),
      ...(result.report === undefined ? [] : details(result.report, palette)),
      ...(LINKS[result.links] === undefined
        ? []
        : [`  ${palette.yellow("warning")} ${LINKS[result.links]}`]),
      ...(result.fault === undefined ? [] : [`  ${palette.red(shownText(result.fault))}`]),
    ])
    .map((line) => `${line}\n`)
    .join("");
}

function headline(result: PairResult, checksum: boolean, { green, red }: Palette): string {
  const { source, target, report, repaired, fault, path } = result;
  const place = path === "" ? "" : ` (${displayPath(path)})`;
  const names = shownText(`${source.name} → ${target.name}`) + place;
  if (report === undefined) return `${names}: ${red("not compared")}`;
  const { drift, kept } = report;
  const verdict =
    drift > 0
      ? red(drift === 1 ? "1 entry differs" : `${digits(drift)} entries differ`)
      : fault === undefined
        ? green("equal")
        : red("not compared to the end");
  const parts = [
    ...(drift > 0 ? [countsText(report.counts)] : []),
    ...(repaired === undefined ? [] : [`${countOf(repaired, "difference")} before the repair`]),
    ...(kept > 0 ? [`${countOf(kept, "entry", "entries")} kept from before treecast`] : []),
    `compared in ${durationText(report.tookMs)}${checksum ? ", all content read" : ""}`,
  ];
  return `${names}: ${verdict}; ${parts.join("; ")}`;
}

function countsText(counts: Report["counts"]): string {
  return DRIFT_KINDS.flatMap((kind) => {
    const count = counts[kind];
    return count === undefined ? [] : [`${digits(count)} ${WORDS[kind]}`];
  }).join(", ");
}

function details({ differences, drift, changing }: Report, { dim }: Palette): string[] {
  const shown = differences.slice(0, SHOWN);
  const width = Math.max(0, ...shown.map(({ kinds }) => kinds.join(", ").length));
  const more = drift - shown.length;
  return [
    ...shown.map(({ path, isDirectory, kinds }) => {
      const kind = kinds.join(", ").padEnd(width);
      return `  ${dim(kind)}  ${displayPath(path)}${isDirectory && path !== "" ? "/" : ""}`;
    }),
    ...(more > 0 ? [`  … and ${digits(more)} more`] : []),
    ...(changing.length > 0 ? [`  ${changingText(changing)}`] : []),
  ];
}

function changingText(changing: Report["changing"]): string {
  const names = changing.slice(0, CHANGING_SHOWN).map(displayPath).join(", ");
  const more = changing.length > CHANGING_SHOWN ? ", …" : "";
  const many = countOf(changing.length, "entry", "entries");
  return `${many} changed again and again and could not be judged: ${names}${more}`;
}

export function jsonReport(results: readonly PairResult[], { checksum }: VerifyRequest): string {
  const equal = results.every(({ report, fault }) => fault === undefined && report?.drift === 0);
  const targets = results.map(({ source, target, path, report, fault, links, repaired }) => ({
    source: source.name,
    target: target.name,
    path: displayPath(path),
    equal: fault === undefined && report?.drift === 0,
    ...(report === undefined
      ? {}
      : {
          drift: report.drift,
          counts: report.counts,
          differences: report.differences.map((each) => ({
            ...each,
            path: displayPath(each.path),
          })),
          unnamed: report.unnamed,
          changing: report.changing.map(displayPath),
          kept: report.kept,
          tookMs: Math.round(report.tookMs),
        }),
    links,
    ...(repaired === undefined ? {} : { repaired }),
    ...(fault === undefined ? {} : { fault }),
  }));
  return `${JSON.stringify({ equal, checksum, targets }, null, 2)}\n`;
}

/** What a pass achieved, for a person and for a program. */
import type { Fault } from "../model/fault.js";
import { displayPath } from "../model/path.js";
import { createPalette, wantsColour } from "../observe/palette.js";
import { bytesText, countOf, durationText } from "../observe/quantities.js";
import type { TargetResult } from "./source-sync.js";

/** Failed paths that are told by name. */
const NAMED = 10;

export function summaryText(results: readonly TargetResult[], faults: readonly Fault[]): string {
  const { green, red } = createPalette(wantsColour(process.stdout));
  const lines = results.flatMap((result) => {
    const { source, target, complete, delivered, bytes, tookMs, failed } = result;
    const verdict = complete ? green("equal") : red("not equal");
    const counts = `${countOf(delivered, "path")} delivered, ${bytesText(bytes)}, ${durationText(tookMs)}`;
    const more = failed.length > NAMED ? [`  … and ${failed.length - NAMED} more`] : [];
    return [
      `${source} → ${target}: ${verdict}; ${counts}${keptText(result)}`,
      ...reasons(result).map((reason) => `  ${reason}`),
      ...failed.slice(0, NAMED).map(({ path, reason }) => `  ${path}: ${displayPath(reason)}`),
      ...more,
    ];
  });
  const broken = faults.map((fault) => red(fault.message));
  return [...lines, ...broken].map((line) => `${line}\n`).join("");
}

function reasons({ complete, fault, failed, owed, differences }: TargetResult): string[] {
  if (complete) return [];
  if (fault !== undefined) return [fault];
  const others = owed - failed.length;
  return [
    ...(differences === undefined ? ["It was not compared to the end"] : []),
    ...(failed.length > 0 ? [`${countOf(failed.length, "path")} could not be delivered:`] : []),
    ...(others > 0
      ? [`${countOf(others, "path")} had to wait; deletions are held while the source is empty`]
      : []),
  ];
}

function keptText({ kept }: TargetResult): string {
  if (kept === 0) return "";
  return `; kept ${countOf(kept, "entry", "entries")} that only the replica has (--adopt deletes them)`;
}

export function summaryJson(results: readonly TargetResult[], faults: readonly Fault[]): string {
  const complete = faults.length === 0 && results.every((each) => each.complete);
  const errors = faults.map(({ code, message }) => ({ code, message }));
  return `${JSON.stringify({ complete, targets: results, errors }, null, 2)}\n`;
}

/** The result of a soak as the part of docs/reliability.md that changes with it. */
import { FAULTS, type FaultName } from "./faults.js";
import type { SoakResult } from "./outcome.js";

const BEGIN = "<!-- soak: written by script/soak --docs -->";
const END = "<!-- /soak -->";

/** The page with its result replaced; throws where it has no place for one. */
export function withResult(page: string, result: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`Cannot find '${BEGIN}' … '${END}' in the page`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${result}\n${page.slice(end)}`;
}

export function renderResult(result: SoakResult): string {
  const { told, equalAfter, memory } = result;
  const operations = sum(result.operations);
  const faults = sum(result.faults);
  const rows: (readonly [string, string])[] = [
    ["took", hours(result.tookSeconds)],
    ["operations on the source", count(operations)],
    ["faults", count(faults)],
    ["rounds, each ended by a comparison of every replica", count(result.rounds)],
    ["comparisons that found a replica equal", count(result.comparisons)],
    [
      "**entries that differed**",
      result.failure === undefined ? "**none**" : "**some**: see below",
    ],
    [
      "from quiet until all were equal, median and longest",
      `${equalAfter.median.toFixed(1)} s, ${equalAfter.longest.toFixed(1)} s`,
    ],
    ["starts of the daemon", count(told.starts)],
    [
      "gaps that it told",
      Object.entries(told.gaps)
        .map(([reason, times]) => `${reason} ${count(times)}`)
        .join(", ") || "none",
    ],
    ["scans of the source, or a part, against the index", count(told.scans)],
    ["comparisons of a whole replica that it made itself", count(told.fullPasses)],
    [
      "resident memory of the daemon, median and most",
      `${memory.median.toFixed(0)} MB, ${memory.most.toFixed(0)} MB`,
    ],
  ];
  const { machine } = result;
  const lines = [
    `${result.startedAt.slice(0, 10)}, seed ${result.seed}: Linux ${machine.kernel}, ${machine.cores} cores (${machine.cpu}), ${machine.fileSystem}, Node.js ${machine.node}, rsync ${machine.rsync}.`,
    "",
    ...table(["", ""], rows),
    "",
    ...table(
      ["fault", "times", "what is done"],
      (Object.keys(FAULTS) as FaultName[])
        .filter((name) => (result.faults[name] ?? 0) > 0)
        .map((name) => [name, count(result.faults[name] ?? 0), FAULTS[name].text]),
    ),
  ];
  if (result.leftOut.length > 0) {
    lines.push("", `Left out in this run: ${result.leftOut.join(", ")}.`);
  }
  if (result.failure !== undefined) {
    lines.push("", "```", ...result.failure.split("\n").slice(0, 40), "```");
  }
  return `${lines.join("\n")}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, each) => total + each, 0);
}

function count(value: number): string {
  return value.toLocaleString("en");
}

function hours(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** From rows to a page a person can judge: medians over the rounds, and ratios beside them. */
import type { Machine } from "./machine.js";
import type { Column, Question, Row, Unit } from "./question.js";
import { median } from "./statistics.js";

export interface Answer {
  readonly question: string;
  readonly rows: readonly Row[];
  /** Why it could not be asked. */
  readonly problem?: string;
  /** The question was asked in its small version, beside others in full. */
  readonly small?: boolean;
  /** How often it was asked, beside others that were asked fewer times. */
  readonly rounds?: number;
}

export interface Results {
  readonly startedAt: string;
  readonly tookSeconds: number;
  readonly quick: boolean;
  readonly rounds: number;
  readonly seed: number;
  readonly machine: Machine;
  readonly contestants: readonly { name: string; version: string; about: string }[];
  readonly absent: readonly string[];
  readonly answers: readonly Answer[];
}

export function renderReport(results: Results, questions: readonly Question[]): string {
  const sections = questions.flatMap((question) => {
    const answer = results.answers.find((each) => each.question === question.name);
    return answer === undefined ? [] : [renderAnswer(question, answer, results)];
  });
  return [renderHead(results), ...sections, QUOTED].join("\n") + "\n";
}

function renderHead(results: Results): string {
  const { machine, contestants, absent } = results;
  const lines = [
    "# Benchmarks",
    "",
    "Written by `script/bench`; every figure of the run is in `benchmarks.json` beside this page.",
    "",
    `${results.startedAt.slice(0, 10)}, ${duration(results.tookSeconds)}, ${results.rounds} round(s), seed ${results.seed}.`,
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}, Linux ${machine.kernel}, ${machine.fileSystem}; Node ${machine.node}, rsync ${machine.rsync}.`,
    `Source and replica are on one machine and talk over loopback. Load average before the start: ${machine.loadBefore.toFixed(2)}. CPU time by ${machine.accounting}.`,
    "",
    [
      "Figures are medians over the rounds. Within a round the contestants take turns, and the first of them changes",
      "from round to round. Ratios hold better than digits: on another machine expect other digits. A number in",
      `brackets is the ratio to ${reference(contestants) ?? "nobody"}; above 1 the other one needs more.`,
    ].join(" "),
    "",
    "The contestants:",
    "",
    ...contestants.map(({ name, version, about }) => `- **${name}** (${version}): ${about}`),
  ];
  if (results.quick) {
    lines.splice(2, 0, "**A quick run, for development: too short to be quoted.**", "");
  }
  if (absent.length > 0) lines.push("", `Not installed and left out: ${absent.join(", ")}.`);
  lines.push("");
  return lines.join("\n");
}

function renderAnswer(question: Question, answer: Answer, results: Results): string {
  const { contestants } = results;
  const { rows, problem } = answer;
  const first = question.reference ?? reference(contestants);
  const lines = [`## ${question.title}`, "", question.method.replaceAll("\n", " "), ""];
  const without = question.without?.filter((name) =>
    contestants.some((each) => each.name === name),
  );
  if (without !== undefined && without.length > 0)
    lines.push(`Not asked: ${without.join(", ")}.`, "");
  if (answer.small === true)
    lines.push("Asked in its small version: few values, so trust orders.", "");
  if (answer.rounds !== undefined && answer.rounds > results.rounds)
    lines.push(`Asked in ${answer.rounds} rounds.`, "");
  if (problem !== undefined) lines.push(`Not answered: ${oneLine(problem)}`, "");
  for (const matter of unique(rows.map((row) => row.matter))) {
    const here = rows.filter((row) => row.matter === matter);
    const columns = columnsOf(question, here);
    const names = unique(here.map((row) => row.contestant)).sort(
      (a, b) => place(a, contestants) - place(b, contestants),
    );
    lines.push(
      `### ${matter}`,
      "",
      `| | ${columns.map(heading).join(" | ")} |`,
      `|---|${columns.map(() => "---:|").join("")}`,
    );
    for (const name of names) {
      const cells = columns.map((column) => {
        const value = middle(here, name, column.key);
        const base = first === undefined ? null : middle(here, first, column.key);
        const ratio = column.primary === true && name !== first ? ratioOf(value, base) : "";
        return `${format(value, column.unit)}${ratio}`;
      });
      lines.push(`| ${name} | ${cells.join(" | ")} |`);
    }
    lines.push("");
    for (const { contestant, note } of here) {
      if (note !== undefined) lines.push(`${contestant}: ${oneLine(note)}`, "");
    }
  }
  return lines.join("\n");
}

/** Those of which there is something to show; all of them where nothing was measured. */
function columnsOf({ columns }: Question, rows: readonly Row[]): readonly Column[] {
  const shown = columns.filter(({ key }) => rows.some(({ figures }) => key in figures));
  return shown.length === 0 ? columns : shown;
}

/** Whom the others are compared with: ourselves, where we took part. */
function reference(contestants: Results["contestants"]): string | undefined {
  return (contestants.find(({ name }) => name === "treecast") ?? contestants[0])?.name;
}

function place(name: string, contestants: Results["contestants"]): number {
  const index = contestants.findIndex((each) => each.name === name);
  // The yardstick is no contestant and comes last.
  return index < 0 ? contestants.length : index;
}

/** The median of one contestant's figure, as it is shown. */
export function cellOf(rows: readonly Row[], contestant: string, key: string, unit: Unit): string {
  return format(middle(rows, contestant, key), unit);
}

function middle(rows: readonly Row[], contestant: string, key: string): number | null {
  const values = rows
    .filter((row) => row.contestant === contestant)
    .map(({ figures }) => figures[key] ?? null);
  // A round without an end has no figure; the median of the lucky rounds would hide that.
  if (values.length === 0 || values.some((value) => value === null)) return null;
  return median(values.filter((value) => value !== null));
}

function ratioOf(value: number | null, base: number | null): string {
  if (value === null || base === null || base <= 0) return "";
  const ratio = value / base;
  return ` (${ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0)} ×)`;
}

const SIGNS: Readonly<Record<Unit, string>> = {
  µs: ", µs",
  ms: ", ms",
  s: ", s",
  count: "",
  MB: ", MB",
  bytes: "",
  percent: ", %",
};

function heading({ heading, unit }: Column): string {
  return `${heading}${SIGNS[unit]}`;
}

function format(value: number | null, unit: Unit): string {
  if (value === null) return "–";
  // What rounds to nothing has no sign.
  if (unit === "count" || unit === "bytes") return (Math.round(value) + 0).toLocaleString("en");
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, 300);
}

function duration(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} seconds` : `${Math.round(seconds / 60)} minutes`;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** sersync has no package and its last binary is of 2011; what others wrote of it stays a quotation. */
const QUOTED = [
  "## Not measured here",
  "",
  [
    "sersync has no package in any current distribution, so it does not run beside the others. What",
    "its users published, on their machines and by their means, files of 10–50 KB: up to 40 files/s",
    "almost no delay, 50–70 under a second, 80 about a second, 90 about two seconds and files begin",
    "to be missed, 100 a large delay. Of scripts around inotifywait and rsync they say that about 200",
    "files/s of 10–100 KB are kept up with. These are quotations, not measurements of ours.",
  ].join(" "),
].join("\n");

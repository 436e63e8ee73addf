/** The table of both READMEs, between the `bench` marks: one line for each thing a reader asks first. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Results } from "./report.js";
import { median } from "./statistics.js";

export type Language = "en" | "zh";

const FRONT_PAGES = [
  ["README.md", "en"],
  ["README.zh-CN.md", "zh"],
] as const;

type Words = Readonly<Record<Language, string>>;

/** One line of the table: figures of one question, of one matter. */
interface Line {
  readonly question: string;
  readonly matter: string;
  readonly keys: readonly string[];
  readonly unit: "ms" | "s" | "MB" | "";
  readonly words: Words;
}

const LINES: readonly Line[] = [
  {
    question: "latency",
    matter: "rsync module",
    keys: ["p50", "p95"],
    unit: "ms",
    words: {
      en: "one file of 20 KB, rsync module: p50 / p95",
      zh: "单个 20 KB 文件，rsync 模块：p50 / p95",
    },
  },
  {
    question: "latency",
    matter: "ssh",
    keys: ["p50", "p95"],
    unit: "ms",
    words: { en: "the same over ssh", zh: "同上，走 ssh" },
  },
  {
    question: "latency",
    matter: "rsync module, tree of 100,000 files",
    keys: ["p50", "p95"],
    unit: "ms",
    words: { en: "the same in a tree of 100,000 files", zh: "同上，目录树里有 100,000 个文件" },
  },
  ...[50, 200, 1000].map((perSecond): Line => ({
    question: "rates",
    matter: `${perSecond} files/s`,
    keys: ["p50", "p99"],
    unit: "ms",
    words: {
      en: `${perSecond.toLocaleString("en")} files a second, 10–50 KB: p50 / p99`,
      zh: `每秒 ${perSecond.toLocaleString("en")} 个 10–50 KB 文件：p50 / p99`,
    },
  })),
  {
    question: "rates",
    matter: "1000 files/s",
    keys: ["missed"],
    unit: "",
    words: { en: "of those 1,000 a second: files missed", zh: "每秒 1,000 个时漏掉的文件" },
  },
  {
    question: "bulk",
    matter: "cp -a",
    keys: ["after"],
    unit: "s",
    words: {
      en: "`cp -a` of 20,000 files: equal after",
      zh: "`cp -a` 20,000 个文件：结束后多久一致",
    },
  },
  {
    question: "bulk",
    matter: "rename",
    keys: ["after"],
    unit: "s",
    words: { en: "their directory renamed", zh: "把它们的目录改名" },
  },
  {
    question: "bulk",
    matter: "rm -rf",
    keys: ["after"],
    unit: "s",
    words: { en: "`rm -rf` of them", zh: "`rm -rf` 全部删除" },
  },
  {
    question: "churn",
    matter: "2,500 operations",
    keys: ["differ"],
    unit: "",
    words: {
      en: "2,500 random operations: entries that differ in the end",
      zh: "2,500 次随机操作后仍不一致的条目",
    },
  },
  {
    question: "idle",
    matter: "30 s",
    keys: ["pss"],
    unit: "MB",
    words: { en: "memory when idle, all processes", zh: "空闲时的内存（全部进程）" },
  },
];

const BEGIN = "<!-- bench:begin -->";
const END = "<!-- bench:end -->";

/** The table, with what it was measured on; a line nobody has figures for is left out. */
export function benchTable(results: Results, language: Language): string {
  const names = results.contestants.map(({ name }) => name);
  const rows = LINES.flatMap((line) => {
    const cells = names.map((name) => cell(results, line, name));
    return cells.every((each) => each === "–")
      ? []
      : [`| ${line.words[language]} | ${cells.join(" | ")} |`];
  });
  return [
    `| | ${names.join(" | ")} |`,
    `|---|${names.map(() => "---:|").join("")}`,
    ...rows,
    "",
    language === "en" ? measuredOn(results) : measuredOnInChinese(results),
  ].join("\n");
}

function cell({ answers }: Results, { question, matter, keys, unit }: Line, name: string): string {
  const rows = answers
    .filter((answer) => answer.question === question)
    .flatMap((answer) => answer.rows)
    .filter((row) => row.matter === matter && row.contestant === name);
  const values = keys.map((key) => {
    const figures = rows.map((row) => row.figures[key] ?? null);
    // As in the report: a round without an end is not hidden by the others.
    return figures.includes(null) ? null : median(figures.filter((each) => each !== null));
  });
  const shown = values.map((value) => (value === null ? "–" : figure(value, unit)));
  if (shown.every((each) => each === "–")) return "–";
  return `${shown.join(" / ")}${unit === "" ? "" : ` ${unit}`}`;
}

function figure(value: number, unit: Line["unit"]): string {
  if (unit === "") return Math.round(value).toLocaleString("en");
  const digits = value >= 10 ? 0 : value >= 1 ? 1 : 2;
  return value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function measuredOn({ machine, startedAt, rounds }: Results): string {
  return `${rounds === 1 ? "One round" : `Medians of ${rounds} rounds`}, in turns on one machine over loopback, ${startedAt.slice(0, 10)}: ${machine.cores} × ${machine.cpu}, Linux ${machine.kernel}, ${machine.fileSystem}, Node ${machine.node}, rsync ${machine.rsync}. Ratios hold better than digits. A dash: not measured, or not finished. [Benchmarks](docs/benchmarks.md) has every figure and how it was taken.`;
}

function measuredOnInChinese({ machine, startedAt, rounds }: Results): string {
  return `同一台机器、本机回环、轮流运行，${rounds === 1 ? "一轮" : `取 ${rounds} 轮的中位数`}，${startedAt.slice(0, 10)}：${machine.cores} × ${machine.cpu}，Linux ${machine.kernel}，${machine.fileSystem}，Node ${machine.node}，rsync ${machine.rsync}。看比值比看绝对数字可靠。“–”表示没有测或没有完成。全部数据和测法见 [benchmarks](docs/benchmarks.md)。`;
}

/** The page with its block replaced. */
export function filled(page: string, table: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`Cannot find '${BEGIN}' and '${END}' in the page`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${table}\n\n${page.slice(end)}`;
}

/** Writes the table into the READMEs below `home`. */
export function fillFrontPages(home: string, results: Results): void {
  for (const [name, language] of FRONT_PAGES) {
    const file = resolve(home, name);
    writeFileSync(file, filled(readFileSync(file, "utf8"), benchTable(results, language)));
  }
}

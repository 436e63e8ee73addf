/** The short table on the front pages: one line for each thing a reader asks first. */
import { cellOf, type Results } from "./report.js";
import type { Unit } from "./question.js";

export type Language = "en" | "zh";

interface Line {
  readonly question: string;
  readonly matter: string;
  readonly key: string;
  readonly unit: Unit;
  readonly text: Readonly<Record<Language, string>>;
}

const LINES: readonly Line[] = [
  {
    question: "latency",
    matter: "rsync module",
    key: "p50",
    unit: "ms",
    text: { en: "one change, rsync module, p50, ms", zh: "单个文件变更，rsync 模块，p50，毫秒" },
  },
  {
    question: "latency",
    matter: "ssh",
    key: "p50",
    unit: "ms",
    text: { en: "one change, ssh, p50, ms", zh: "单个文件变更，ssh，p50，毫秒" },
  },
  {
    question: "latency",
    matter: "rsync module, tree of 100,000 files",
    key: "p50",
    unit: "ms",
    text: {
      en: "one change in a tree of 100,000 files, p50, ms",
      zh: "十万文件的目录树中单个变更，p50，毫秒",
    },
  },
  ...[200, 1000].map((rate) => ({
    question: "rates",
    matter: `${rate} files/s`,
    key: "p99",
    unit: "ms" as const,
    text: {
      en: `${rate.toLocaleString("en")} new files/s, p99, ms`,
      zh: `每秒新增 ${rate} 个文件，p99，毫秒`,
    },
  })),
  {
    question: "bulk",
    matter: "cp -a",
    key: "after",
    unit: "s",
    text: {
      en: "`cp -a` of 20,000 files, in step after, s",
      zh: "`cp -a` 两万个文件，完全一致所需，秒",
    },
  },
  {
    question: "bulk",
    matter: "rename",
    key: "sent",
    unit: "MB",
    text: { en: "renaming that directory, MB sent", zh: "该目录改名，传输量，MB" },
  },
  {
    question: "churn",
    matter: "2,500 operations",
    key: "differ",
    unit: "count",
    text: {
      en: "entries that differ after 2,500 random operations",
      zh: "2,500 次随机操作后不一致的条目",
    },
  },
];

const AFTERWORD: Readonly<Record<Language, (machine: string) => string>> = {
  en: (machine) =>
    `${machine}, loopback, medians; all figures, their spread and the method: [benchmarks](docs/benchmarks.md).`,
  zh: (machine) =>
    `${machine}，本机回环，取中位数；全部数据与方法见 [benchmarks](docs/benchmarks.md)。`,
};

export function renderSummary(results: Results, language: Language): string {
  const names = results.contestants.map(({ name }) => name);
  const rows = LINES.flatMap((line) => {
    const answer = results.answers.find(({ question }) => question === line.question);
    const here = answer?.rows.filter(({ matter }) => matter === line.matter) ?? [];
    if (here.length === 0) return [];
    const cells = names.map((name) => cellOf(here, name, line.key, line.unit));
    return [`| ${line.text[language]} | ${cells.join(" | ")} |`];
  });
  const { cores, cpu, kernel, rsync } = results.machine;
  return [
    `| | ${names.join(" | ")} |`,
    `|---|${names.map(() => "---:|").join("")}`,
    ...rows,
    "",
    AFTERWORD[language](`${cores} × ${cpu}, Linux ${kernel}, rsync ${rsync}`),
  ].join("\n");
}

const BEGIN = "<!-- bench:begin -->";
const END = "<!-- bench:end -->";

/** Puts the table between the marks of a page; a page without them is left as it is. */
export function withSummary(page: string, summary: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) return page;
  return `${page.slice(0, begin)}${BEGIN}\n\n${summary}\n\n${page.slice(end)}`;
}

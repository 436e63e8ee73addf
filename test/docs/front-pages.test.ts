import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Results } from "../../bench/report.js";
import { benchTable, filled } from "../../bench/front-pages.js";
import { ROOT, page } from "./pages.js";

const RESULTS: Results = {
  startedAt: "2026-11-21T08:00:00.000Z",
  tookSeconds: 60,
  quick: false,
  rounds: 3,
  seed: 1,
  machine: {
    cpu: "Some CPU",
    cores: 2,
    memoryGb: 8,
    kernel: "6.18",
    system: "Debian",
    fileSystem: "ext4",
    node: "v20.20.2",
    rsync: "3.5.0",
    loadBefore: 0,
    accounting: "cgroup",
  },
  contestants: [
    { name: "treecast", version: "0.1.0", about: "" },
    { name: "lsyncd", version: "2.2.3", about: "" },
  ],
  absent: [],
  answers: [
    {
      question: "latency",
      rows: [
        ...[3, 1, 2].map((p50, round) => ({
          contestant: "treecast",
          matter: "ssh",
          round,
          figures: { p50, p95: 40.4 },
        })),
        { contestant: "lsyncd", matter: "ssh", round: 0, figures: { p50: 300, p95: 400 } },
        { contestant: "lsyncd", matter: "ssh", round: 1, figures: { p50: null, p95: 500 } },
      ],
    },
    {
      question: "churn",
      rows: [
        { contestant: "lsyncd", matter: "2,500 operations", round: 0, figures: { differ: 1190 } },
      ],
    },
  ],
};

describe("benchTable()", () => {
  const lines = benchTable(RESULTS, "en").split("\n");

  it("gives medians, and a dash where a round did not end", () => {
    expect(lines[0]).toBe("| | treecast | lsyncd |");
    expect(lines).toContain("| the same over ssh | 2.0 / 40 ms | – / 450 ms |");
    expect(lines).toContain(
      "| 2,500 random operations: entries that differ in the end | – | 1,190 |",
    );
  });

  it("leaves out what nobody was asked, and says what it was measured on", () => {
    expect(lines.filter((line) => line.startsWith("| ") && !line.startsWith("| |"))).toHaveLength(
      2,
    );
    expect(lines.at(-1)).toContain("2 × Some CPU, Linux 6.18, ext4, Node v20.20.2, rsync 3.5.0");
  });
});

describe("the READMEs", () => {
  it.each(["README.md", "README.zh-CN.md"])("%s has one place for the table", (name) => {
    const { text } = page(name);
    const once = filled(text, "a table");
    expect(once).toContain("\n\na table\n\n");
    expect(filled(once, "a table")).toBe(once);
    expect(text.match(/<!-- bench:/g)).toHaveLength(2);
  });

  const measured = join(ROOT, "docs/benchmarks.json");
  it.skipIf(!existsSync(measured))("show what docs/benchmarks.json says", () => {
    const results = JSON.parse(readFileSync(measured, "utf8")) as Results;
    for (const [name, language] of [
      ["README.md", "en"],
      ["README.zh-CN.md", "zh"],
    ] as const) {
      const { text } = page(name);
      expect(filled(text, benchTable(results, language))).toBe(text);
    }
  });
});

import { describe, expect, it } from "vitest";
import type { Question, Row } from "../../bench/question.js";
import { joinResults } from "../../bench/joining.js";
import { renderReport, type Results } from "../../bench/report.js";

const question: Question = {
  name: "speed",
  title: "How fast?",
  method: "By looking.",
  columns: [{ key: "p50", heading: "p50", unit: "ms", primary: true }],
  ask: () => Promise.resolve([]),
};

function row(contestant: string, round: number, p50: number | null, note?: string): Row {
  return { contestant, matter: "all", round, figures: { p50 }, ...(note && { note }) };
}

function resultsOf(rows: readonly Row[], changes: Partial<Results> = {}): Results {
  return {
    startedAt: "2026-01-02T03:04:05.000Z",
    tookSeconds: 600,
    quick: false,
    rounds: 3,
    seed: 1,
    machine: {
      cpu: "a processor",
      cores: 2,
      memoryGb: 4,
      kernel: "6.1",
      system: "a system",
      fileSystem: "ext4",
      node: "v20",
      rsync: "3.2",
      loadBefore: 0.1,
      accounting: "cgroup",
    },
    contestants: [
      { name: "peer", version: "2", about: "Another." },
      { name: "treecast", version: "1", about: "Ours." },
    ],
    absent: [],
    answers: [{ question: "speed", rows }],
    ...changes,
  };
}

function render(rows: readonly Row[], changes: Partial<Results> = {}): string {
  return renderReport(resultsOf(rows, changes), [question]);
}

describe("renderReport", () => {
  it("shows medians over the rounds and the ratio to treecast", () => {
    const page = render([
      ...[1, 2, 90].map((value, round) => row("treecast", round, value)),
      ...[10, 9, 11].map((value, round) => row("peer", round, value)),
    ]);
    expect(page).toContain("| treecast | 2.00 |");
    expect(page).toContain("| peer | 10.0 (5.0 ×) |");
  });

  it("compares with whom the question names, and shows a matter what was measured of it", () => {
    const rows: Row[] = [
      { contestant: "one", matter: "all", round: 0, figures: { p50: 2 } },
      { contestant: "other", matter: "all", round: 0, figures: { p50: 5 } },
    ];
    const rare = { key: "rare", heading: "rare", unit: "µs" } as const;
    const columns = [...question.columns, rare];
    const page = renderReport(resultsOf(rows), [{ ...question, reference: "one", columns }]);
    expect(page).toContain("| | p50, ms |\n");
    expect(page).toContain("| one | 2.00 |\n| other | 5.00 (2.5 ×) |\n");
    const measured = rows.map((each) => ({ ...each, figures: { ...each.figures, rare: null } }));
    expect(renderReport(resultsOf(measured), [{ ...question, columns }])).toContain(
      "| | p50, ms | rare, µs |\n",
    );
  });

  it("shows no figure where one round had none: the lucky rounds would hide it", () => {
    const page = render([row("peer", 0, 5), row("peer", 1, null, "it ended by itself")]);
    expect(page).toContain("| peer | – |");
    expect(page).toContain("peer: it ended by itself");
  });

  it("names who is absent, what was not answered, and a run too short to be quoted", () => {
    const page = render([], {
      quick: true,
      absent: ["lsyncd"],
      answers: [{ question: "speed", rows: [], problem: "no room" }],
    });
    expect(page).toContain("Not installed and left out: lsyncd");
    expect(page).toContain("Not answered: no room");
    expect(page).toContain("A quick run");
  });
});

describe("joinResults", () => {
  it("puts the answers of parts together and adds their time", () => {
    const one = resultsOf([row("peer", 0, 5)]);
    const other = { ...one, answers: [{ question: "size", rows: [] }] };
    const joined = joinResults([one, other]);
    expect(joined.answers.map((answer) => answer.question)).toEqual(["speed", "size"]);
    expect(joined.tookSeconds).toBe(1200);
  });

  it("says which answer was asked for in more rounds than the others", () => {
    const one = resultsOf([row("peer", 0, 5)], { rounds: 1 });
    const other = resultsOf([row("peer", 0, 7)], {
      answers: [{ question: "size", rows: [row("peer", 0, 7), row("peer", 1, 7)] }],
      rounds: 2,
    });
    const joined = joinResults([one, other]);
    expect(joined.rounds).toBe(1);
    const page = renderReport(joined, [question, { ...question, name: "size", title: "How big?" }]);
    expect(page.split("## How big?")[0]).not.toContain("Asked in");
    expect(page.split("## How big?")[1]).toContain("Asked in 2 rounds.");
  });

  it("names everyone who took part, and refuses two versions of one program", () => {
    const one = resultsOf([row("peer", 0, 5), row("another", 0, 6)]);
    const [program] = one.contestants;
    const alone = { ...one, contestants: [program!] };
    const another = { ...program!, name: "another", version: "2" };
    const idle = { ...program!, name: "idle" };
    const other = { ...one, contestants: [program!, another, idle] };
    const names = joinResults([alone, other]).contestants.map(({ name }) => name);
    expect(names).toEqual([program!.name, "another"]);
    const newer = { ...one, contestants: [{ ...another, version: "3" }] };
    expect(() => joinResults([other, newer])).toThrow("expected one version of another");
  });

  it("refuses parts from another machine", () => {
    const one = resultsOf([]);
    const other = { ...one, machine: { ...one.machine, kernel: "6.2" } };
    expect(() => joinResults([one, other])).toThrow("expected the same machine");
  });
});

import { appendFileSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { compileFilter } from "../../src/filter/filter.js";
import { ROOT, type RelativePath } from "../../src/model/path.js";
import type { Difference, Remote, Run } from "../../src/rsync/remote.js";
import { KeptNames } from "../../src/safety/first-contact.js";
import { Audit, type AuditOptions, type AuditRound } from "../../src/verify/audit.js";
import { HandClock } from "../support/hand-clock.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { makeStage } from "./stage.js";

const HOUR = 3_600_000;
const START = 1_800_000_000_000;

const done: Run = {
  outcome: "done",
  status: 0,
  errors: [],
  suspects: [],
  errorsCut: false,
  stats: { sentBytes: 0, literalBytes: 0, filesTransferred: 0 },
  tookMs: 1,
};

const extra = (path: string): Difference => ({
  path: path as RelativePath,
  what: "extra",
  isDirectory: false,
  properties: [],
});

/** Directories d000, d001, … of so many entries each, and a replica that answers as it is told. */
function stage(
  { directories = 10, entriesEach = 1_000 }: { directories?: number; entriesEach?: number } = {},
  more: Partial<AuditOptions> = {},
) {
  const clock = new HandClock(START);
  const paths = Array.from(
    { length: directories },
    (_, at) => `d${String(at).padStart(4, "0")}` as RelativePath,
  );
  const slices: { at: number; paths: readonly RelativePath[] }[] = [];
  const rounds: AuditRound[] = [];
  const drift: string[] = [];
  const differing = new Set<string>();
  let answer = (): Run => done;
  let isQuiet = true;
  const compareDirectories: Remote["compareDirectories"] = (asked, options) => {
    slices.push({ at: clock.now() - START, paths: asked });
    const run = answer();
    if (run.outcome === "failed") return Promise.resolve(run);
    for (const path of differing) {
      const isAsked = asked.includes(ROOT) || asked.some((each) => dirname(path) === each);
      if (isAsked) options.onDifference(extra(path));
    }
    return Promise.resolve(run);
  };
  const root = makeTempDir();
  for (const path of paths) mkdirSync(join(root, path));
  const audit = new Audit({
    sharePerHour: 0.1,
    clock,
    comparison: {
      root,
      remote: { compare: () => Promise.resolve(done), compareDirectories },
      filter: compileFilter(["- *.tmp"]),
      kept: new KeptNames(),
      extras: "drift",
      checksum: false,
    },
    directories: (after, limit) =>
      Promise.resolve(
        paths
          .filter((path) => after === undefined || path > after)
          .slice(0, limit)
          .map((path) => ({ path, entries: entriesEach })),
      ),
    total: () => directories * entriesEach,
    isQuiet: () => isQuiet,
    onDrift: (found) => void drift.push(...found.map(({ path }) => path)),
    onRound: (round) => void rounds.push(round),
    ...more,
  });
  onTestFinished(() => audit.stop());
  return {
    audit,
    clock,
    slices,
    rounds,
    drift,
    differing,
    answerWith: (next: () => Run) => void (answer = next),
    setQuiet: (next: boolean) => void (isQuiet = next),
    compared: () => slices.flatMap((slice) => slice.paths),
  };
}

describe("Audit", () => {
  it("goes once around the tree in the time it is given, and begins again", async () => {
    const { audit, clock, slices, rounds, compared } = stage();
    audit.start();
    // A tenth of 10,000 entries in an hour is one directory.
    await clock.advance(4.5 * HOUR);
    expect(compared()).toEqual(["d0000", "d0001", "d0002", "d0003"]);
    expect(slices.map(({ at }) => at / HOUR)).toEqual([1, 2, 3, 4]);
    await clock.advance(6 * HOUR);
    expect(rounds).toEqual([{ drift: 0, sample: [], provenAt: START }]);
    await clock.advance(HOUR);
    expect(compared().slice(9)).toEqual(["d0009", "d0000"]);
    expect(audit.state.roundStartedAt).toBe(START + 10 * HOUR);
  });

  it("takes a small tree whole, once in an hour", async () => {
    const { audit, clock, slices, rounds } = stage({ directories: 3, entriesEach: 10 });
    audit.start();
    await clock.advance(3.5 * HOUR);
    expect(slices.map(({ at, paths }) => [at / HOUR, paths.length])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(rounds).toHaveLength(3);
  });

  it("takes more slices of a huge tree, not larger ones, and all of it in the time", async () => {
    const { audit, clock, slices, rounds } = stage({ directories: 1_000, entriesEach: 1_000 });
    audit.start();
    await clock.advance(12 * HOUR);
    for (const { paths } of slices) expect(paths.length).toBeLessThanOrEqual(5);
    expect(rounds).toHaveLength(1);
    expect(slices.length).toBeGreaterThan(200);
  });

  it("takes a directory that is larger than a slice whole, and rests the longer", async () => {
    const { audit, clock, slices } = stage({ directories: 4, entriesEach: 100_000 });
    audit.start();
    await clock.advance(7 * HOUR);
    // 40,000 entries in an hour: two and a half hours for each.
    expect(slices.map(({ at }) => at / HOUR)).toEqual([1, 3.5, 6]);
  });

  it("does nothing while something else is to do", async () => {
    const { audit, clock, slices, setQuiet } = stage();
    setQuiet(false);
    audit.start();
    await clock.advance(5 * HOUR);
    expect(slices).toEqual([]);
    setQuiet(true);
    await clock.advance(10_000);
    expect(slices).toHaveLength(1);
  });

  it("tells only what differs three times, and what the filter keeps", async () => {
    const { audit, clock, rounds, drift, differing, slices } = stage({
      directories: 2,
      entriesEach: 10,
    });
    differing.add("d0000/lost").add("d0001/passing").add("d0001/x.tmp");
    audit.start();
    await clock.advance(HOUR);
    expect(slices).toHaveLength(1);
    differing.delete("d0001/passing");
    await clock.advance(60_000);
    expect(slices.map(({ paths }) => paths)).toEqual([
      ["d0000", "d0001"],
      ["d0000", "d0001"],
      ["d0000"],
    ]);
    expect(drift).toEqual(["d0000/lost"]);
    expect(rounds).toEqual([{ drift: 1, sample: ["d0000/lost"], provenAt: undefined }]);
  });

  it("waits with a second look until what has begun meanwhile is over", async () => {
    const { audit, clock, drift, differing, setQuiet } = stage({ directories: 1, entriesEach: 1 });
    differing.add("d0000/a");
    audit.start();
    await clock.advance(HOUR);
    setQuiet(false);
    await clock.advance(HOUR);
    expect(drift).toEqual([]);
    differing.clear();
    setQuiet(true);
    await clock.advance(HOUR);
    expect(drift).toEqual([]);
  });

  it("tries a slice again when the replica did not answer, and leaves none out", async () => {
    const { audit, clock, compared, answerWith } = stage();
    answerWith(() => ({ ...done, outcome: "failed" }));
    audit.start();
    await clock.advance(HOUR + 250_000);
    answerWith(() => done);
    await clock.advance(1.2 * HOUR);
    expect(compared()).toEqual(["d0000", "d0000", "d0001"]);
  });

  it("proves nothing with a round in which something could not be read", async () => {
    const { audit, clock, rounds, answerWith } = stage({ directories: 2, entriesEach: 10 });
    answerWith(() => ({ ...done, outcome: "partial", errors: ["Permission denied"] }));
    audit.start();
    await clock.advance(1.5 * HOUR);
    answerWith(() => done);
    await clock.advance(HOUR);
    expect(rounds).toEqual([
      { drift: 0, sample: [], provenAt: undefined },
      { drift: 0, sample: [], provenAt: START + HOUR },
    ]);
  });

  it("waits for an index where there is none", async () => {
    const { audit, clock, slices, rounds } = stage({ directories: 0 });
    audit.start();
    await clock.advance(10 * HOUR);
    expect({ slices, rounds }).toEqual({ slices: [], rounds: [] });
  });

  it("goes on after a restart where it was", async () => {
    const first = stage();
    first.differing.add("d0001/a");
    first.audit.start();
    await first.clock.advance(3.5 * HOUR);
    await first.audit.stop();
    const remembered: unknown = JSON.parse(JSON.stringify(first.audit.state));
    expect(remembered).toMatchObject({ cursor: "d0002", drift: 1, roundStartedAt: START });
    const second = stage({}, { remembered });
    second.audit.start();
    await second.clock.advance(11 * HOUR);
    expect(second.compared()[0]).toBe("d0003");
    expect(second.rounds[0]).toEqual({ drift: 1, sample: ["d0001/a"], provenAt: undefined });
  });

  it("begins anew where what it remembers is nothing of the kind", () => {
    const fresh = stage().audit.state;
    for (const remembered of [
      null,
      1,
      "x",
      {},
      [],
      { ...fresh, cursor: 7 },
      { ...fresh, sample: 1 },
    ]) {
      expect(stage({}, { remembered }).audit.state).toEqual(fresh);
    }
    expect(stage({}, { remembered: { ...fresh, drift: 4 } }).audit.state.drift).toBe(4);
  });

  it("ends at once when it is stopped, also in the middle of a look", async () => {
    const { audit, clock, differing, slices } = stage();
    differing.add("d0000/a");
    audit.start();
    await clock.advance(HOUR);
    expect(slices).toHaveLength(1);
    await audit.stop();
    await clock.advance(10 * HOUR);
    expect(slices).toHaveLength(1);
    expect(clock.waiting).toBe(0);
  });

  it("finds with real runs what was changed on a replica, and proves what is equal", async () => {
    const trees = makeStage();
    const paths = ["a", "a/b", "c"] as RelativePath[];
    for (const root of [trees.source, trees.replica]) {
      for (const path of paths) {
        mkdirSync(join(root, path));
        writeFileSync(join(root, path, "file"), "x");
        utimesSync(join(root, path, "file"), 1, 1);
      }
      for (const path of [...paths].reverse()) utimesSync(join(root, path), 1, 1);
      utimesSync(root, 1, 1);
    }
    const clock = new HandClock(START);
    const rounds: AuditRound[] = [];
    const found: string[] = [];
    const audit = new Audit({
      sharePerHour: 1,
      comparison: trees.comparison({ rules: ["- *.tmp"] }),
      clock,
      directories: (after) =>
        Promise.resolve(
          [ROOT, ...paths]
            .filter((path) => after === undefined || path > after)
            .map((path) => ({ path, entries: readdirSync(join(trees.source, path)).length })),
        ),
      total: () => 6,
      isQuiet: () => true,
      onDrift: (differences) => void found.push(...differences.map(({ path }) => path)),
      onRound: (round) => void rounds.push(round),
    });
    onTestFinished(() => audit.stop());
    audit.start();
    // Real runs take real time; the clock is moved until they have ended.
    const untilRounds = (count: number) =>
      until(async () => {
        await clock.advance(60_000);
        return rounds.length >= count;
      });
    await untilRounds(1);
    expect(rounds[0]).toEqual({ drift: 0, sample: [], provenAt: START });
    appendFileSync(join(trees.replica, "a/b/file"), "more");
    rmSync(join(trees.replica, "c"), { recursive: true });
    writeFileSync(join(trees.replica, "a/lost"), "");
    utimesSync(join(trees.replica, "a"), 1, 1);
    utimesSync(trees.replica, 1, 1);
    await untilRounds(2);
    expect(found.sort()).toEqual(["a/b/file", "a/lost", "c", "c/file"]);
    expect(rounds[1]?.drift).toBe(4);
  });
});

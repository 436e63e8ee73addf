import { describe, expect, it } from "vitest";
import { Progress, type ProgressItem } from "../../src/cli/progress.js";
import { progressLine, type ProgressView } from "../../src/cli/progress-line.js";
import type { Clock } from "../../src/model/clock.js";
import type { RelativePath } from "../../src/model/path.js";
import { createPalette } from "../../src/observe/palette.js";

type Target = ProgressView["target"];

function target(more: Partial<Target> = {}): Target {
  return {
    state: "catching-up",
    owed: 60,
    failed: [],
    delivered: { batches: 1, paths: 40, bytes: 2048, lastAt: 0 },
    ...more,
  };
}

const line = (more: Partial<ProgressView>) =>
  progressLine({
    names: "www → b",
    target: target(),
    found: 100,
    elapsedMs: 20_000,
    width: 100,
    palette: createPalette(false),
    ...more,
  });

describe("progressLine()", () => {
  it("shows a bar, counts, bytes and a guess", () => {
    expect(line({})).toBe("████████░░░░░░░░░░░░  40 %  40 of 100  2 KiB  about 30 s left  www → b");
  });

  it("says what was found so far while the comparison goes on", () => {
    expect(line({ found: undefined })).toMatch(
      /^ {20} {2}comparing, 100 found {2}40 sent {2}2 KiB +www → b$/,
    );
  });

  it("counts what is in flight as not yet delivered", () => {
    // 100 found, 40 delivered, 10 waiting: the other 50 are under way.
    expect(line({ target: target({ owed: 10 }) })).toContain("40 %  40 of 100");
  });

  it("guesses nothing before there is anything to go by", () => {
    expect(line({ elapsedMs: 999 })).not.toContain("left");
    const none = { batches: 0, paths: 0, bytes: 0, lastAt: undefined };
    expect(line({ target: target({ delivered: none, owed: 100 }) })).not.toContain("left");
    const little = { batches: 1, paths: 4, bytes: 99, lastAt: 0 };
    expect(line({ target: target({ delivered: little, owed: 96 }) })).not.toContain("left");
  });

  it("is never wider than the terminal", () => {
    for (const width of [1, 10, 30, 40, 80]) {
      const text = line({
        width,
        names: "a-long-name → rsync://backup@replica.example.com/module",
      });
      expect(text.length).toBeLessThanOrEqual(width);
    }
    expect(line({ width: 80, names: "x".repeat(200) })).toMatch(/x…$/);
  });

  it("says so where the target cannot be reached", () => {
    expect(line({ target: target({ state: "down" }) })).toContain(
      "cannot be reached; trying again",
    );
  });

  it("is a plain line without a terminal", () => {
    expect(line({ width: Infinity })).toBe("www → b: 40 %  40 of 100  2 KiB  about 30 s left");
  });
});

/** A clock whose alarms go off when the test says so. */
function handClock(): Clock & { ring(): void; readonly waits: number[] } {
  let alarm: (() => void) | undefined;
  const waits: number[] = [];
  return {
    waits,
    now: () => 0,
    sleep: () => Promise.resolve(),
    after(ms, action) {
      waits.push(ms);
      alarm = action;
      return () => (alarm = undefined);
    },
    ring: () => alarm?.(),
  };
}

const items = (): ProgressItem[] => [
  { source: { name: "www" }, target: { ...target(), name: "b" } } as unknown as ProgressItem,
];

function progressOn(isTTY: boolean, quiet = false) {
  const written: string[] = [];
  const clock = handClock();
  const stream = { isTTY, columns: 80, write: (text: string) => written.push(text) };
  const progress = new Progress(stream, { clock, quiet });
  progress.start(items);
  return { progress, clock, written };
}

describe("Progress", () => {
  it("draws over its bars on a terminal, log lines above them, and takes them away", () => {
    const { progress, clock, written } = progressOn(true);
    clock.ring();
    clock.ring();
    progress.write("a log line\n");
    progress.stop();
    expect(written[0]).toMatch(/^ +comparing.*\n$/);
    expect(written[1]?.startsWith("\x1b[1A\x1b[J")).toBe(true);
    expect(written[2]).toMatch(/^\x1b\[1A\x1b\[Ja log line\n +comparing.*\n$/); // eslint-disable-line no-control-regex
    expect(written.slice(3)).toEqual(["\x1b[1A\x1b[J"]);
  });

  it("knows the total when the comparison has ended", () => {
    const { progress, clock, written } = progressOn(true);
    progress.take({
      kind: "pass",
      source: "www",
      target: "b",
      path: "" as RelativePath,
      differences: 400,
      kept: 0,
      keptSample: [],
      tookMs: 1,
    });
    clock.ring();
    expect(written[0]).toContain("10 %  40 of 400");
  });

  it("writes a line now and then elsewhere, without escapes", () => {
    const { progress, clock, written } = progressOn(false);
    expect(clock.waits).toEqual([10_000]);
    clock.ring();
    progress.write("a log line\n");
    progress.stop();
    expect(written).toEqual(["www → b: comparing, 100 found  40 sent  2 KiB\n", "a log line\n"]);
  });

  it("draws nothing where it is told to be quiet", () => {
    const { progress, clock, written } = progressOn(true, true);
    clock.ring();
    progress.write("an error\n");
    progress.stop();
    expect(written).toEqual(["an error\n"]);
  });
});

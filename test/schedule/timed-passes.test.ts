import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type TimedPass,
  TimedPasses,
  type TimedPassesOptions,
} from "../../src/schedule/timed-passes.js";
import { HandClock } from "../support/hand-clock.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOON = Date.parse("2027-01-05T12:00Z");

const every = (ms: number, more: Partial<TimedPass> = {}): TimedPass => ({
  when: { kind: "every", ms },
  jitterMs: 0,
  ...more,
});
const hourly: TimedPass = {
  when: { kind: "cron", expression: "0 * * * *", timeZone: "UTC" },
  jitterMs: 0,
};

/** Passes whose ends are in the test's hand, and what happened, in minutes since noon. */
interface StageOptions extends TimedPassesOptions {
  /** When it begins, ms after noon. */
  readonly laterMs?: number;
}

function stage(
  passes: readonly TimedPass[],
  targets: readonly string[],
  { laterMs = 0, ...more }: StageOptions = {},
) {
  const clock = new HandClock(NOON + laterMs);
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const say = (word: string, pass: number, target: string) =>
    log.push(`${(clock.now() - NOON) / MINUTE} ${word} ${pass} ${target}`);
  const timed = new TimedPasses(
    passes,
    () => targets,
    clock,
    {
      begin: (pass, target) => {
        say("begin", pass, target);
        return new Promise((resolve) => ends.set(`${pass} ${target}`, resolve));
      },
      pause: (pass, target) => say("pause", pass, target),
      resume: (pass, target) => say("resume", pass, target),
    },
    { random: () => 0, wallNow: () => clock.now(), ...more },
  );
  const end = async (which: string) => {
    const resolve = ends.get(which);
    if (resolve === undefined) throw new Error(`${which} does not run`);
    ends.delete(which);
    resolve();
    await clock.advance(0);
  };
  return { clock, log, timed, end, ends };
}

describe("TimedPasses", () => {
  it("begins a pass over every target when it is due, and counts from its start", async () => {
    const { clock, log, timed, end } = stage([every(HOUR)], ["a", "b"]);
    timed.start();
    await clock.advance(HOUR - 1);
    expect(log).toEqual([]);
    await clock.advance(1);
    expect(log).toEqual(["60 begin 0 a", "60 begin 0 b"]);
    await clock.advance(20 * MINUTE);
    await end("0 a");
    await end("0 b");
    await clock.advance(40 * MINUTE);
    expect(log.slice(2)).toEqual(["120 begin 0 a", "120 begin 0 b"]);
  });

  it("takes a pass that is due while another runs once afterwards, and does not pile it up", async () => {
    const { clock, log, timed, end } = stage([hourly, every(90 * MINUTE)], ["a"]);
    timed.start();
    await clock.advance(HOUR);
    await clock.advance(5.25 * HOUR);
    expect(log).toEqual(["60 begin 0 a"]);
    await end("0 a");
    // Both are due; the one that was never begun has waited longer.
    expect(log.slice(1)).toEqual(["375 begin 1 a"]);
    await end("1 a");
    expect(log.slice(2)).toEqual(["375 begin 0 a"]);
    await end("0 a");
    await clock.advance(45 * MINUTE);
    expect(log.slice(3)).toEqual(["420 begin 0 a"]);
  });

  it("lets a pass that fails be over", async () => {
    const clock = new HandClock(NOON);
    let begun = 0;
    const timed = new TimedPasses(
      [every(HOUR)],
      () => ["a"],
      clock,
      {
        begin: () => {
          begun++;
          return Promise.reject(new Error("refused"));
        },
        pause: () => undefined,
        resume: () => undefined,
      },
      { wallNow: () => clock.now() },
    );
    timed.start();
    await clock.advance(3 * HOUR);
    expect(begun).toBe(3);
    expect(timed.running).toBeUndefined();
  });

  it("spreads the targets over the jitter", async () => {
    const chances = [0.5, 0, 0.25];
    const { clock, log, timed } = stage([every(HOUR, { jitterMs: 20 * MINUTE })], ["a", "b", "c"], {
      random: () => chances.shift() ?? 0,
    });
    timed.start();
    await clock.advance(2 * HOUR);
    expect(log).toEqual(["60 begin 0 b", "65 begin 0 c", "70 begin 0 a"]);
  });

  it("begins within the window only, pauses when it closes, and goes on when it opens", async () => {
    const window = { from: 13 * 60, to: 14 * 60, timeZone: "UTC" };
    const { clock, log, timed, end } = stage([every(30 * MINUTE, { window })], ["a", "b"]);
    timed.start();
    await clock.advance(59 * MINUTE);
    expect(log).toEqual([]);
    await clock.advance(21 * MINUTE);
    await end("0 b");
    await clock.advance(24 * HOUR);
    expect(log).toEqual(["60 begin 0 a", "60 begin 0 b", "120 pause 0 a", "1500 resume 0 a"]);
    await end("0 a");
    expect(log.slice(4)).toEqual(["1520 begin 0 a", "1520 begin 0 b"]);
  });

  it("begins no target after the window has closed before its moment", async () => {
    const window = { from: 13 * 60, to: 13 * 60 + 10, timeZone: "UTC" };
    const chances = [0, 0.5];
    const { clock, log, timed } = stage([every(HOUR, { window, jitterMs: HOUR })], ["a", "b"], {
      random: () => chances.shift() ?? 0,
    });
    timed.start();
    await clock.advance(26 * HOUR);
    expect(log).toEqual([
      "60 begin 0 a",
      "70 pause 0 a",
      "1500 resume 0 a",
      "1500 begin 0 b",
      "1510 pause 0 a",
      "1510 pause 0 b",
    ]);
  });

  it("begins nothing after its stop", async () => {
    const { clock, log, timed } = stage([every(HOUR)], ["a"]);
    timed.start();
    timed.stop();
    await clock.advance(5 * HOUR);
    expect(log).toEqual([]);
    expect(clock.waiting).toBe(0);
  });

  it("goes on with an interval after a restart, and does not make up for a missed hour", async () => {
    const daily = every(24 * HOUR);
    const first = stage([daily, every(100 * HOUR)], ["a"]);
    first.timed.start();
    await first.clock.advance(24 * HOUR);
    expect(first.log).toEqual(["1440 begin 0 a"]);
    const remembered: unknown = JSON.parse(JSON.stringify(first.timed.state));
    // Six and a half hours later, with another list of passes: only the interval is known again.
    const passes = [hourly, every(10 * HOUR), daily];
    const second = stage(passes, ["a"], { remembered, laterMs: 30.5 * HOUR });
    second.timed.start();
    await second.clock.advance(30 * MINUTE);
    expect(second.log).toEqual([`${31 * 60} begin 0 a`]);
    const third = stage([daily], ["a"], { remembered, laterMs: 30.5 * HOUR });
    third.timed.start();
    await third.clock.advance(20 * HOUR);
    expect(third.log).toEqual([`${48 * 60} begin 0 a`]);
  });

  it("takes no harm from a memory that is none", () => {
    for (const remembered of [null, 7, "x", {}, [null], [{ times: 1 }], [{ startedAt: "x" }]]) {
      expect(() => stage([every(HOUR)], ["a"], { remembered })).not.toThrow();
    }
  });

  it("notices within a minute that the time of day has jumped", async () => {
    let jump = 0;
    const clock = new HandClock(NOON);
    let begun = 0;
    const timed = new TimedPasses(
      [every(10 * HOUR)],
      () => ["a"],
      clock,
      {
        begin: () => {
          begun++;
          return Promise.resolve();
        },
        pause: () => undefined,
        resume: () => undefined,
      },
      { wallNow: () => clock.now() + jump },
    );
    timed.start();
    await clock.advance(HOUR);
    jump = 12 * HOUR;
    await clock.advance(MINUTE);
    expect(begun).toBe(1);
  });

  it("never runs two passes at once, and never a target twice", async () => {
    const passes = fc.array(fc.integer({ min: 5, max: 120 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        passes,
        fc.infiniteStream(fc.integer({ min: 1, max: 200 })),
        async (all, lengths) => {
          const clock = new HandClock(NOON);
          const active = new Set<string>();
          const timed = new TimedPasses(
            all.map((minutes) => every(minutes * MINUTE, { jitterMs: 7 * MINUTE })),
            () => ["a", "b", "c"],
            clock,
            {
              begin: async (pass, target) => {
                for (const other of active) expect(other.startsWith(`${pass} `)).toBe(true);
                expect(active.has(`${pass} ${target}`)).toBe(false);
                active.add(`${pass} ${target}`);
                await clock.sleep((lengths.next().value as number) * MINUTE);
                active.delete(`${pass} ${target}`);
              },
              pause: () => undefined,
              resume: () => undefined,
            },
            { wallNow: () => clock.now() },
          );
          timed.start();
          await clock.advance(6 * HOUR);
          timed.stop();
        },
      ),
      { numRuns: 15 },
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type GuardLimit, Surge } from "../../src/safety/surge.js";

const START = 1_700_000_000_000;
const limit: GuardLimit = { entries: 100, share: 0.5 };

describe("Surge", () => {
  it("trips above the number and the share together, and at neither alone", () => {
    const surge = new Surge(limit);
    surge.add(101, START);
    expect(surge.judge(START, 1_000)).toBeUndefined();
    surge.add(399, START + 10);
    expect(surge.judge(START + 10, 1_000)).toBeUndefined();
    surge.add(1, START + 20);
    expect(surge.judge(START + 20, 1_000)).toEqual({ entries: 501, of: 1_000 });

    const few = new Surge(limit);
    few.add(100, START);
    expect(few.judge(START, 100)).toBeUndefined();
  });

  it("measures against the tree before it shrank", () => {
    const surge = new Surge(limit);
    expect(surge.judge(START, 1_000)).toBeUndefined();
    surge.add(300, START + 1_000);
    // 300 of the 500 that are left would be too much; of the 1,000 there were it is not.
    expect(surge.judge(START + 30_000, 500)).toBeUndefined();
    surge.add(260, START + 31_000);
    expect(surge.judge(START + 31_000, 240)).toEqual({ entries: 560, of: 1_000 });
    // A minute later the 1,000 are forgotten, and so are the first deletions.
    expect(surge.judge(START + 62_000, 240)).toEqual({ entries: 260, of: 500 });
  });

  it("forgets what is older than a minute", () => {
    const surge = new Surge(limit);
    surge.add(1_000, START);
    expect(surge.judge(START + 59_000, 1_000)).toBeDefined();
    expect(surge.judge(START + 61_000, 1_000)).toBeUndefined();
  });

  it("begins anew when it is forgiven", () => {
    const surge = new Surge(limit);
    surge.add(1_000, START);
    surge.forgive();
    expect(surge.judge(START, 1_000)).toBeUndefined();
    surge.add(400, START);
    surge.add(400, START + 2_000);
    expect(surge.judge(START + 2_000, 1_000)?.entries).toBe(800);
  });

  it("judges by the number alone where nothing is known of the tree", () => {
    const surge = new Surge(limit);
    surge.add(101, START);
    expect(surge.judge(START, 0)).toEqual({ entries: 101, of: 0 });
  });

  it("counts what comes late as of now", () => {
    const surge = new Surge(limit);
    surge.add(60, START + 5_000);
    surge.add(60, START);
    expect(surge.judge(START + 64_000, 100)?.entries).toBe(120);
  });

  it("sees every minute with too much in it, and none that is a second longer and has less", () => {
    const steps = fc.array(
      fc.record({
        waitMs: fc.integer({ min: 0, max: 25_000 }),
        entries: fc.integer({ min: 0, max: 80 }),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 400 }), (list, total) => {
        const surge = new Surge(limit);
        const told: { at: number; entries: number }[] = [];
        let now = START;
        for (const { waitMs, entries } of list) {
          now += waitMs;
          told.push({ at: now, entries });
          surge.add(entries, now);
          const within = (ms: number) =>
            told.reduce((sum, each) => sum + (each.at > now - ms ? each.entries : 0), 0);
          const isMuch = (sum: number) => sum > limit.entries && sum > limit.share * total;
          const verdict = surge.judge(now, total);
          if (isMuch(within(60_000))) expect(verdict).toBeDefined();
          if (!isMuch(within(61_000))) expect(verdict).toBeUndefined();
          if (verdict !== undefined) {
            expect(verdict.entries).toBeGreaterThanOrEqual(within(60_000));
            expect(verdict.entries).toBeLessThanOrEqual(within(61_000));
          }
        }
      }),
    );
  });
});

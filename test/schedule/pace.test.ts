import { describe, expect, it } from "vitest";
import { Pace } from "../../src/schedule/pace.js";

describe("Pace", () => {
  it("lets the first batch after quiet go at once", () => {
    const pace = new Pace(10);
    expect(pace.earliestStart({ ready: 1, busy: 0, cycleMs: 100 })).toBe(-Infinity);
  });

  it("starts at once, above its floor, while the sessions at hand are enough for the load", () => {
    const pace = new Pace(10);
    for (let now = 1_000; now <= 3_000; now += 50) pace.started(now, 100);
    expect(pace.earliestStart({ ready: 2, busy: 1, cycleMs: 100 })).toBe(3_010);
  });

  it("spaces starts by the cycle over the sessions at hand when these run short", () => {
    const pace = new Pace(10);
    for (let now = 1_000; now <= 3_000; now += 10) pace.started(now, 100);
    expect(pace.earliestStart({ ready: 2, busy: 8, cycleMs: 100 })).toBe(3_050);
    expect(pace.earliestStart({ ready: 5, busy: 5, cycleMs: 100 })).toBe(3_020);
    expect(pace.earliestStart({ ready: 9, busy: 1, cycleMs: 20 })).toBe(3_010);
  });

  it("waits for a session while others are at work, and starts cold when none is", () => {
    const pace = new Pace(10);
    pace.started(1_000, 100);
    expect(pace.earliestStart({ ready: 0, busy: 3, cycleMs: 100 })).toBeUndefined();
    expect(pace.earliestStart({ ready: 0, busy: 0, cycleMs: 100 })).toBe(1_010);
  });

  it("wants twice the sessions that the load keeps busy", () => {
    const pace = new Pace(10);
    expect(pace.wantedSessions(100)).toBe(0);
    for (let now = 1_000; now <= 3_000; now += 20) pace.started(now, 100);
    expect(pace.wantedSessions(100)).toBe(10);
  });

  it("forgets a load that is over", () => {
    const pace = new Pace(10);
    for (let now = 1_000; now <= 3_000; now += 20) pace.started(now, 100);
    pace.started(60_000, 100);
    expect(pace.wantedSessions(100)).toBe(0);
  });
});

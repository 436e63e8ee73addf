import { describe, expect, it } from "vitest";
import { Pace } from "../../src/watch/pace.js";

describe("a pace", () => {
  it("makes no pause for single files, even when each wakes the reader three times", () => {
    const pace = new Pace();
    for (let file = 0; file < 100; file++) {
      for (const sleptMs of [20, 0.1, 0.1]) expect(pace.pauseAfter(64, sleptMs)).toBe(0);
    }
  });

  it("pauses longer the longer a burst lasts, five milliseconds at most", () => {
    const pace = new Pace();
    const pauses = Array.from({ length: 100 }, () => pace.pauseAfter(2000, 0.2));
    expect(pauses.slice(0, 3)).toEqual([0, 0, 0]);
    expect([...pauses].sort((a, b) => a - b)).toEqual(pauses);
    expect(pauses.at(-1)).toBe(5);
    expect(pauses.indexOf(5)).toBeGreaterThan(40);
  });

  it("is at rest again after a gap", () => {
    const pace = new Pace();
    for (let i = 0; i < 100; i++) pace.pauseAfter(2000, 0.2);
    expect(pace.pauseAfter(2000, 10)).toBe(0);
  });

  it("pauses little while the queue fills quickly", () => {
    const pace = new Pace();
    for (let i = 0; i < 100; i++) pace.pauseAfter(2000, 0.2);
    expect(pace.pauseAfter(200_000, 0.2)).toBe(1);
  });

  it("does not count a turn in which nothing was read", () => {
    const pace = new Pace();
    for (let i = 0; i < 100; i++) expect(pace.pauseAfter(0, 0)).toBe(0);
    expect(pace.pauseAfter(64, 0.1)).toBe(0);
  });
});

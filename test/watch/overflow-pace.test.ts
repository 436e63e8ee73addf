import { describe, expect, it } from "vitest";
import { FIRST_PAUSE_MS, LONGEST_PAUSE_MS, OverflowPace } from "../../src/watch/overflow-pace.js";

describe("the pace of looks after overflows", () => {
  it("looks at once when there was none for a while", () => {
    const pace = new OverflowPace();
    expect(pace.overflowed(1000)).toBe(true);
    pace.looked(1100);
    expect(pace.overflowed(1100 + 2 * FIRST_PAUSE_MS)).toBe(true);
    expect(pace.due).toBe(Infinity);
  });

  it("makes one look of all that comes during a look, a pause later", () => {
    const pace = new OverflowPace();
    pace.overflowed(0);
    for (let now = 1; now < 50; now++) expect(pace.overflowed(now)).toBe(false);
    expect(pace.due).toBe(1 + FIRST_PAUSE_MS);
    pace.looked(50);
    expect(pace.takeDue(FIRST_PAUSE_MS)).toBe(false);
    expect(pace.takeDue(1 + FIRST_PAUSE_MS)).toBe(true);
    expect(pace.takeDue(1 + FIRST_PAUSE_MS)).toBe(false);
  });

  it("looks less and less often while a storm goes on, and soon again after it", () => {
    const pace = new OverflowPace();
    let now = 0;
    const looks: number[] = [];
    for (; now < 60_000; now += 5) {
      if (pace.overflowed(now) || pace.takeDue(now)) {
        looks.push(now);
        pace.looked(now + 1);
      }
    }
    expect(looks.length).toBeLessThan(14);
    expect(looks.at(-1)! - looks.at(-2)!).toBeGreaterThanOrEqual(LONGEST_PAUSE_MS);
    now += LONGEST_PAUSE_MS;
    if (pace.takeDue(now)) pace.looked(now);
    now += 2 * LONGEST_PAUSE_MS;
    expect(pace.overflowed(now)).toBe(true);
    pace.looked(now);
    pace.overflowed(now + 1);
    expect(pace.due - now).toBeLessThanOrEqual(FIRST_PAUSE_MS + 1);
  });

  it("forgets what it had in mind for a tree that is gone", () => {
    const pace = new OverflowPace();
    pace.overflowed(0);
    pace.overflowed(1);
    pace.reset();
    expect(pace.due).toBe(Infinity);
    expect(pace.overflowed(5)).toBe(true);
  });
});

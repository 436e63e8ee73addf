import { describe, expect, it } from "vitest";
import { Barriers } from "../../src/watch/barriers.js";

describe("barriers", () => {
  it("pass when what was queued at their coming has been read, not later", () => {
    const barriers = new Barriers();
    barriers.add(1, 100);
    barriers.add(2, 300);
    barriers.noteRead(50, false);
    expect(barriers.takeHurry()).toBe(false);
    barriers.noteRead(50, false);
    expect(barriers.takeHurry()).toBe(true);
    expect(barriers.takeHurry()).toBe(false);
    expect(barriers.takePassed()).toEqual([1]);
    expect(barriers.size).toBe(1);
  });

  it("pass when the queue was emptied, whatever was counted", () => {
    const barriers = new Barriers();
    barriers.add(1, 1_000_000);
    barriers.noteRead(10, true);
    expect(barriers.takePassed()).toEqual([]);
    expect(barriers.takeHurry()).toBe(true);
    expect(barriers.takePassed()).toEqual([1]);
  });

  it("are all let through when there is nothing to wait for", () => {
    const barriers = new Barriers();
    barriers.add(1, 10);
    barriers.add(2, 10);
    expect(barriers.takeAll()).toEqual([1, 2]);
    expect(barriers.size).toBe(0);
  });
});

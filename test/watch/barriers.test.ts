import { describe, expect, it } from "vitest";
import { Barriers } from "../../src/watch/barriers.js";

describe("barriers", () => {
  it("pass when what was queued at their coming has been read, not later", () => {
    const barriers = new Barriers();
    barriers.add(1, 100, false);
    barriers.add(2, 300, true);
    barriers.noteRead(50, false);
    expect(barriers.takeHurry()).toBeUndefined();
    barriers.noteRead(50, false);
    expect(barriers.takeHurry()).toEqual({ scan: false });
    expect(barriers.takeHurry()).toBeUndefined();
    expect(barriers.takePassed()).toEqual([1]);
    expect(barriers.size).toBe(1);
  });

  it("pass when the queue was emptied, whatever was counted", () => {
    const barriers = new Barriers();
    barriers.add(1, 1_000_000, true);
    barriers.noteRead(10, true);
    expect(barriers.takePassed()).toEqual([]);
    expect(barriers.takeHurry()).toEqual({ scan: true });
    expect(barriers.takePassed()).toEqual([1]);
  });

  it("ask for one scan if any of those that are hurried together wants it", () => {
    const barriers = new Barriers();
    barriers.add(1, 0, false);
    barriers.add(2, 0, true);
    barriers.add(3, 0, false);
    expect(barriers.takeHurry()).toEqual({ scan: true });
    expect(barriers.takePassed()).toEqual([1, 2, 3]);
  });

  it("are all let through when there is nothing to wait for", () => {
    const barriers = new Barriers();
    barriers.add(1, 10, true);
    barriers.add(2, 10, false);
    expect(barriers.takeAll()).toEqual([1, 2]);
    expect(barriers.size).toBe(0);
  });
});

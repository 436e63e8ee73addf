import { describe, expect, it } from "vitest";
import { Limbo, LIMBO_MS } from "../../src/watch/limbo.js";

describe("limbo", () => {
  it("lets go of a node when its time has come, and not before", () => {
    const limbo = new Limbo();
    limbo.put(1, 1000);
    limbo.put(2, 1100);
    expect(limbo.nextDue).toBe(1000 + LIMBO_MS);
    expect(limbo.takeDue(1000 + LIMBO_MS - 1)).toEqual([]);
    expect(limbo.takeDue(1000 + LIMBO_MS)).toEqual([1]);
    expect(limbo.takeDue(9999)).toEqual([2]);
    expect([limbo.size, limbo.nextDue]).toEqual([0, Infinity]);
  });

  it("forgets a node that has found its place, and starts anew for one that leaves again", () => {
    const limbo = new Limbo();
    limbo.put(1, 0);
    limbo.put(2, 0);
    limbo.remove(1);
    limbo.put(2, 300);
    expect(limbo.takeDue(LIMBO_MS)).toEqual([]);
    expect(limbo.takeDue(300 + LIMBO_MS)).toEqual([2]);
  });
});

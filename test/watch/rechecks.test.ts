import { describe, expect, it } from "vitest";
import { Rechecks } from "../../src/watch/rechecks.js";

describe("rechecks", () => {
  it("ask for one look however many names were missing", () => {
    const rechecks = new Rechecks();
    rechecks.ask(1, "a", 0);
    rechecks.ask(1, "b", 5);
    expect(rechecks.nextDue).toBe(10);
    expect(rechecks.takeDue(9)).toEqual([]);
    expect(rechecks.takeDue(10)).toEqual([1]);
    expect([rechecks.size, rechecks.nextDue]).toEqual([0, Infinity]);
  });

  it("are called off when events explain every name that was missing", () => {
    const rechecks = new Rechecks();
    rechecks.ask(1, "a", 0);
    rechecks.ask(1, "b", 0);
    rechecks.explained(1, "a");
    expect(rechecks.size).toBe(1);
    rechecks.explained(1, "b");
    expect(rechecks.size).toBe(0);
    rechecks.ask(2, undefined, 0);
    rechecks.ask(2, "a", 0);
    rechecks.explained(2, "a");
    expect(rechecks.takeDue(100)).toEqual([2]);
  });

  it("wait longer for a directory that is in doubt again and again, until a look satisfies", () => {
    const rechecks = new Rechecks();
    const waits: number[] = [];
    for (let round = 0; round < 10; round++) {
      rechecks.ask(1, "a", 0);
      waits.push(rechecks.nextDue);
      rechecks.takeDue(Infinity);
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000]);
    rechecks.satisfied(1);
    rechecks.ask(1, "a", 0);
    expect(rechecks.nextDue).toBe(10);
    rechecks.forget(1);
    expect(rechecks.size).toBe(0);
  });
});

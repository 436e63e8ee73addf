import { describe, expect, it } from "vitest";
import { noJournal } from "../../src/journal/no-journal.js";
import { Kind } from "../../src/model/change.js";
import { systemClock } from "../../src/model/clock.js";
import { LaneDebts } from "../../src/replicate/lane-debts.js";
import { dirtySet, path } from "../queue/table-disk.js";

function laneDebts(isKnown: boolean, stored = 0) {
  const dirty = dirtySet();
  const debts = new LaneDebts("replica", noJournal(), dirty, systemClock, isKnown, stored, 1_000, {
    isAway: () => false,
    passes: () => [],
    shallow: () => new Set(),
    compare: () => undefined,
    reasonOf: () => "",
    failedBefore: () => undefined,
    loaded: () => undefined,
  });
  return { debts, dirty };
}

describe("LaneDebts", () => {
  it("makes a replica known with the checkpoint that follows the proof", () => {
    const { debts } = laneDebts(false);
    expect(debts.change(true)).toBeUndefined();
    debts.committed();
    expect(debts.isKnown).toBe(false);
    debts.prove();
    expect(debts.change(true)).toMatchObject({ replaceAll: true });
    debts.committed();
    expect(debts.isKnown).toBe(true);
  });

  it.each([
    ["written", "committed"],
    ["given up", "notCommitted"],
  ] as const)(
    "makes no stranger known by a checkpoint about the one before it, when that is %s",
    (_, end) => {
      const { debts, dirty } = laneDebts(true);
      dirty.add(path("f"), Kind.Content, 1);
      expect(debts.change(true)).toMatchObject({ owed: [{ path: "f" }] });
      debts.forget();
      debts[end]();
      expect(debts.isKnown).toBe(false);
      expect(debts.willBeKnown).toBe(false);
    },
  );

  it("drops what is in the journal alone, too, and says so once it can be written", () => {
    const { debts, dirty } = laneDebts(true, 3);
    expect(debts.store(path("f"), Kind.Content, 1)).toBe(true);
    debts.change(true);
    debts.drop();
    debts.committed();
    expect(debts.isComplete).toBe(true);
    expect(debts.stored).toBe(0);
    expect(debts.store(path("g"), Kind.Content, 2)).toBe(false);
    dirty.add(path("g"), Kind.Content, 2);
    for (const end of ["notCommitted", "committed"] as const) {
      expect(debts.change(true)).toMatchObject({ replaceAll: true, owed: [{ path: "g" }] });
      debts[end]();
    }
    dirty.add(path("h"), Kind.Content, 3);
    expect(debts.change(true)).toMatchObject({ replaceAll: false, owed: [{ path: "h" }] });
  });
});

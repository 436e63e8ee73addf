import { describe, expect, it } from "vitest";
import { Demand, MAIN, type Variant } from "../../src/rsync/demand.js";

const DELETING: Variant = { profile: "attributes", deletes: true };

function wishes(demand: Demand): (readonly [string, number])[] {
  return [...demand.wishes()].map(({ variant, count }) => [variant.profile, count]);
}

describe("Demand", () => {
  it("wants sessions of the main kind, within the settings", () => {
    const demand = new Demand({ idle: 2, max: 5 });
    expect(wishes(demand)).toEqual([["content", 2]]);
    demand.want(3.2);
    expect(demand.wanted).toBe(4);
    demand.want(99);
    expect(demand.wanted).toBe(5);
    demand.want(0);
    expect(demand.wanted).toBe(2);
  });

  it("learns other kinds by being asked, and more of them where none stood ready", () => {
    const demand = new Demand({ idle: 3, max: 5 });
    demand.learn(DELETING, true);
    demand.learn(DELETING, true);
    expect(wishes(demand)).toEqual([
      ["content", 3],
      ["attributes", 1],
    ]);
    for (let times = 0; times < 9; times++) demand.learn(DELETING, false);
    expect(wishes(demand)[1]).toEqual(["attributes", 3]);
    demand.learn(MAIN, false);
    demand.learn({ profile: "large", deletes: false }, false);
    expect(wishes(demand)).toHaveLength(2);
  });

  it("shrinks to one of the main kind, and grows again", () => {
    const demand = new Demand({ idle: 3, max: 5 });
    demand.learn(DELETING, false);
    demand.fallAsleep();
    expect(wishes(demand)).toEqual([["content", 1]]);
    demand.awaken();
    expect(wishes(demand)).toEqual([["content", 3]]);
  });
});

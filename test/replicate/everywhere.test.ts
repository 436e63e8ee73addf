import { describe, expect, it } from "vitest";
import type { RelativePath } from "../../src/model/path.js";
import { type ArrivalLane, Everywhere } from "../../src/replicate/everywhere.js";

const path = (text: string) => text as RelativePath;

/** A lane that owes what is in one set, and compares what is in another. */
function lane(name: string) {
  const owed = new Set<string>();
  const comparing = new Set<string>();
  const made: ArrivalLane = {
    settings: { name },
    owes: (at) => owed.has(at),
    isComparing: (at) => comparing.has(at),
  };
  return { ...made, owed, comparing };
}

describe("Everywhere", () => {
  const three = () => {
    const [a, b, c] = [lane("a"), lane("b"), lane("c")];
    return { a, b, c, everywhere: new Everywhere<string>(() => [a, b, c]) };
  };

  it("is complete with the last target that is owed it", () => {
    const { a, b, c, everywhere } = three();
    for (const each of [a, b, c]) each.owed.add("f");
    a.owed.delete("f");
    expect(everywhere.arrived("a", path("f"), "f")).toBe(false);
    b.owed.delete("f");
    expect(everywhere.arrived("b", path("f"), "f")).toBe(false);
    c.owed.delete("f");
    expect(everywhere.arrived("c", path("f"), "f")).toBe(true);
  });

  it("counts what the target itself is owed again: that is another change", () => {
    const { a, everywhere } = three();
    a.owed.add("f");
    expect(everywhere.arrived("a", path("f"), "f")).toBe(true);
  });

  it("waits for a comparison, and is complete where that finds nothing", () => {
    const { b, everywhere } = three();
    b.comparing.add("d/f");
    expect(everywhere.arrived("a", path("d/f"), "f")).toBe(false);
    expect(everywhere.compared("b", path("e"))).toEqual([]);
    // It is still under way when it says that it has ended.
    expect(everywhere.compared("b", path("d"))).toEqual(["f"]);
    expect(everywhere.compared("b", path("d"))).toEqual([]);
  });

  it("is complete where the target is taken out that it waited for", () => {
    const [a, b] = [lane("a"), lane("b")];
    const lanes = [a, b];
    const everywhere = new Everywhere<string>(() => lanes);
    b.comparing.add("f");
    expect(everywhere.arrived("a", path("f"), "f")).toBe(false);
    lanes.pop();
    expect(everywhere.compared("b", path(""))).toEqual(["f"]);
  });

  it("says when there is something else to remember", () => {
    const { b, everywhere } = three();
    const seen = [everywhere.revision];
    everywhere.arrived("a", path("e"), "e");
    expect(everywhere.revision).toBe(seen[0]);
    b.comparing.add("f");
    everywhere.arrived("a", path("f"), "f");
    seen.push(everywhere.revision);
    everywhere.compared("b", path(""));
    seen.push(everywhere.revision);
    expect(new Set(seen).size).toBe(3);
  });

  it("leaves it to the delivery where the comparison finds that it is lacking", () => {
    const { b, everywhere } = three();
    b.comparing.add("f");
    expect(everywhere.arrived("a", path("f"), "f")).toBe(false);
    b.owed.add("f");
    expect(everywhere.compared("b", path(""))).toEqual([]);
    b.owed.delete("f");
    b.comparing.delete("f");
    expect(everywhere.arrived("b", path("f"), "f")).toBe(true);
  });

  it("waits for every comparison, over a restart", () => {
    const { b, c, everywhere } = three();
    b.comparing.add("f");
    c.comparing.add("f");
    everywhere.arrived("a", path("f"), "f");
    const again = new Everywhere<string>(() => [b, c]);
    again.restore(everywhere.memory);
    expect(again.compared("b", path(""))).toEqual([]);
    b.comparing.delete("f");
    expect(again.compared("c", path(""))).toEqual(["f"]);
  });

  it("forgets the oldest beyond 10,000", () => {
    const { b, everywhere } = three();
    for (let i = 0; i <= 10_000; i++) {
      b.comparing.add(`f${i}`);
      everywhere.arrived("a", path(`f${i}`), `f${i}`);
    }
    expect(everywhere.memory).toHaveLength(10_000);
    expect(everywhere.memory[0]?.[0]).toBe("f1");
  });
});

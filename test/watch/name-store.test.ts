import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NameStore } from "../../src/watch/name-store.js";

const id = fc.nat(40);
const name = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: fc.constantFrom("a", "b", "\xff"), maxLength: 4 }) },
  { weight: 1, arbitrary: fc.nat(255).map((length) => "n".repeat(length)) },
);

describe("NameStore", () => {
  it("has for every number the name it was given last, as a Map has", () => {
    const step = fc.record({ id, name: fc.option(name, { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 2000, size: "max" }), (steps) => {
        const names = new NameStore();
        const expected = new Map<number, string>();
        for (const each of steps) {
          if (each.name === undefined) names.delete(each.id);
          else names.set(each.id, each.name);
          expected.set(each.id, each.name ?? "");
        }
        for (let each = 0; each <= 40; each++) {
          const its = expected.get(each) ?? "";
          expect(names.get(each)).toBe(its);
          expect([names.is(each, its), names.is(each, `${its}x`)]).toEqual([true, false]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("keeps its names when the holes between them are taken out", () => {
    const names = new NameStore();
    for (let each = 0; each < 1000; each++) names.set(each, `kept ${each}`);
    // A megabyte of names, one after the other in the same place.
    for (let round = 0; round < 4000; round++) names.set(2000, `${round}`.padStart(255, "-"));
    for (let each = 0; each < 1000; each++) expect(names.get(each)).toBe(`kept ${each}`);
    expect(names.get(2000)).toMatch(/^-+3999$/);
    expect(names.bytes).toBeLessThan(300_000);
  });
});

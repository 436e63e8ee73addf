import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placesOf } from "../../src/cli/verify-repair.js";
import { isBelow, ROOT, type RelativePath } from "../../src/model/path.js";
import type { Report } from "../../src/verify/verify-target.js";

function report(paths: readonly string[], unnamed = 0): Report {
  return {
    drift: paths.length + unnamed,
    counts: {},
    differences: paths.map((path) => ({
      path: path as RelativePath,
      isDirectory: false,
      kinds: ["missing"],
    })),
    unnamed,
    changing: [],
    kept: 0,
    keptSample: [],
    looks: 1,
    shortfall: undefined,
    tookMs: 1,
  };
}

describe("placesOf()", () => {
  it("names the topmost of what differs", () => {
    const found = report(["a/b/c", "a/b", "a/bc", "d"]);
    expect(placesOf({ report: found, path: ROOT }).sort()).toEqual(["a/b", "a/bc", "d"]);
    expect(placesOf({ report: report(["", "a"]), path: ROOT })).toEqual([""]);
  });

  it("names all that was asked for where not everything has a name", () => {
    const path = "a" as RelativePath;
    expect(placesOf({ report: report(["a/b"], 1), path })).toEqual([path]);
  });

  it("covers every difference by few places, none within another, all within what was asked for", () => {
    const part = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
    const paths = fc.array(
      fc.array(part, { maxLength: 4 }).map((parts) => ["top", ...parts].join("/")),
      { minLength: 1, maxLength: 400 },
    );
    fc.assert(
      fc.property(paths, (all) => {
        const path = "top" as RelativePath;
        const places = placesOf({ report: report(all), path });
        expect(places.length).toBeLessThanOrEqual(100);
        for (const each of all as RelativePath[]) {
          expect(places.filter((place) => place === each || isBelow(each, place))).toHaveLength(1);
        }
        for (const place of places) expect(place === path || isBelow(place, path)).toBe(true);
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import type { RelativePath } from "../../src/model/path.js";
import { KeptNames, MOST_KEPT_NAMES } from "../../src/safety/first-contact.js";

const path = (text: string) => text as RelativePath;

describe("KeptNames", () => {
  it("protects what was there before us, all below it, and the directories around it", () => {
    const kept = new KeptNames();
    kept.remember(path("d/old"));
    for (const name of ["d/old", "d/old/deep/file", "d"]) {
      expect(kept.protects(path(name)), name).toBe(true);
    }
    for (const name of ["d/other", "d/older", "e"]) {
      expect(kept.protects(path(name)), name).toBe(false);
    }
  });

  it("remembers only the topmost of what it is told", () => {
    const kept = new KeptNames();
    kept.remember(path("d"));
    kept.remember(path("d/below"));
    expect(kept.acquaintance).toEqual({ kept: ["d"], keptMore: false });
  });

  it("knows again what it wrote down", () => {
    const kept = new KeptNames();
    kept.remember(path("a"));
    expect(new KeptNames(kept.acquaintance).protects(path("a/b"))).toBe(true);
  });

  it("protects everything when there was too much to remember", () => {
    const kept = new KeptNames();
    for (let i = 0; i <= MOST_KEPT_NAMES; i++) kept.remember(path(`f${i}`));
    expect(kept.acquaintance.keptMore).toBe(true);
    expect(kept.protects(path("anything"))).toBe(true);
  });
});

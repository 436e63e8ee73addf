import { beforeEach, describe, expect, it } from "vitest";
import type { RelativePath } from "../../src/model/path.js";
import { Tally } from "../../src/safety/tally.js";

let tally: Tally;
const add = (path: string, entries: number) => tally.add(path as RelativePath, entries);

beforeEach(() => {
  tally = new Tally();
});

describe("Tally", () => {
  it("counts a directory told as a whole without what was told of it before", () => {
    expect(add("d/a", 1)).toBe(1);
    expect(add("d/sub/b", 1)).toBe(1);
    expect(add("d/sub", 3)).toBe(2);
    expect(add("d", 10)).toBe(6);
  });

  it("counts nothing below what was told as a whole, and nothing twice", () => {
    expect(add("d", 10)).toBe(10);
    expect(add("d/a", 1)).toBe(0);
    expect(add("d", 10)).toBe(0);
    expect(add("dd", 1)).toBe(1);
  });

  it("remembers until the index counts it no more", () => {
    expect(add("d/a", 1)).toBe(1);
    tally.looks();
    expect(add("d/a", 1)).toBe(0);
    expect(add("d/b", 1)).toBe(1);
    tally.indexed();
    // The index holds 8 of 10 by now, and one of them was told while it was brought up to date.
    expect(add("d/b", 1)).toBe(0);
    expect(add("d", 9)).toBe(8);
    tally.looks();
    tally.indexed();
    expect(add("d", 10)).toBe(10);
  });

  it("counts what half a directory was before and the rest at once, though the index went on between", () => {
    for (let i = 0; i < 100; i++) expect(add(`d/f${i}`, 1)).toBe(1);
    tally.looks();
    tally.indexed();
    expect(add("d", 101)).toBe(101);
  });

  it("puts what is counted late where it was told", () => {
    const { round } = tally;
    tally.looks();
    expect(tally.add("d/a" as RelativePath, 1, round)).toBe(1);
    expect(add("d/a", 1)).toBe(0);
    tally.indexed();
    expect(add("d", 9)).toBe(9);
  });

  it("keeps what an update has failed to take in", () => {
    expect(add("d/a", 1)).toBe(1);
    tally.looks();
    expect(add("d/b", 1)).toBe(1);
    tally.looks();
    expect(add("d", 10)).toBe(8);
    tally.indexed();
    expect(add("d", 10)).toBe(0);
    tally.looks();
    tally.indexed();
    expect(add("d", 3)).toBe(3);
  });
});

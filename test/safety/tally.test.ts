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

  it("remembers over one update of the index, and begins anew after the next", () => {
    expect(add("d/a", 1)).toBe(1);
    tally.indexed();
    expect(add("d/a", 1)).toBe(0);
    expect(add("d", 10)).toBe(9);
    tally.indexed();
    tally.indexed();
    expect(add("d", 10)).toBe(10);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  agoText,
  aligned,
  cutText,
  shortTime,
  shownText,
  untilText,
  widthOf,
  wrapText,
} from "../../src/cli/shown.js";

describe("shownText()", () => {
  it("keeps a text on its line and away from the cursor", () => {
    expect(shownText("a \n b\x1b[31m\u202ec")).toBe("a b?[31m?c");
  });
});

describe("times for columns", () => {
  it("are rough, and in their largest unit", () => {
    const times = [-5, 0, 999, 1_000, 59_999, 60_000, 3_599_999, 3_600_000, 86_400_000 * 2];
    expect(times.map(shortTime)).toEqual([
      ...["0 ms", "0 ms", "999 ms", "1 s", "59 s", "1 min", "59 min", "1 h", "2 d"],
    ]);
    expect([undefined, 10_000, 9_500, 0].map((at) => agoText(at, 10_000))).toEqual([
      ...["never", "now", "now", "10 s ago"],
    ]);
    expect([9_000, 10_500, 75_000].map((at) => untilText(at, 10_000))).toEqual([
      ...["now", "now", "in 1 min"],
    ]);
  });
});

describe("wrapText()", () => {
  it("keeps every word and every line within its columns", () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 30 }), (list, columns) => {
        const lines = wrapText(list.join(" "), columns);
        expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns);
        expect(lines.join("").replaceAll(" ", "")).toBe(list.join(""));
      }),
    );
    expect(wrapText("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrapText("one two three", Infinity)).toEqual(["one two three"]);
  });
});

describe("cutText(), aligned() and widthOf()", () => {
  it("cut with a mark, align columns, and know a terminal from a pipe", () => {
    expect([cutText("abc", 3), cutText("abc", 2), cutText("abc", 0)]).toEqual(["abc", "a…", ""]);
    expect(
      aligned([
        ["a", "bb", "c"],
        ["aaa", "b", ""],
      ]),
    ).toEqual(["a    bb  c", "aaa  b"]);
    expect(widthOf({ isTTY: true, columns: 120 })).toBe(120);
    expect(widthOf({ isTTY: true, columns: 0 })).toBe(80);
    expect(widthOf({ columns: 120 })).toBe(Infinity);
  });
});

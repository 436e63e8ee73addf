import { describe, expect, it } from "vitest";
import { fill, placeholdersIn } from "../../src/hooks/placeholders.js";

describe("placeholdersIn()", () => {
  it.each<[string, string[]]>([
    ["{path}", ["path"]],
    ["a{path}b{url}c{path}", ["path", "url"]],
    ["{{path}}", []],
    ['{"files":{urls}}', ["urls"]],
    ['{"a":{"b":1}} {} {a b} {1} {', []],
    ["{{{path}}}", []],
  ])("finds words in braces: %s", (text, words) => {
    expect(placeholdersIn(text).toSorted()).toEqual(words.toSorted());
  });
});

describe("fill()", () => {
  it.each([
    ["x{a}y{b}z{a}", "x1y{c}z1"],
    ["{{a}} {c} {}", "{a} {c} {}"],
    ['{"k":{a}}', '{"k":1}'],
  ])("puts values in and reads them no further: %s", (text, filled) => {
    // What stands for `b` looks like a word itself, and `$&` is nothing special.
    const values = new Map([
      ["a", "1"],
      ["b", "{c}"],
    ]);
    expect(fill(text, (word) => values.get(word))).toBe(filled);
    expect(fill("{a}", () => "$&$1")).toBe("$&$1");
  });
});

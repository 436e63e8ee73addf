import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandGlob, hasWildcard } from "../../src/config/glob.js";
import { write } from "./files.js";

describe("expandGlob()", () => {
  const directory = write({
    "a.yaml": "",
    "b.yaml": "",
    "b.yml": "",
    ".c.yaml": "",
    "d/e.yaml": "",
    "d/f/g.yaml": "",
    "x[1].yaml": "",
  });
  const found = (pattern: string) =>
    expandGlob(`${directory}/${pattern}`).map((file) => file.slice(directory.length + 1));

  it.each([
    ["*.yaml", ["a.yaml", "b.yaml", "x[1].yaml"]],
    ["?.y*ml", ["a.yaml", "b.yaml", "b.yml"]],
    [".*.yaml", [".c.yaml"]],
    ["*/*.yaml", ["d/e.yaml"]],
    ["d/*/*.yaml", ["d/f/g.yaml"]],
    ["x[1].*", ["x[1].yaml"]],
    ["**.yaml", ["a.yaml", "b.yaml", "x[1].yaml"]],
    ["none/*.yaml", []],
    ["*.none", []],
  ])("finds for %s what a shell would", (pattern, files) => {
    expect(found(pattern)).toEqual(files);
  });

  it("agrees with a regular expression on any name and pattern", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "."), minLength: 1, maxLength: 8 });
    const pattern = fc.string({
      unit: fc.constantFrom("a", "b", "*", "?"),
      minLength: 1,
      maxLength: 6,
    });
    const names = fc.sample(word, { numRuns: 60, seed: 7 }).filter((name) => !/^\.+$/.test(name));
    const tree = write(Object.fromEntries(names.map((name) => [name, ""])));
    fc.assert(
      fc.property(pattern, (text) => {
        if (!hasWildcard(text)) return;
        const source = text.replaceAll("*", ".*").replaceAll("?", ".");
        const expected = names.filter(
          (name) => !name.startsWith(".") && new RegExp(`^${source}$`, "s").test(name),
        );
        const got = expandGlob(`${tree}/${text}`).map((file) => file.slice(tree.length + 1));
        expect(got).toEqual([...new Set(expected)].sort());
      }),
      { numRuns: 300 },
    );
  });

  it("does not linger over many stars", () => {
    const tree = write({ ["a".repeat(200)]: "" });
    const started = performance.now();
    expect(expandGlob(`${tree}/${"*a".repeat(90)}b`)).toEqual([]);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

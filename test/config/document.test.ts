import { describe, expect, it } from "vitest";
import { locate, readYaml } from "../../src/config/document.js";
import { formatProblem } from "../../src/config/problem.js";

const read = (text: string, environment = {}) => readYaml(text, "/f.yaml", environment);
const plain = (text: string) => JSON.parse(JSON.stringify(read(text).value)) as unknown;
const problems = (text: string) => read(text).problems.map((each) => formatProblem(each));

describe("readYaml()", () => {
  it("keeps every scalar as it is written", () => {
    expect(plain("a: no\nb: on\nc: 007\nd: 1e3\ne: 0x10\nf: 'x'\n")).toEqual({
      a: "no",
      b: "on",
      c: "007",
      d: "1e3",
      e: "0x10",
      f: "x",
    });
  });

  it("does so under a %YAML 1.1 directive too", () => {
    expect(plain("%YAML 1.1\n---\na: no\n")).toEqual({ a: "no" });
  });

  it("takes empty, ~ and null for nothing unless they are quoted", () => {
    expect(plain("[~, null, '', '~']")).toEqual([null, null, "", "~"]);
    expect(plain("a:\n")).toEqual({ a: null });
    expect(read("").value).toBeNull();
    expect(read("# nothing\n").value).toBeNull();
  });

  it("reads CRLF lines", () => {
    expect(plain("a: x\r\nb:\r\n  - y\r\n")).toEqual({ a: "x", b: ["y"] });
  });

  it("knows the place of every value and key", () => {
    const { root } = read("a:\n  - b: x\n    c: y\n");
    expect(locate(root, ["a", 0, "c"])).toMatchObject({
      exact: true,
      located: { place: { line: 3, column: 8 }, key: { line: 3, column: 5 } },
    });
    expect(locate(root, ["a", 0, "z"])).toMatchObject({
      exact: false,
      located: { place: { line: 2, column: 5 } },
    });
  });

  it("refuses a tab as indentation, by its place", () => {
    expect(problems("a:\n\tb: 1\n")).toEqual([
      "/f.yaml:2:1: Cannot indent with a tab: expected blanks",
    ]);
  });

  it("names both places of a key that is there twice", () => {
    expect(problems("a: 1\nb: 2\na: 3\n")).toEqual([
      "/f.yaml:3:1: the key 'a' is here twice; first at /f.yaml:1:1",
    ]);
  });

  it("refuses a second document, tags, and keys that are not text", () => {
    expect(problems("a: 1\n---\nb: 2\n")[0]).toContain("Cannot read a second document");
    expect(problems("a: !x y\n")[0]).toContain("/f.yaml:1:4: Cannot use a tag");
    expect(problems("? [a]\n: 1\n")[0]).toContain("Cannot use this as a key");
  });

  it("resolves aliases and merge keys, what is written out winning", () => {
    expect(plain("x: &x {a: 1, b: 2}\ny: *x\nz:\n  <<: *x\n  b: 3\n")).toEqual({
      x: { a: "1", b: "2" },
      y: { a: "1", b: "2" },
      z: { a: "1", b: "3" },
    });
    expect(plain("x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz: {<<: [*x, *y]}\n")).toMatchObject({
      z: { a: "1", b: "2" },
    });
    expect(problems("z: {<<: text}\n")[0]).toContain("Cannot merge ('<<')");
  });

  it("refuses aliases without an anchor and anchors that hold themselves", () => {
    expect(problems("a: *b\n")).toEqual([
      "/f.yaml:1:4: a: Cannot use the alias '*b': no '&b' before it. Put a text that begins with '*' in quotes.",
    ]);
    expect(problems("a: &a [*a]\n")[0]).toContain("it holds itself");
    expect(problems("a: &a {<<: *a}\n")[0]).toContain("it holds itself");
  });

  it("keeps __proto__ an ordinary key", () => {
    const { value } = read("__proto__: {polluted: yes}\nconstructor: x\n");
    expect(Object.keys(value as object)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("expands references in values, not in keys, and points at the one that fails", () => {
    const { value, problems: found } = read("${A}: ${A}\nb: x${NONE}\n", { A: "1" });
    expect(value).toMatchObject({ "${A}": "1" });
    expect(found.map((each) => formatProblem(each))).toEqual([
      "/f.yaml:2:5: b: the environment variable NONE is not set: set it, or give a default as in ${NONE:-…}",
    ]);
  });

  it("cannot be made to read structure out of the environment", () => {
    expect(read("a: ${A}\n", { A: "x\nb: [y]" }).value).toEqual(
      Object.assign(Object.create(null), { a: "x\nb: [y]" }),
    );
  });

  it.each([
    ["flow lists", "[".repeat(100_000)],
    ["flow mappings", "{a: ".repeat(50_000)],
    ["block lists", "- ".repeat(20_000)],
    ["explicit keys", "? ".repeat(20_000)],
  ])("refuses %s nested without end", (_, text) => {
    expect(problems(text)).toEqual(["/f.yaml:1:1: Cannot read the YAML: it is nested too deeply"]);
  });

  it("refuses aliases that multiply", () => {
    let bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
    for (let level = 1; level < 20; level++) {
      bomb += `a${level}: &a${level} [${Array(9)
        .fill(`*a${level - 1}`)
        .join(",")}]\n`;
    }
    const started = performance.now();
    const found = problems(bomb);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain("aliases counted");
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

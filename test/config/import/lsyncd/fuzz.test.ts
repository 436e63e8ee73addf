import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { importLsyncd } from "../../../../src/config/import/lsyncd/import.js";
import type { Draft } from "../../../../src/config/import/draft.js";
import { documentOf } from "../../../../src/config/import/draft.js";

const FILE = "/etc/lsyncd.conf.lua";

/** Whatever it is, it is read or refused: with places in the file, and within a limit of time. */
function read(text: string | Buffer, limitMs = 5_000): Draft {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const started = performance.now();
  const draft = importLsyncd(bytes, FILE);
  documentOf(draft, { file: FILE, line: 1, column: 1 });
  expect(performance.now() - started).toBeLessThan(limitMs);
  const lines = bytes.toString("latin1").split(/\r\n|\n\r|\n|\r/).length;
  for (const { place } of [...draft.notes, ...draft.problems]) {
    expect(place?.file).toBe(FILE);
    expect(place?.line).toBeGreaterThan(0);
    expect(place?.line).toBeLessThanOrEqual(lines);
    expect(place?.column).toBeGreaterThan(0);
  }
  const isEmpty = draft.root.entries.every(([key]) => key !== "sources");
  if (isEmpty) expect(draft.problems.length).toBeGreaterThan(0);
  return draft;
}

const GOOD = 'sync{ default.rsync, source = "/a", target = "/b" }';

const WORDS = [
  ..."{}()[],;=.#-+*/^~<>:'\"".split(""),
  ...["..", "...", "==", "[[", "]]", "--", "--[[", "\n", "\r\n", " ", "\\x", "\0", "é", "\xff"],
  ..."and break do else elseif end false for function goto if in local nil not or repeat return then true until while".split(
    " ",
  ),
  ..."settings sync default.rsync default.rsyncssh default.direct source target host targetdir delay".split(
    " ",
  ),
  ..."delete exclude filter excludeFrom init rsync ssh _extra archive bwlimit ipairs pairs x y".split(
    " ",
  ),
  ...['"/a"', '"b::c"', "1", "15", "0x1F", "1e9", "true", "false", '"- *"', '"startup"', "{}"],
];

describe("importLsyncd() survives", () => {
  it("any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        read(Buffer.from(bytes));
      }),
      { numRuns: 1_500 },
    );
  });

  it("any words of Lua and of lsyncd", () => {
    const soup = fc.array(fc.constantFrom(...WORDS), { maxLength: 60 });
    fc.assert(
      fc.property(soup, (words) => {
        read(words.join(" "));
        read(words.join(""));
      }),
      { numRuns: 3_000 },
    );
  });

  it("any value for any key", () => {
    const value = fc.constantFrom(
      ...WORDS.slice(-11),
      "-1",
      "0",
      "{ a = 1 }",
      '{ "x", "-v" }',
      "nil",
    );
    const key = fc.constantFrom(
      ..."source target host targetdir delay delete exclude filter excludeFrom filterFrom init rsync ssh crontab maxProcesses onMove exitcodes nothing".split(
        " ",
      ),
    );
    const layer = fc.constantFrom("default.rsync", "default.rsyncssh", "default.direct", "{}", "x");
    const field = fc.tuple(key, value).map(([name, text]) => `${name} = ${text}`);
    fc.assert(
      fc.property(layer, fc.array(field, { maxLength: 8 }), (base, fields) => {
        read(`sync{ ${[base, ...fields].join(", ")} }`);
      }),
      { numRuns: 3_000 },
    );
  });

  it("any cut of a file, and any byte of it changed", () => {
    const text = `settings{ logfile = "/l" }\nfor _, h in ipairs{ "a", "b" } do\n sync{ default.rsync, source = "/a", target = h .. "::m", exclude = { "*.o", [[x]] }, rsync = { archive = true } }\nend`;
    const [at, byte] = [fc.nat({ max: text.length }), fc.nat({ max: 255 })];
    fc.assert(
      fc.property(at, byte, (where, value) => {
        read(text.slice(0, where));
        const bytes = Buffer.from(text);
        bytes[Math.min(where, bytes.length - 1)] = value;
        read(bytes);
      }),
      { numRuns: 1_000 },
    );
    expect(read(text).problems).toEqual([]);
  });

  const deep = 100_000;
  it.each([
    ["parentheses", `x = ${"(".repeat(deep)}1${")".repeat(deep)}`],
    ["tables", `x = ${"{".repeat(deep)}${"}".repeat(deep)}`],
    ["tables in a sync", `sync{ exclude = ${"{".repeat(deep)}${"}".repeat(deep)} }`],
    ["brackets", `x = ${"a[".repeat(deep)}1${"]".repeat(deep)}`],
    ["blocks", `${"do ".repeat(deep)}${"end ".repeat(deep)}`],
    ["functions", "x = " + "function() return ".repeat(deep) + "end ".repeat(deep)],
    ["conditions", `${"if x then ".repeat(deep)}${"end ".repeat(deep)}`],
    ["loops", `${"repeat ".repeat(deep)}${"until x ".repeat(deep)}`],
    ["negations", `x = ${"not ".repeat(deep)}1`],
    ["signs", `x = ${"- ".repeat(deep)}1`],
    ["joins", `x = ${"1 ..".repeat(deep)}1`],
    ["joins of calls", `x = ${"f{1,2} ..".repeat(deep / 2)}1`],
    ["powers", `x = ${"1^".repeat(deep)}1`],
    ["sums", `x = ${"1+".repeat(deep)}1`],
    ["calls of calls", `x = f${"{}".repeat(deep)}`],
    ["members", `x = a${".b".repeat(deep)}`],
    ["lookups", `x = a${"[1]".repeat(deep)}`],
    ["brackets that are never closed", "({[".repeat(deep)],
    ["ends without a beginning", "end ) } ] ".repeat(deep)],
    ["statements", "x=1 ".repeat(deep)],
    ["semicolons", ";".repeat(deep)],
  ])("%s, a hundred thousand of them", (_, text) => {
    read(text, 10_000);
  });

  it.each([
    ["a text", `x = "${"a".repeat(10_000_000)}"`],
    ["a text that is never closed", `x = "${"a".repeat(2_000_000)}`],
    ["a long text", `x = [==[${"]=]\n".repeat(400_000)}]==]`],
    ["escapes", `x = "${"\\065".repeat(400_000)}"`],
    ["a comment", `--[[${"-".repeat(10_000_000)}]]`],
    ["a name", "a".repeat(2_000_000)],
    ["a number", `x = ${"9".repeat(1_900_000)}`],
    ["one line of values", `x = {${"1,".repeat(900_000)}}`],
    ["one line beyond ASCII", `x = {${'"é",'.repeat(300_000)}}`],
    ["lines", "\n".repeat(2_000_000)],
  ])("%s of some million bytes", (_, text) => {
    read(text, 15_000);
  });

  it("tables that hold one another in ever greater number", () => {
    const levels = Array.from(
      { length: 40 },
      (_, level) => `t${level + 1} = { t${level}, t${level} }`,
    );
    const text = `t0 = { "x" }\n${levels.join("\n")}\nsync{ default.rsync, source = "/a", target = "/b", exclude = t40 }`;
    const { problems } = read(text);
    expect(problems[0]?.message).toMatch(/nested too deeply|more than 200000 values/);
  });

  it("tables in tables that no bracket shows", () => {
    const levels = Array.from({ length: 20_000 }, (_, level) => `t${level + 1} = { t${level} }`);
    const text = `t0 = {}\n${levels.join("\n")}\nsync{ t20000, source = "/a" }`;
    expect(read(text).problems[0]?.message).toContain("nested too deeply");
  });

  it("texts that double", () => {
    const text = `x = "ab"\n${"x = x .. x\n".repeat(64)}${GOOD}`;
    expect(read(text).problems[0]).toMatchObject({
      place: { line: 17 },
      message: "Cannot join texts to one of more than 65536 characters",
    });
  });

  it("loops in loops", () => {
    const list = `l = { ${"1,".repeat(100)} }`;
    const loops = "for _, x in ipairs(l) do ".repeat(6);
    const syncs = read(`${list}\n${loops} ${GOOD} ${"end ".repeat(6)}`);
    expect(syncs.problems.map(({ message }) => message)).toContain(
      "Cannot read on: the file has more than 1000 syncs",
    );
    const nothing = read(`${list}\n${loops} ${"end ".repeat(6)}`);
    expect(nothing.problems[0]?.message).toMatch(/more than 200000 values/);
  });

  it("many syncs that share a long list", () => {
    const list = `l = { ${'"x",'.repeat(2_000)} }`;
    const hosts = `h = { ${'"h",'.repeat(900)} }`;
    const text = `${list}\n${hosts}\nfor i, x in pairs(h) do sync{ default.rsync, source = "/a" .. i, target = x .. "::m", exclude = l } end`;
    expect(read(text).problems[0]?.message).toMatch(/more than 200000 values/);
  });
});

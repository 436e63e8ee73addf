import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Fault } from "../../src/model/fault.js";
import type { Fact } from "../../src/model/fact.js";
import type { RelativePath } from "../../src/model/path.js";
import { createLog, type LogOptions } from "../../src/observe/log.js";
import { createPalette, wantsColour } from "../../src/observe/palette.js";
import { makeTempDir } from "../support/temp.js";

const batch: Fact = {
  kind: "batch",
  source: "www",
  target: "rsync://h/m",
  bytes: 812,
  tookMs: 50,
  entries: [{ path: "a" as RelativePath, deleted: false, directory: false, kinds: 4, delayMs: 4 }],
};

/** 2026-01-02 03:04:05.006 where the test runs. */
const clock = { now: () => new Date(2026, 0, 2, 3, 4, 5, 6).getTime() };

function logged(options: Partial<LogOptions>, isTTY: boolean, ...facts: Fact[]): string {
  let text = "";
  const stream = { isTTY, write: (line: string) => (text += line) };
  const log = createLog({ level: "info", format: "auto", stream, clock, ...options });
  for (const fact of facts) log.listener(fact);
  log.say("info", "Said", { kind: "test" });
  log.close();
  return text;
}

describe("createLog()", () => {
  it("writes text on a terminal: local time, source and target, what happened", () => {
    // eslint-disable-next-line no-control-regex -- colours are not what is looked at here
    const text = logged({}, true, batch).replace(/\x1b\[\d+m/g, "");
    expect(text).toBe(
      "03:04:05.006  www → rsync://h/m  1 sent, 812 B, 4 ms: a\n03:04:05.006  Said\n",
    );
  });

  it("writes JSON lines elsewhere", () => {
    const [first = "", second = "", end] = logged({}, false, batch).split("\n");
    expect(JSON.parse(first)).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as unknown,
      source: "www",
      target: "rsync://h/m",
      kind: "batch",
      sent: 1,
      deleted: 0,
      bytes: 812,
      delayMs: 4,
      tookMs: 50,
      names: ["a"],
      msg: "1 sent, 812 B, 4 ms: a",
    });
    expect(JSON.parse(second)).toMatchObject({ kind: "test", msg: "Said" });
    expect(end).toBe("");
  });

  it("writes what it is told to, wherever it goes", () => {
    expect(logged({ format: "json" }, true)).toMatch(/^\{.*\}\n$/);
    expect(logged({ format: "text" }, false)).toBe("03:04:05.006  Said\n");
  });

  it("tells nothing below its level, and each path only at debug", () => {
    expect(logged({ level: "warn" }, false, batch)).toBe("");
    expect(logged({ level: "info" }, false, batch).split("\n")).toHaveLength(3);
    const debug = logged({ level: "debug" }, false, batch).trimEnd().split("\n");
    expect(debug.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual([
      "batch",
      "path",
      "test",
    ]);
  });

  it("appends to a file, making its directory", () => {
    const file = join(makeTempDir(), "new/treecast.log");
    for (let round = 0; round < 2; round++) logged({ file }, true, batch);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines.every((line) => line.startsWith("{"))).toBe(true);
    const plain = join(makeTempDir(), "text.log");
    logged({ file: plain, format: "text" }, true, batch);
    expect(readFileSync(plain, "utf8")).toMatch(/^03:04:05\.006 {2}www → rsync:\/\/h\/m {2}1 sent/);
  });

  it("refuses a file that cannot be opened with a Fault", () => {
    const file = join(makeTempDir(), "file");
    writeFileSync(file, "");
    expect(() => createLog({ level: "info", format: "auto", file: join(file, "below") })).toThrow(
      Fault,
    );
  });

  it("marks warnings and errors", () => {
    const note = (level: "warn" | "error"): Fact => ({ kind: "note", level, text: "Hm" });
    const text = logged({ format: "text" }, false, note("warn"), note("error"));
    expect(text.split("\n").slice(0, 2)).toEqual([
      "03:04:05.006  warning  Hm",
      "03:04:05.006  error  Hm",
    ]);
  });
});

describe("wantsColour()", () => {
  it("says yes on a terminal only, and no where NO_COLOR or a dumb terminal do", () => {
    expect(wantsColour({ isTTY: true }, {})).toBe(true);
    expect(wantsColour({ isTTY: true }, { NO_COLOR: "" })).toBe(true);
    expect(wantsColour({ isTTY: false }, {})).toBe(false);
    expect(wantsColour({}, {})).toBe(false);
    expect(wantsColour({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
    expect(wantsColour({ isTTY: true }, { TERM: "dumb" })).toBe(false);
  });
});

describe("createPalette()", () => {
  it("colours, or leaves alone", () => {
    expect(createPalette(true).red("x")).toBe("\x1b[31mx\x1b[39m");
    expect(createPalette(true).red("")).toBe("");
    expect(createPalette(false).red("x")).toBe("x");
  });
});

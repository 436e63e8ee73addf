import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { strftime } from "../../src/kernel/strftime.js";

const CONVERSIONS = Array.from("aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ%");
const FORMAT = CONVERSIONS.map((letter) => `${letter}=%${letter}`).join("|");
const FLAGS = "%_d|%-d|%_m|%0e|%^a|%^B|%#Z|%#p|%10Y|%_5S|%-j|%05H|%Ey|%Od|%-I|%_3k|%^10b";

const ZONES = [
  ...["UTC", "Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"],
  ...["CST-8", "<+0330>-3:30", "EST5EDT,M3.2.0,M11.1.0", "Nowhere/AtAll"],
];
/** Turns of the year and of the century, both halves of a year, a leap day, and before 1970. */
const MOMENTS = [
  ...[0, -1, 946_684_799, 946_684_800, 951_782_400, 1_167_609_600, 1_230_768_000],
  ...[1_700_000_000, 1_720_000_000, 1_735_603_200, 2_147_483_648, 4_102_444_800],
];

/** The zone is read once in a process. */
function ours(zone: string, format: string): string[] {
  const module = resolve(import.meta.dirname, "../../dist/kernel/strftime.js");
  const script = `
    import { strftime } from ${JSON.stringify(module)};
    const texts = ${JSON.stringify(MOMENTS)}.map((each) => strftime(${JSON.stringify(format)}, each));
    process.stdout.write(JSON.stringify(texts));`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", script],
    // Names in another language would show.
    { encoding: "utf8", env: { ...process.env, TZ: zone, LC_ALL: "C.UTF-8" } },
  );
  expect(stderr).toBe("");
  return JSON.parse(stdout) as string[];
}

function theirs(zone: string, format: string, seconds: number): string {
  const { stdout } = spawnSync("date", ["-d", `@${seconds}`, `+${format}`], {
    encoding: "latin1",
    env: { ...process.env, TZ: zone, LC_ALL: "C" },
  });
  return stdout.replace(/\n$/, "");
}

describe("strftime()", () => {
  it.each(ZONES)("says in %s what date(1) says", (zone) => {
    expect(ours(zone, FORMAT)).toEqual(MOMENTS.map((each) => theirs(zone, FORMAT, each)));
  });

  it("knows flags and widths", () => {
    expect(ours("UTC", FLAGS)).toEqual(MOMENTS.map((each) => theirs("UTC", FLAGS, each)));
  });

  it("keeps bytes, and what is no conversion", () => {
    expect(strftime("\xff %Q %d%%\u00c3\u00b6", 0)).toMatch(/^\xff %Q \d\d%\u00c3\u00b6$/);
  });

  it("answers nothing for a text that is empty or too long", () => {
    expect(strftime("", 0)).toBeUndefined();
    expect(strftime("%Y".repeat(10), 0, 39)).toBeUndefined();
    expect(strftime("%Y".repeat(10), 0, 40)).toHaveLength(40);
  });

  it("answers nothing where there is no such year", () => {
    expect(strftime("%Y", 1e18)).toBeUndefined();
  });
});

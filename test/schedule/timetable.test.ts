import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCron, isTimeZone, type PassTimes, Timetable } from "../../src/schedule/timetable.js";

const at = (text: string): number => Date.parse(text);
const shown = (ms: number): string => new Date(ms).toISOString().replace(":00.000Z", "Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const cron = (expression: string, timeZone = "UTC") =>
  ({ kind: "cron", expression, timeZone }) as const;

describe("checkCron()", () => {
  it("finds nothing wrong with what is right", () => {
    for (const expression of ["0 3 * * *", "*/15 8-18 * * mon-fri", "@daily", "0 3 L * *"]) {
      expect(checkCron(expression)).toBeUndefined();
      expect(checkCron(expression, "Asia/Shanghai")).toBeUndefined();
    }
  });

  it("says in words what is wrong", () => {
    expect(checkCron("0 3 * * * *")).toBe(
      "expected five fields (minute, hour, day of the month, month, day of the week), found 6",
    );
    expect(checkCron(" ")).toMatch(/found none$/);
    expect(checkCron("2027-01-01T00:00:00")).toMatch(/found 1$/);
    expect(checkCron("61 * * * *")).toBe("Invalid value for minute: 61");
    expect(checkCron("0 0 30 2 *")).toBe(
      "no such moment ever comes: expected a day that its month has",
    );
    expect(checkCron("@sometimes")).toEqual(expect.any(String));
    expect(checkCron("0 3 * * *", "Mars/Olympus")).toMatch(/^'Mars\/Olympus' is no time zone/);
  });
});

describe("isTimeZone()", () => {
  it("knows zones by their names", () => {
    expect(["UTC", "Europe/Berlin", "", "Nowhere"].map(isTimeZone)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("Timetable", () => {
  it("counts an interval from the start of the last pass", () => {
    const table = new Timetable({ when: { kind: "every", ms: HOUR } });
    const last = at("2027-01-05T10:00Z");
    expect(table.nextAt(last + 10 * MINUTE, last)).toBe(last + HOUR);
    // It took three hours: once more, now, and not three times.
    expect(table.nextAt(last + 3 * HOUR, last)).toBe(last + 3 * HOUR);
    // The clock was set back by a day.
    expect(table.nextAt(last - 24 * HOUR, last)).toBe(last - 23 * HOUR);
  });

  it("follows cron in its time zone, through both changes of the clock", () => {
    const nightly = new Timetable({ when: cron("30 2 * * *", "Europe/Berlin") });
    const next = (text: string) => shown(nightly.nextAt(at(text), at(text)));
    expect(next("2027-01-05T12:00Z")).toBe("2027-01-06T01:30Z");
    expect(next("2027-07-05T12:00Z")).toBe("2027-07-06T00:30Z");
    // 02:30 does not exist on the day in March: it runs when that hour is over.
    expect(next("2027-03-27T12:00Z")).toBe("2027-03-28T01:00Z");
    // It exists twice on the day in October, and runs once.
    expect(next("2027-10-30T12:00Z")).toBe("2027-10-31T00:30Z");
    expect(next("2027-10-31T00:30Z")).toBe("2027-11-01T01:30Z");
  });

  it("takes what was due meanwhile once, at once", () => {
    const table = new Timetable({ when: cron("0 * * * *") });
    const now = at("2027-01-05T15:20Z");
    expect(table.nextAt(now, at("2027-01-05T10:00Z"))).toBe(now);
    expect(shown(table.nextAt(now, now))).toBe("2027-01-05T16:00Z");
  });

  it("waits for the window, also over midnight", () => {
    const window = { from: 22 * 60, to: 2 * 60, timeZone: "UTC" };
    const table = new Timetable({ when: cron("0 3 * * *"), window });
    const noon = at("2027-01-05T12:00Z");
    expect(shown(table.nextAt(noon, noon))).toBe("2027-01-06T22:00Z");
    // Today's was due at three, and the window opens only now.
    expect(shown(table.nextAt(noon, at("2027-01-04T22:00Z")))).toBe("2027-01-05T22:00Z");
    const open = (text: string) => table.isOpen(at(text));
    expect(open("2027-01-05T21:59:59.999Z")).toBe(false);
    expect(open("2027-01-05T22:00Z")).toBe(true);
    expect(open("2027-01-06T00:30Z")).toBe(true);
    expect(open("2027-01-06T01:59:59.999Z")).toBe(true);
    expect(open("2027-01-06T02:00Z")).toBe(false);
    expect(shown(table.closesAt(at("2027-01-05T23:00Z")))).toBe("2027-01-06T02:00Z");
  });

  it("is open all day without a window", () => {
    const table = new Timetable({ when: { kind: "every", ms: HOUR } });
    expect(table.isOpen(at("2027-01-05T12:00Z"))).toBe(true);
    expect(table.closesAt(0)).toBe(Infinity);
  });

  it("does not open a window on the day on which its time is left out", () => {
    const window = { from: 2 * 60 + 15, to: 2 * 60 + 45, timeZone: "Europe/Berlin" };
    const table = new Timetable({ when: { kind: "every", ms: HOUR }, window });
    const eve = at("2027-03-27T12:00Z");
    expect(shown(table.nextAt(eve, eve))).toBe("2027-03-29T00:15Z");
  });

  it("opens exactly at those minutes of the day that lie in the window", () => {
    const minute = fc.integer({ min: 0, max: 1_439 });
    // Kathmandu is 5 h 45 min ahead, all year round.
    fc.assert(
      fc.property(
        minute,
        minute,
        fc.integer({ min: 0, max: 40 * 24 * 60 }),
        fc.constantFrom(0, 1, 59_999),
        (from, to, minutes, ms) => {
          fc.pre(from !== to);
          const times: PassTimes = {
            when: { kind: "every", ms: HOUR },
            window: { from, to, timeZone: "Asia/Kathmandu" },
          };
          const now = at("2027-03-01T00:00Z") + minutes * MINUTE + ms;
          const table = new Timetable(times);
          const local = Math.floor((now / MINUTE + 345) % 1_440);
          const inside = from < to ? local >= from && local < to : local >= from || local < to;
          expect(table.isOpen(now)).toBe(inside);
          const opens = table.opensAt(now);
          expect(table.isOpen(opens)).toBe(true);
          expect(table.isOpen(opens - 1)).toBe(false);
          expect(table.isOpen(table.closesAt(now))).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });
});

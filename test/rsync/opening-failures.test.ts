import { describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../../src/model/clock.js";
import { OpeningFailures } from "../../src/rsync/opening-failures.js";
import { troubleOf, type TroubleKind } from "../../src/rsync/trouble.js";

function begin() {
  let now = 1000;
  const clock: Clock = { ...systemClock, now: () => now };
  const failures = new OpeningFailures(clock);
  const add = (kind: TroubleKind, alone = false) =>
    failures.add(troubleOf(kind, { kind: "local", path: "/r" }), { alone });
  return { failures, add, pass: (ms: number) => void (now += ms) };
}

describe("OpeningFailures", () => {
  it("believe a second try more than one failure", () => {
    const { failures, add, pass } = begin();
    expect(add("timeout")).toBe(false);
    expect(failures.pauseMs).toBeGreaterThan(0);
    pass(1000);
    expect(failures.pauseMs).toBeLessThanOrEqual(0);
    expect(add("timeout")).toBe(true);
    expect(failures.halted).toBe(true);
    failures.resume();
    expect(failures.halted).toBe(false);
    expect(add("timeout")).toBe(false);
    failures.forget();
    expect(add("timeout")).toBe(false);
  });

  it("halt at once where nothing else stands, or nobody but a person can help", () => {
    expect(begin().add("timeout", true)).toBe(true);
    expect(begin().add("auth")).toBe(true);
  });

  it("bear a full house while there are connections of our own, and for a moment without", () => {
    const { failures, add, pass } = begin();
    for (let times = 0; times < 5; times++) expect(add("too-many-connections")).toBe(false);
    expect(failures.pauseMs).toBeLessThanOrEqual(0);
    expect(add("too-many-connections", true)).toBe(false);
    expect(failures.pauseMs).toBeGreaterThan(0);
    pass(1999);
    expect(add("too-many-connections", true)).toBe(false);
    pass(1);
    expect(add("too-many-connections", true)).toBe(true);
  });
});

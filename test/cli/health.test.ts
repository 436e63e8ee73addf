import { describe, expect, it } from "vitest";
import { BEHIND_MS, ailmentsOf } from "../../src/cli/health.js";
import type { TargetStatus } from "../../src/replicate/status.js";
import {
  downTarget,
  failedPath,
  fakeHook,
  fakeSource,
  fakeTarget,
  held,
} from "../control/fake-operations.js";

const inState = (state: "connecting" | "catching-up"): TargetStatus => ({
  ...fakeTarget("t"),
  state,
});

describe("ailmentsOf()", () => {
  it("finds none where all is live, however busy it is", () => {
    const busy = fakeTarget("a", { owed: 10_000, inFlight: 4, lagMs: BEHIND_MS - 1, kept: 5 });
    const coverage = { watched: 10, unwatched: 90 };
    expect(ailmentsOf([fakeSource("s", [busy, fakeTarget("b")], { coverage })])).toEqual([]);
    expect(ailmentsOf([])).toEqual([]);
  });

  it.each([
    ["1 source is not watched", [fakeSource("s", [], { state: "starting" })]],
    [
      "2 sources are not watched",
      [fakeSource("s", [], { state: "failed" }), fakeSource("t", [], { state: "root-lost" })],
    ],
    [
      "1 source waits to delete",
      [
        fakeSource("s", [fakeTarget("t", { owed: 1 })], { reason: "it is suddenly empty" }),
        // Nothing is owed: what is empty may well be so.
        fakeSource("u", [fakeTarget("t")], { reason: "it is suddenly empty" }),
      ],
    ],
    ["1 source holds work", [fakeSource("s", [], { holds: [held("deletes", 1, 1, [])] })]],
    ["1 target is down", [fakeSource("s", [downTarget("t", "why"), fakeTarget("u")])]],
    [
      "2 targets are catching up",
      [fakeSource("s", [inState("connecting"), inState("catching-up")])],
    ],
    ["1 target is behind", [fakeSource("s", [fakeTarget("t", { lagMs: BEHIND_MS })])]],
    [
      "2 paths failed",
      [fakeSource("s", [fakeTarget("t", { failed: [failedPath("a", ""), failedPath("b", "")] })])],
    ],
    [
      "1 hook fails",
      [fakeSource("s", [], { hooks: [fakeHook("a"), fakeHook("b", { lastError: "refused" })] })],
    ],
    ["1 target differs", [fakeSource("s", [fakeTarget("t", { drift: 7 })])]],
  ])("says: %s", (text, sources) => {
    expect(ailmentsOf(sources)).toEqual([text]);
  });
});

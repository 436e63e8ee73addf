import { describe, expect, it } from "vitest";
import type { Contestant } from "../../bench/contestants/contestant.js";
import { loopScript, perEventScript } from "../../bench/contestants/scripts.js";
import { measureRate, rateStage } from "../../bench/rate.js";
import { setStage } from "../../bench/stage.js";

const installed = loopScript.version() !== undefined;
const plan = { perSecond: 20, seconds: 1, seed: 1 };

/** The loop script, but one file never gets across. */
const careless: Contestant = {
  ...loopScript,
  patienceMs: 4_000,
  prepare(stage, scratch) {
    const launch = loopScript.prepare(stage, scratch);
    return { ...launch, args: [...launch.args, "--exclude=file-000003"] };
  },
};

describe.skipIf(!installed)("measureRate", () => {
  it("measures a real contestant over a real rsync daemon", async () => {
    await using stage = await setStage({ road: "module" });
    rateStage(stage);
    const figures = await measureRate(loopScript, stage, plan);
    expect(figures.missed).toBe(0);
    expect(figures.p50).toBeGreaterThan(0);
    expect(figures.p99).toBeGreaterThanOrEqual(figures.p50!);
    expect(figures.drain).not.toBeNull();
    expect(figures.sessions).toBeGreaterThanOrEqual(2);
    expect(figures.cpu).toBeGreaterThan(0);
  });

  it("waits for a backlog: one rsync for every event, long after the last file arrived", async () => {
    await using stage = await setStage({ road: "module" });
    rateStage(stage);
    const figures = await measureRate(perEventScript, stage, plan);
    expect(figures.sessions).toBeGreaterThanOrEqual(20);
    expect(figures.busy).toBeGreaterThan(figures.drain!);
  });

  it("counts a file that never arrives as missed, and shows no drain time", async () => {
    await using stage = await setStage({ road: "module" });
    rateStage(stage);
    const figures = await measureRate(careless, stage, plan);
    expect(figures.missed).toBe(1);
    expect(figures.drain).toBeNull();
  });
});

/** Metrics of a daemon at work, by what really happens to its sources and targets. */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Config } from "../../src/config/config.js";
import { type Engine, plant, stage, startEngine, untilEqual } from "../support/engine.js";
import { Exposition } from "../support/exposition.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

let base: string;
let source: string;
let replica: string;
let state: string;

beforeEach(() => {
  base = makeTempDir("treecast-metrics-");
  ({ source, replica, state } = stage(base));
  plant(source);
});

async function metricsOf({ daemon }: Engine): Promise<Exposition> {
  return new Exposition(await daemon.metrics("0"));
}

function withTargets(
  { config }: Engine,
  change: (targets: Config["sources"][number]["targets"]) => Config["sources"][number]["targets"],
): Config {
  const sources = config.sources.map((each) => ({ ...each, targets: change(each.targets) }));
  return { ...config, sources };
}

describe("metrics", () => {
  it("begin anew with a target that is changed, all of them, and end with one that is taken out", async () => {
    const second = join(base, "second");
    const engine = await startEngine(source, [replica, second], { state });
    await Promise.all([untilEqual(source, replica), untilEqual(source, second)]);
    await engine.daemon.flush();
    const names = { source: "source", target: replica };
    const counts = async () => {
      const all = await metricsOf(engine);
      const of = (name: string) => all.value(`treecast_${name}`, names);
      return [of("delivered_paths_total"), of("delivery_delay_seconds_count")];
    };
    const [first] = await counts();
    expect(first).toBeGreaterThanOrEqual(5);
    expect(await counts()).toEqual([first, first]);
    expect((await metricsOf(engine)).words("target")).toEqual(new Set([replica, second]));

    await engine.daemon.reload(
      withTargets(engine, ([one]) => [{ ...one!, bandwidth: 10_000_000 }]),
    );
    expect((await metricsOf(engine)).words("target")).toEqual(new Set([replica]));
    writeFileSync(join(source, "one"), "another one");
    await untilEqual(source, replica);
    await engine.daemon.flush();
    const [again] = await counts();
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThan(first!);
    expect(await counts()).toEqual([again, again]);
  });

  it("count deletions, scans, passes, and a root that is lost and found", async () => {
    const engine = await startEngine(source, [replica], { state });
    await untilEqual(source, replica);
    rmSync(join(source, "two"));
    await untilEqual(source, replica);
    await engine.daemon.flush();
    renameSync(source, `${source}-away`);
    const of = async (name: string, labels = {}) =>
      (await metricsOf(engine)).value(name, { source: "source", ...labels });
    const inState = (word: string) => of("treecast_source_state", { state: word });
    await until(async () => (await inState("root-lost")) === 1, { what: "a lost root" });
    expect(await inState("watching")).toBe(0);
    renameSync(`${source}-away`, source);
    await until(async () => (await inState("watching")) === 1, { what: "the root" });
    await engine.daemon.flush();
    expect(await of("treecast_source_root_losses_total")).toBe(1);
    expect(await of("treecast_scans_total", { reason: "first" })).toBe(1);
    const target = { target: replica };
    expect(await of("treecast_deleted_paths_total", target)).toBe(1);
    expect(await of("treecast_passes_total", { ...target, scope: "whole" })).toBe(
      engine.of("pass").filter(({ path }) => path === "").length,
    );
    const gaps = engine.of("gap");
    for (const reason of ["root-returned", "overflow"] as const) {
      expect(await of("treecast_gaps_total", { reason })).toBe(
        gaps.filter(({ gap }) => gap.reason === reason).length,
      );
    }
    expect(await of("treecast_watched_directories")).toBe(3);
  });
});

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
    /** What the status counts and what facts count, when nothing happens any more. */
    const delivered = async () =>
      await until(
        async () => {
          const all = await metricsOf(engine);
          const paths = all.value("treecast_delivered_paths_total", names);
          const delays = all.value("treecast_delivery_delay_seconds_count", names);
          return paths === delays ? paths : undefined;
        },
        { what: "as many delays as paths" },
      );
    const first = await delivered();
    expect(first).toBeGreaterThanOrEqual(5);
    expect((await metricsOf(engine)).words("target")).toEqual(new Set([replica, second]));

    await engine.daemon.reload(
      withTargets(engine, ([one]) => [{ ...one!, bandwidth: 10_000_000 }]),
    );
    expect((await metricsOf(engine)).words("target")).toEqual(new Set([replica]));
    writeFileSync(join(source, "one"), "another one");
    await untilEqual(source, replica);
    await engine.daemon.flush();
    const again = await delivered();
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThan(first);
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
    expect(engine.of("source-state").some(({ state: word }) => word === "root-lost")).toBe(true);
    const target = { target: replica };
    const stated = () => [
      engine.of("source-state").filter(({ state: word }) => word === "root-lost").length,
      engine.of("scan").filter(({ reason }) => reason === "first").length,
      engine.of("gap").filter(({ gap }) => gap.reason === "root-returned").length,
      engine.of("pass").filter((pass) => pass.path === "").length,
      engine.of("batch").flatMap(({ entries }) => entries.filter(({ deleted }) => deleted)).length,
    ];
    const counted = async () => [
      await of("treecast_source_root_losses_total"),
      await of("treecast_scans_total", { reason: "first" }),
      await of("treecast_gaps_total", { reason: "root-returned" }),
      await of("treecast_passes_total", { ...target, scope: "whole" }),
      await of("treecast_deleted_paths_total", target),
    ];
    await until(async () => String(await counted()) === String(stated()), {
      what: () => `what was stated: ${String(stated())}`,
    });
    expect(stated().at(-1)).toBeGreaterThanOrEqual(1);
    await until(async () => (await of("treecast_watched_directories")) === 3, {
      what: "three watched directories",
    });
  });
});

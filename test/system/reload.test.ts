/** A configuration that is read again: what changed is taken in and out, and nothing owed is lost. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Config } from "../../src/config/config.js";
import type { TargetSettings } from "../../src/replicate/settings.js";
import { type Engine, stage, startEngine, untilEqual } from "../support/engine.js";
import { processesNaming } from "../support/processes.js";
import { startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

/** The same with other targets. */
function withTargets(
  { config }: Engine,
  change: (targets: readonly TargetSettings[]) => readonly TargetSettings[],
): Config {
  const sources = config.sources.map((one) => ({ ...one, targets: change(one.targets) }));
  return { ...config, sources };
}

/** What it holds is in the journal. */
async function untilWritten(engine: Engine): Promise<void> {
  const since = Date.now();
  await until(
    () => {
      const { state, writtenAt = 0 } = engine.daemon.status[0]!.index;
      return state !== "building" && writtenAt > since;
    },
    { what: "a checkpoint" },
  );
}

describe("a reload", () => {
  let base: string;
  let source: string, replica: string, state: string;

  beforeEach(() => {
    base = makeTempDir();
    ({ source, replica, state } = stage(base));
    mkdirSync(join(source, "a/b"), { recursive: true });
    for (const name of ["one", "two", "a/three", "a/b/four"]) {
      writeFileSync(join(source, name), name);
    }
  });

  /** Runs until all replicas are known, so that the next start compares with none. */
  async function untilKnown(targets: readonly string[], replicas: readonly string[]) {
    const engine = await startEngine(source, targets, { state });
    for (const each of replicas) await untilEqual(source, each);
    await until(() => engine.of("pass").length === targets.length, { what: "every pass" });
    await untilWritten(engine);
    await engine.stop();
  }

  it("meets a target anew that was taken out and put back", async () => {
    const second = join(base, "second");
    await untilKnown([replica, second], [replica, second]);
    const engine = await startEngine(source, [replica, second], { state });
    await until(() => engine.of("scan").length > 0, { what: "the scan" });
    await engine.daemon.reload(withTargets(engine, (targets) => targets.slice(0, 1)));
    rmSync(join(source, "one"));
    writeFileSync(join(source, "two"), "another two");
    await untilEqual(source, replica);
    await engine.daemon.flush();
    await engine.daemon.reload(engine.config);
    await untilEqual(source, second);
    expect(engine.of("pass").map(({ target }) => target)).toEqual([second]);
  });

  it("loses nothing of what is owed to a target that is changed", async () => {
    const rsyncd = await startRsyncd({ modules: { m: { path: replica } } });
    const target = `rsync://127.0.0.1:${rsyncd.port}/m`;
    await untilKnown([target], [replica]);
    await rsyncd.stop();
    const engine = await startEngine(source, [target], { state });
    rmSync(join(source, "one"));
    writeFileSync(join(source, "two"), "another two");
    await until(() => engine.target().owed >= 2, { what: "something owed" });
    await untilWritten(engine);
    await engine.daemon.reload(
      withTargets(engine, (targets) => targets.map((each) => ({ ...each, bandwidth: 1_000_000 }))),
    );
    await untilWritten(engine);
    await rsyncd.start();
    await untilEqual(source, replica);
  });

  it("leaves nothing running when all is closed meanwhile", async () => {
    const target = { bandwidth: 16_384 };
    const engine = await startEngine(source, [replica], { state, target });
    await untilEqual(source, replica);
    writeFileSync(join(source, "slow"), "x".repeat(4_000_000));
    // A run that is at work and will be for minutes.
    await until(() => readdirSync(replica).some((name) => name.startsWith(".slow.")));
    const reloading = engine.daemon.reload(
      withTargets(engine, (targets) => targets.map((each) => ({ ...each, bandwidth: 32_768 }))),
    );
    await engine.stop();
    expect(processesNaming(replica)).toEqual([]);
    await reloading;
    expect(engine.daemon.status).toEqual([]);
    expect(processesNaming(replica)).toEqual([]);
  });
});

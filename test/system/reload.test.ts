/** A configuration that is read again: what changed is taken in and out, and nothing owed is lost. */
import {
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Config } from "../../src/config/config.js";
import type { TargetSettings } from "../../src/replicate/settings.js";
import {
  type Engine,
  plant,
  stage,
  startEngine,
  untilEqual,
  untilWritten,
} from "../support/engine.js";
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

function withBandwidth(engine: Engine, bandwidth: number): Config {
  return withTargets(engine, (targets) => targets.map((each) => ({ ...each, bandwidth })));
}

describe("a reload", () => {
  let base: string;
  let source: string, replica: string, state: string;

  beforeEach(() => {
    base = makeTempDir();
    ({ source, replica, state } = stage(base));
    plant(source);
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

  it.each([
    ["in memory", 50_000],
    ["in the journal alone", 2],
  ])(
    "hands what is owed to a changed target on, and compares nothing: %s",
    async (_, debtsInMemory) => {
      const rsyncd = await startRsyncd({ modules: { m: { path: replica } } });
      const target = `rsync://127.0.0.1:${rsyncd.port}/m`;
      await untilKnown([target], [replica]);
      await rsyncd.stop();
      const engine = await startEngine(source, [target], { state, debtsInMemory });
      rmSync(join(source, "one"));
      // A comparison would not see that it is another.
      const { atime, mtime } = statSync(join(source, "two"));
      writeFileSync(join(source, "two"), "owt");
      utimesSync(join(source, "two"), atime, mtime);
      mkdirSync(join(source, "new"));
      for (let i = 0; i < 10; i++) writeFileSync(join(source, `new/${String(i)}`), "new");
      await until(() => engine.target().owed >= 12, { what: "something owed" });
      await untilWritten(engine);
      writeFileSync(join(source, "a/three"), "not in the journal yet");
      await until(() => engine.target().owed >= 13, { what: "one more" });
      await engine.daemon.reload(withBandwidth(engine, 1_000_000));
      writeFileSync(join(source, "a/b/four"), "changed after the reload");
      await engine.daemon.reload(withBandwidth(engine, 2_000_000));
      await rsyncd.start();
      await untilEqual(source, replica);
      await until(() => readFileSync(join(replica, "two"), "utf8") === "owt");
      await engine.daemon.flush();
      expect(engine.of("pass")).toEqual([]);
      expect(engine.target().owed).toBe(0);
    },
  );

  it("goes on with a comparison that a change of its target has broken off", async () => {
    const engine = await startEngine(source, [replica], { state });
    await engine.daemon.reload(withBandwidth(engine, 1_000_000));
    await engine.daemon.reload(withBandwidth(engine, 2_000_000));
    await untilEqual(source, replica);
    await engine.daemon.flush();
  });

  it("compares all of a target whose filter is another", async () => {
    await untilKnown([replica], [replica]);
    const engine = await startEngine(source, [replica], { state });
    const filtered = withTargets(engine, (targets) =>
      targets.map((each) => ({ ...each, rules: ["- /one"] })),
    );
    await engine.daemon.reload(filtered);
    await until(() => engine.of("pass").length > 0, { what: "a pass" });
  });

  it("answers those who wait for a target that is changed, when all has arrived", async () => {
    const rsyncd = await startRsyncd({ modules: { m: { path: replica } } });
    const target = `rsync://127.0.0.1:${rsyncd.port}/m`;
    await untilKnown([target], [replica]);
    await rsyncd.stop();
    const engine = await startEngine(source, [target], { state });
    writeFileSync(join(source, "two"), "another two");
    let isFlushed = false;
    const flushed = engine.daemon.flush().then(() => (isFlushed = true));
    await until(() => engine.target().owed > 0, { what: "something owed" });
    await engine.daemon.reload(withBandwidth(engine, 1_000_000));
    expect(isFlushed).toBe(false);
    await rsyncd.start();
    await flushed;
    expect(readFileSync(join(replica, "two"), "utf8")).toBe("another two");
  });

  it("leaves nothing running when all is closed meanwhile", async () => {
    const target = { bandwidth: 16_384 };
    const engine = await startEngine(source, [replica], { state, target });
    await untilEqual(source, replica);
    writeFileSync(join(source, "slow"), "x".repeat(4_000_000));
    // A run that is at work and will be for minutes.
    await until(() => readdirSync(replica).some((name) => name.startsWith(".slow.")));
    const reloading = engine.daemon.reload(withBandwidth(engine, 32_768));
    await engine.stop();
    expect(processesNaming(replica)).toEqual([]);
    await reloading;
    expect(engine.daemon.status).toEqual([]);
    expect(processesNaming(replica)).toEqual([]);
  });
});

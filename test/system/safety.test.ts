/** No accidents: what must never be deleted is not, whatever happens to the source or was on the replica. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DaemonOperations } from "../../src/daemon/operations.js";
import { systemClock } from "../../src/model/clock.js";
import { type Engine, stage, startEngine, untilEqual } from "../support/engine.js";
import { startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

const put = (directory: string, name: string, text = name) => {
  mkdirSync(join(directory, name, ".."), { recursive: true });
  writeFileSync(join(directory, name), text);
};

/** Resolves when a change made after everything else has arrived: so all before it was dealt with. */
async function settled(engine: Engine, source: string, replica: string): Promise<void> {
  const name = `marker-${Math.random()}`;
  put(source, name);
  await until(() => existsSync(join(replica, name)));
  await engine.daemon.flush();
}

describe("first contact", () => {
  it("deletes nothing on a replica that holds more, says what it kept, and mirrors from then on", async () => {
    const { source, replica, state } = stage(makeTempDir());
    put(source, "a");
    put(source, "d/ours");
    put(replica, "theirs");
    put(replica, "d/theirs");
    put(replica, "a", "older");
    const first = await startEngine(source, [replica], { state });
    await settled(first, source, replica);
    expect(readFileSync(join(replica, "a"), "utf8")).toBe("a");
    expect(first.of("pass")).toMatchObject([{ kept: 2, keptSample: ["theirs", "d/theirs"] }]);
    expect(first.target().kept).toBe(2);
    rmSync(join(source, "d/ours"));
    await until(() => !existsSync(join(replica, "d/ours")));
    await first.stop();

    put(replica, "new stranger");
    rmSync(join(source, "a"));
    const second = await startEngine(source, [replica], { state });
    await until(() => !existsSync(join(replica, "a")));
    // A start compares with the index. The stranger is found when somebody asks.
    second.daemon.running[0]!.replicator!.compare("" as never, "asked");
    await until(() => !existsSync(join(replica, "new stranger")));
    await settled(second, source, replica);
    expect(readFileSync(join(replica, "theirs"), "utf8")).toBe("theirs");
    expect(readFileSync(join(replica, "d/theirs"), "utf8")).toBe("d/theirs");
    rmSync(join(source, "d"), { recursive: true });
    await settled(second, source, replica);
    expect(existsSync(join(replica, "d/theirs"))).toBe(true);
    await second.stop();

    await startEngine(source, [replica], { state, adopt: "replace" });
    await untilEqual(source, replica);
  });

  it("replaces what it finds when it is told to", async () => {
    const { source, replica, state } = stage(makeTempDir());
    put(source, "a");
    put(replica, "theirs/deep/file");
    await startEngine(source, [replica], { state, adopt: "replace" });
    await untilEqual(source, replica);
  });
});

describe("delete policies", () => {
  it("never: nothing is deleted, neither live nor by a pass", async () => {
    const { source, replica, state } = stage(makeTempDir());
    put(source, "a");
    put(source, "d/b");
    const engine = await startEngine(source, [replica], { state, deletes: "never" });
    await settled(engine, source, replica);
    rmSync(join(source, "a"));
    rmSync(join(source, "d"), { recursive: true });
    await settled(engine, source, replica);
    expect(existsSync(join(replica, "a")) && existsSync(join(replica, "d/b"))).toBe(true);
    await engine.stop();
    const again = await startEngine(source, [replica], { state, deletes: "never" });
    await settled(again, source, replica);
    expect(existsSync(join(replica, "a"))).toBe(true);
  });

  it("startup-only: a pass deletes, a live deletion waits for the next one", async () => {
    const { source, replica, state } = stage(makeTempDir());
    put(source, "a");
    put(source, "b");
    const options = { state, deletes: "startup-only" };
    const first = await startEngine(source, [replica], options);
    await settled(first, source, replica);
    rmSync(join(source, "a"));
    await settled(first, source, replica);
    expect(existsSync(join(replica, "a"))).toBe(true);
    await first.stop();
    await startEngine(source, [replica], options);
    await untilEqual(source, replica);
    expect(existsSync(join(replica, "a"))).toBe(false);
  });

  it("live-only: a live deletion is carried out, a pass deletes nothing", async () => {
    const { source, replica, state } = stage(makeTempDir());
    put(source, "a");
    put(source, "b");
    const options = { state, deletes: "live-only" };
    const first = await startEngine(source, [replica], options);
    await settled(first, source, replica);
    rmSync(join(source, "a"));
    await until(() => !existsSync(join(replica, "a")));
    await first.stop();
    rmSync(join(source, "b"));
    const second = await startEngine(source, [replica], options);
    await settled(second, source, replica);
    expect(existsSync(join(replica, "b"))).toBe(true);
  });

  it("spares what the filter excludes when a directory around it is deleted", async () => {
    const { source, replica, state } = stage(makeTempDir());
    put(source, "d/ours");
    const engine = await startEngine(source, [replica], { state, filter: ["- *.log"] });
    await settled(engine, source, replica);
    put(replica, "d/replica.log");
    rmSync(join(source, "d"), { recursive: true });
    await until(() => !existsSync(join(replica, "d/ours")));
    await settled(engine, source, replica);
    expect(readdirSync(join(replica, "d"))).toEqual(["replica.log"]);
  });
});

describe("the source root", () => {
  async function full(): Promise<{ source: string; replica: string; engine: Engine }> {
    const { source, replica, state } = stage(makeTempDir());
    for (let i = 0; i < 20; i++) put(source, `d${i}/file`);
    const engine = await startEngine(source, [replica], { state });
    await untilEqual(source, replica);
    return { source, replica, engine };
  }
  const count = (directory: string) =>
    readdirSync(directory).filter((name) => /^d\d+$/.test(name)).length;
  const phase = (engine: Engine) => engine.daemon.status[0]!.state;

  it("deletes nothing when the root is moved away, and goes on when it is back", async () => {
    const { source, replica, engine } = await full();
    renameSync(source, `${source}-away`);
    await until(() => phase(engine) === "root-lost");
    expect(count(replica)).toBe(20);
    renameSync(`${source}-away`, source);
    await until(() => phase(engine) === "watching");
    put(source, "after/return");
    rmSync(join(source, "d0"), { recursive: true });
    await untilEqual(source, replica);
  });

  it("goes on where it was away for less than a moment, and only a lane has noticed", async () => {
    const { source, replica, engine } = await full();
    const { lanes } = engine.daemon.running[0]!.replicator!;
    for (let i = 0; i < 20; i++) {
      renameSync(source, `${source}-away`);
      // It looks at the root before it does anything.
      lanes[0]!.retry();
      const seen = phase(engine);
      renameSync(`${source}-away`, source);
      expect(seen).toBe("root-lost");
      await until(() => phase(engine) === "watching", { what: `the root, round ${i}` });
    }
    put(source, "after/return");
    await untilEqual(source, replica);
    expect(count(replica)).toBe(20);
  });

  it("meets a target that was just being met when it went away", async () => {
    const { source, replica, state } = stage(makeTempDir());
    put(source, "a");
    const rsyncd = await startRsyncd({ modules: { m: { path: replica } } });
    process.kill(rsyncd.pid, "SIGSTOP");
    const target = `rsync://127.0.0.1:${rsyncd.port}/m`;
    const engine = await startEngine(source, [target], { state });
    renameSync(source, `${source}-away`);
    await until(() => phase(engine) === "root-lost", { what: "the loss" });
    renameSync(`${source}-away`, source);
    await until(() => phase(engine) === "watching", { what: "the return" });
    process.kill(rsyncd.pid, "SIGCONT");
    await untilEqual(source, replica);
  });

  it("deletes nothing when the root is deleted with all that was in it", async () => {
    const { source, replica, engine } = await full();
    rmSync(source, { recursive: true });
    await until(() => phase(engine) === "root-lost");
    mkdirSync(source);
    await until(() => phase(engine) === "watching");
    put(source, "new");
    await until(() => existsSync(join(replica, "new")));
    await engine.daemon.flush();
    expect(count(replica)).toBeGreaterThan(15);
  });

  it("holds deletions while the root is suddenly empty, and lets them go afterwards", async () => {
    const { source, replica, engine } = await full();
    execFileSync("find", [source, "-mindepth", "1", "-delete"]);
    await engine.daemon.flush();
    const left = count(replica);
    expect(left).toBeGreaterThan(0);
    const operations = new DaemonOperations(engine.daemon, "0", systemClock);
    const { reason, targets } = operations.status().sources[0]!;
    expect(reason).toMatch(/suddenly empty; deletions wait/);
    const { owed } = targets[0]!;
    expect(owed).toBeGreaterThan(0);
    expect(await operations.flush({}, 5_000)).toMatchObject([{ state: "behind", reason, owed }]);
    put(source, "something");
    await untilEqual(source, replica);
    expect(operations.status().sources[0]?.reason).toBeUndefined();
    expect(await operations.flush({}, 5_000)).toMatchObject([{ state: "arrived", owed: 0 }]);
  });

  it("deletes nothing when it starts on an empty source that was full before", async () => {
    const { source, replica, state } = stage(makeTempDir());
    put(source, "a");
    const first = await startEngine(source, [replica], { state });
    await untilEqual(source, replica);
    await first.stop();
    rmSync(join(source, "a"));
    const second = await startEngine(source, [replica], { state });
    await until(() => second.of("scan").length > 0);
    await second.daemon.flush();
    expect(existsSync(join(replica, "a"))).toBe(true);
  });
});

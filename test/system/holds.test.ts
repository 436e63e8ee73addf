/** Mass deletion and mass rewrite are held until a person decides, or the source recovers. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { type Engine, stage, startEngine, untilEqual } from "../support/engine.js";
import { startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

const FILES = 200;
const guard = {
  deletes: { entries: 50, share: 0.5 },
  rewrites: { entries: 50, share: 0.5 },
};

let source: string, replica: string, state: string;

beforeEach(() => {
  ({ source, replica, state } = stage(makeTempDir()));
  mkdirSync(join(source, "d"));
  for (let i = 0; i < FILES; i++) writeFileSync(join(source, `d/f${i}`), `text ${i}`);
  writeFileSync(join(source, "other"), "other");
});

/** Runs, is equal, and has an index. */
async function start(more = {}): Promise<Engine> {
  const engine = await startEngine(source, [replica], { state, settings: { guard, ...more } });
  await untilEqual(source, replica);
  await until(() => engine.daemon.status[0]?.index.state === "current", { what: "the index" });
  await engine.daemon.flush();
  return engine;
}

const replicator = (engine: Engine) => engine.daemon.running[0]!.replicator!;
const holds = (engine: Engine) => engine.daemon.status[0]!.holds;
const filesThere = () => readdirSync(join(replica, "d")).length;

async function untilHeld(engine: Engine, kind: "deletes" | "rewrites"): Promise<void> {
  await until(() => holds(engine).some((hold) => hold.kind === kind), { what: `held ${kind}` });
}

describe("a deletion that is weighed", () => {
  it("is waited for by a flush", async () => {
    const engine = await start();
    for (let i = 0; i < 20; i++) {
      rmSync(join(source, `d/f${i}`));
      await engine.daemon.flush();
      expect(existsSync(join(replica, `d/f${i}`)), `round ${i}`).toBe(false);
    }
  });
});

describe("a mass deletion", () => {
  it("is held, while contents go on, and goes when it is approved", async () => {
    const engine = await start();
    rmSync(join(source, "d"), { recursive: true });
    await untilHeld(engine, "deletes");
    expect(engine.of("held")).toMatchObject([{ hold: { kind: "deletes" } }]);
    expect(holds(engine)[0]!.entries).toBeGreaterThan(guard.deletes.entries);
    writeFileSync(join(source, "other"), "changed meanwhile");
    await until(() => readFileSync(join(replica, "other"), "utf8") === "changed meanwhile");
    expect(filesThere()).toBe(FILES);

    expect(replicator(engine).approve()).toMatchObject([{ kind: "deletes" }]);
    await untilEqual(source, replica);
    expect(holds(engine)).toEqual([]);
    expect(engine.of("hold-ended")).toMatchObject([{ hold: "deletes", how: "approved" }]);
  });

  it("is held where a directory is moved out of the tree as a whole", async () => {
    const engine = await start();
    renameSync(join(source, "d"), join(source, "..", "elsewhere"));
    await untilHeld(engine, "deletes");
    expect(filesThere()).toBe(FILES);
  });

  it("is held where a list of times is under way when the directory is moved out", async () => {
    const directories = Array.from({ length: 400 }, (_, i) => join(source, `d/${i}`));
    for (const directory of directories) mkdirSync(directory);
    const engine = await start();
    for (const directory of directories) utimesSync(directory, 1, 1);
    while (engine.target().inFlight === 0) await setImmediate();
    renameSync(join(source, "d"), join(source, "..", "elsewhere"));
    await untilHeld(engine, "deletes");
    await engine.daemon.flush();
    expect(filesThere()).toBe(FILES + directories.length);
  });

  it("is not seen in a rename within the tree", async () => {
    const engine = await start();
    renameSync(join(source, "d"), join(source, "e"));
    await untilEqual(source, replica);
    expect(engine.of("held")).toEqual([]);
  });

  it("stays on the replica when it is rejected, also over later passes", async () => {
    let engine = await start();
    rmSync(join(source, "d"), { recursive: true });
    await untilHeld(engine, "deletes");
    replicator(engine).reject();
    await until(() => holds(engine).length === 0, { what: "the end of the hold" });
    await engine.daemon.flush();
    replicator(engine).compare("" as never, "asked");
    await engine.daemon.flush();
    expect(filesThere()).toBe(FILES);
    await engine.stop();
    engine = await startEngine(source, [replica], { state, settings: { guard } });
    writeFileSync(join(source, "other"), "again");
    await until(() => readFileSync(join(replica, "other"), "utf8") === "again");
    await engine.daemon.flush();
    expect(filesThere()).toBe(FILES);
  });

  it("is still held after a restart, and can be approved then", async () => {
    let engine = await start();
    rmSync(join(source, "d"), { recursive: true });
    await untilHeld(engine, "deletes");
    await engine.stop();
    engine = await startEngine(source, [replica], { state, settings: { guard } });
    await untilHeld(engine, "deletes");
    writeFileSync(join(source, "marker"), "");
    await until(() => existsSync(join(replica, "marker")));
    expect(filesThere()).toBe(FILES);
    replicator(engine).approve();
    await untilEqual(source, replica);
  });

  it("is held when it happened while nothing ran", async () => {
    const before = await start();
    writeFileSync(join(source, "marker"), "");
    await before.daemon.flush();
    await before.stop();
    rmSync(join(source, "d"), { recursive: true });
    const engine = await startEngine(source, [replica], { state, settings: { guard } });
    await untilHeld(engine, "deletes");
    expect(filesThere()).toBe(FILES);
  });

  it("is held when all that was owed of it from before was a time", async () => {
    const rsyncd = await startRsyncd({ modules: { m: { path: replica } } });
    const target = `rsync://127.0.0.1:${rsyncd.port}/m`;
    const run = () => startEngine(source, [target], { state, settings: { guard } });
    const before = await run();
    await untilEqual(source, replica);
    await until(() => before.daemon.status[0]?.index.state === "current", { what: "the index" });
    await before.daemon.flush();
    await rsyncd.stop();
    utimesSync(join(source, "d"), 1, 1);
    await until(() => before.target().owed > 0, { what: "something owed" });
    await before.stop();
    rmSync(join(source, "d"), { recursive: true });
    await rsyncd.start();
    const engine = await run();
    await untilHeld(engine, "deletes");
    expect(filesThere()).toBe(FILES);
  });

  it("is not seen in half the deletions it would take, however often they are told", async () => {
    const engine = await start();
    for (let i = 0; i < FILES; i++) writeFileSync(join(source, `kept${i}`), "");
    await untilEqual(source, replica);
    await engine.daemon.flush();
    await until(() => engine.daemon.status[0]!.index.entries === 2 * FILES + 2);
    // Name by name, then the directory as a whole: 201 of 402 entries.
    for (const name of readdirSync(join(source, "d"))) rmSync(join(source, "d", name));
    await until(() => filesThere() === 0);
    rmdirSync(join(source, "d"));
    await untilEqual(source, replica);
    expect(engine.of("held")).toEqual([]);
  });

  it("ends by itself when the source recovers", async () => {
    const engine = await start();
    renameSync(join(source, "d"), join(source, "..", "elsewhere"));
    await untilHeld(engine, "deletes");
    renameSync(join(source, "..", "elsewhere"), join(source, "d"));
    await until(() => holds(engine).length === 0, { limitMs: 30_000, what: "the end of the hold" });
    expect(engine.of("hold-ended")).toMatchObject([{ how: "recovered" }]);
    await untilEqual(source, replica);
  });

  it("is carried out at once where the guard is off", async () => {
    const engine = await start({ guard: { deletes: undefined, rewrites: undefined } });
    rmSync(join(source, "d"), { recursive: true });
    await untilEqual(source, replica);
    expect(engine.of("held")).toEqual([]);
  });
});

describe("a mass rewrite", () => {
  const rewrite = () => {
    for (let i = 0; i < FILES; i++) writeFileSync(join(source, `d/f${i}`), `encrypted ${i}`);
  };

  it("stops everything until it is approved", async () => {
    const engine = await start();
    rewrite();
    await untilHeld(engine, "rewrites");
    writeFileSync(join(source, "other"), "not sent");
    await until(() => engine.target().owed > 0, { what: "something owed" });
    expect(readFileSync(join(replica, "other"), "utf8")).toBe("other");
    replicator(engine).approve();
    await untilEqual(source, replica);
  });

  it("does not stop the first copy of many new files", async () => {
    const engine = await start();
    mkdirSync(join(source, "new"));
    for (let i = 0; i < FILES; i++) writeFileSync(join(source, `new/f${i}`), `text ${i}`);
    await untilEqual(source, replica);
    await engine.daemon.flush();
    expect(engine.of("held")).toEqual([]);
  });
});

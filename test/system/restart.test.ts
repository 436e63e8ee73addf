/** What a start costs: nothing is rescanned that need not be, and nothing is forgotten. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type Rsyncd, startRsyncd } from "../support/rsyncd.js";
import {
  type Engine,
  plant,
  stage,
  startEngine,
  untilEqual,
  untilWritten,
} from "../support/engine.js";
import { LeapingClock } from "../support/leaping-clock.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

/** Everything an engine delivered, by name; the root itself is named whenever anything in it changes. */
function delivered(engine: Engine): string[] {
  return engine
    .of("batch")
    .flatMap(({ entries }) => entries.map(({ path }) => path as string))
    .filter((path) => path !== "")
    .sort();
}

/** A pass over everything has come to its end, and the index holds the tree. */
async function untilCompared(engine: Engine): Promise<void> {
  await until(
    () =>
      engine.of("pass").some(({ path }) => path === "") &&
      engine.daemon.status[0]?.index.state !== "building",
    { what: "a pass and an index" },
  );
}

describe("a restart", () => {
  let base: string;
  let source: string, replica: string, state: string;

  beforeEach(() => {
    base = makeTempDir();
    ({ source, replica, state } = stage(base));
    plant(source);
  });

  const start = (more = {}) => startEngine(source, [replica], { state, ...more });

  async function firstRun(more = {}): Promise<void> {
    const engine = await start(more);
    await untilEqual(source, replica);
    await untilCompared(engine);
    await engine.daemon.flush();
    await engine.stop();
  }

  function emptyReplica(): void {
    for (const name of readdirSync(replica)) rmSync(join(replica, name), { recursive: true });
  }

  it("sends what was owed in a time that has not come yet: the clock was set back", async () => {
    const rsyncd = await startRsyncd({ modules: { m: { path: replica } } });
    const target = `rsync://127.0.0.1:${rsyncd.port}/m`;
    let engine = await startEngine(source, [target], { state });
    await untilEqual(source, replica);
    await untilCompared(engine);
    await engine.daemon.flush();
    await engine.stop();
    await rsyncd.stop();
    rmSync(join(source, "one"));
    const clock = new LeapingClock();
    clock.leap(86_400_000);
    engine = await startEngine(source, [target], { state, clock });
    await until(() => engine.target().owed > 0, { what: "something owed" });
    await engine.stop();
    await rsyncd.start();
    await startEngine(source, [target], { state });
    await untilEqual(source, replica);
  });

  it("compares with no replica, and sends exactly what changed meanwhile", async () => {
    await firstRun();
    appendFileSync(join(source, "a/three"), " more");
    chmodSync(join(source, "two"), 0o600);
    rmSync(join(source, "one"));
    mkdirSync(join(source, "new/deep"), { recursive: true });
    writeFileSync(join(source, "new/deep/file"), "new");
    renameSync(join(source, "a/b"), join(source, "c"));
    const engine = await start();
    await untilEqual(source, replica);
    await engine.daemon.flush();

    expect(engine.of("pass")).toEqual([]);
    expect(engine.of("scan")).toMatchObject([{ reason: "start" }]);
    const sent = new Set(delivered(engine));
    for (const path of ["a/three", "two", "one", "new/deep/file", "a/b", "c/four"]) {
      expect(sent).toContain(path);
    }
    expect(sent).not.toContain("same");
  });

  it("sends nothing when nothing changed", async () => {
    await firstRun();
    const engine = await start();
    await until(() => engine.of("scan").length > 0, { what: "the scan" });
    await engine.daemon.flush();
    expect(engine.of("scan")).toMatchObject([{ reason: "start", differences: 0 }]);
    expect(engine.of("pass")).toEqual([]);
    expect(delivered(engine)).toEqual([]);
  });

  it("finds a rewrite of the same size whose time was put back", async () => {
    await firstRun();
    const before = new Date("2020-01-01T00:00:00Z");
    writeFileSync(join(source, "two"), "ow2");
    utimesSync(join(source, "two"), before, before);
    const engine = await start();
    await untilEqual(source, replica);
    await engine.daemon.flush();
    await engine.stop();
    writeFileSync(join(source, "two"), "xyz");
    utimesSync(join(source, "two"), before, before);
    await start();
    await until(() => readFileSync(join(replica, "two"), "utf8") === "xyz", { what: "xyz" });
  });

  it("deletes what came before a crash and went after it, though no index ever held it", async () => {
    await firstRun();
    // As after a crash: the replica has got it, and the index has not.
    writeFileSync(join(replica, "a/b/came-and-went"), "");
    mkdirSync(join(replica, "a/b/directory/deep"), { recursive: true });
    writeFileSync(join(source, "a/b/x"), "");
    rmSync(join(source, "a/b/x"));
    const engine = await start();
    await untilEqual(source, replica);
    expect(engine.of("pass")).toEqual([]);
  });

  it("compares everything with a replica that was emptied meanwhile, and says so", async () => {
    await firstRun();
    emptyReplica();
    const engine = await start();
    await untilEqual(source, replica);
    expect(engine.of("note").map(({ text }) => text)).toContainEqual(
      expect.stringContaining("does not hold our token any more"),
    );
    await untilCompared(engine);
    expect(engine.of("pass")).toMatchObject([{ path: "" }]);
  });

  it("notices that a replica was emptied that is known by its address alone", async () => {
    const target = { identity: "address" as const };
    await firstRun({ target });
    expect(readdirSync(replica).sort()).toEqual(["a", "one", "same", "two"]);
    emptyReplica();
    const engine = await start({ target });
    await untilEqual(source, replica);
    expect(engine.of("note").map(({ text }) => text)).toContainEqual(
      expect.stringContaining("holds nothing any more"),
    );
  });

  describe("of a replica on which no token could be left", () => {
    let rsyncd: Rsyncd;

    const startAt = () => startEngine(source, [`rsync://127.0.0.1:${rsyncd.port}/m`], { state });

    /** As on a full disk: rsync says 23, and all else went well. Afterwards a token can be left. */
    beforeEach(async () => {
      const parameters = { path: replica, exclude: "/.treecast-replica" };
      rsyncd = await startRsyncd({ modules: { m: parameters } });
      const engine = await startAt();
      await untilEqual(source, replica);
      await untilCompared(engine);
      await engine.daemon.flush();
      await engine.stop();
      expect(existsSync(join(replica, ".treecast-replica"))).toBe(false);
      await rsyncd.stop();
      await rsyncd.start({ m: { path: replica } });
    });

    it("leaves it as soon as that can be, and compares nothing for that", async () => {
      const engine = await startAt();
      await until(() => existsSync(join(replica, ".treecast-replica")), { what: "a token" });
      await engine.daemon.flush();
      expect(engine.of("pass")).toEqual([]);
    });

    it("notices that it was emptied meanwhile", async () => {
      emptyReplica();
      const engine = await startAt();
      await untilEqual(source, replica);
      expect(engine.of("note").map(({ text }) => text)).toContainEqual(
        expect.stringContaining("holds nothing any more"),
      );
      await until(() => existsSync(join(replica, ".treecast-replica")), { what: "a token" });
    });
  });

  it("compares everything where the last run met a stranger and was killed before it wrote so", async () => {
    const target = { identity: "address" as const };
    await firstRun({ target });
    const directory = join(state, "sources", readdirSync(join(state, "sources"))[0]!);
    const file = join(directory, "state.json");
    const memory = JSON.parse(readFileSync(file, "utf8")) as { targets: Record<string, object> };
    // Met, known as another, and something of ours is on it already; the journal knows nothing of it.
    memory.targets = { [replica]: { kept: [], keptMore: false, unjudged: true } };
    writeFileSync(file, JSON.stringify(memory));
    emptyReplica();
    writeFileSync(join(replica, "one"), "one");
    await start({ target });
    await untilEqual(source, replica);
  });

  it("compares everything with a target that is new, and with it alone", async () => {
    await firstRun();
    const second = join(base, "second");
    const engine = await startEngine(source, [replica, second], { state });
    await untilEqual(source, second);
    await untilCompared(engine);
    expect(engine.of("pass").map(({ target }) => target)).toEqual([second]);
  });

  it("meets a target anew that was taken out for a while", async () => {
    await firstRun();
    const second = join(base, "second");
    let engine = await startEngine(source, [second], { state });
    await untilEqual(source, second);
    await untilCompared(engine);
    rmSync(join(source, "one"));
    await engine.daemon.flush();
    await engine.stop();
    engine = await startEngine(source, [replica], { state });
    await untilEqual(source, replica);
    await untilCompared(engine);
    expect(engine.of("pass")).toMatchObject([{ path: "" }]);
  });

  it("compares with every replica where no index is kept", async () => {
    await firstRun({ settings: { index: false } });
    const engine = await start({ settings: { index: false } });
    await until(() => engine.of("pass").length > 0, { what: "a pass" });
    expect(engine.daemon.status[0]?.index.state).toBe("off");
  });

  it("sets a damaged journal aside, says so, and compares everything", async () => {
    await firstRun();
    const directory = join(state, "sources", readdirSync(join(state, "sources"))[0]!);
    const [database] = readdirSync(directory).filter((name) => /\.(db|sqlite)$/.test(name));
    expect(database).toBeDefined();
    writeFileSync(join(directory, database!), "this is no database, and never was ".repeat(100));
    appendFileSync(join(source, "a/three"), " more");
    const engine = await start();
    await untilEqual(source, replica);
    expect(engine.of("note").map(({ text }) => text)).toContainEqual(
      expect.stringContaining("Cannot use the journal"),
    );
    await untilCompared(engine);
    expect(engine.of("pass")).toMatchObject([{ path: "" }]);
  });
});

describe("a target that is away", () => {
  let rsyncd: Rsyncd;
  let base: string;
  let source: string, state: string;
  let away: string, live: string;

  beforeEach(async () => {
    base = makeTempDir();
    ({ source, state } = stage(base));
    [away, live] = [join(base, "away"), join(base, "live")];
    rsyncd = await startRsyncd({ modules: { away: { path: away } } });
    writeFileSync(join(source, "first"), "first");
  });

  const start = () =>
    startEngine(source, [`rsync://127.0.0.1:${rsyncd.port}/away`, live], {
      state,
      debtsInMemory: 500,
    });

  it("gets exactly what it is owed, though nothing else lacks it, after restarts in between", async () => {
    let engine = await start();
    await untilEqual(source, away);
    await untilEqual(source, live);
    await until(() => engine.of("pass").length === 2, { what: "both passes" });
    await engine.daemon.flush();
    await rsyncd.stop();
    mkdirSync(join(source, "d"));
    for (let i = 0; i < 50; i++) writeFileSync(join(source, `d/file-${i}`), `text ${i}`);
    rmSync(join(source, "first"));
    await untilEqual(source, live);
    await untilWritten(engine);
    await engine.stop();

    // Nobody but the journal knows by now what the one lacks: the index is up to date.
    engine = await start();
    await until(() => engine.of("scan").length > 0, { what: "the scan" });
    expect(engine.of("scan")).toMatchObject([{ differences: 0 }]);
    await until(() => engine.target(0).state === "down", { what: "a target that is down" });
    expect(engine.target(0).owed).toBeGreaterThanOrEqual(51);
    await engine.stop();

    await rsyncd.start();
    engine = await start();
    await untilEqual(source, away);
    await engine.daemon.flush();
    expect(engine.of("pass")).toEqual([]);
    expect(engine.of("batch").every(({ target }) => target !== live)).toBe(true);
    await engine.stop();

    engine = await start();
    await engine.daemon.flush();
    expect(delivered(engine)).toEqual([]);
  });

  it("keeps more than fits into memory in the journal, and catches up", async () => {
    let engine = await start();
    await untilEqual(source, away);
    await until(() => engine.of("pass").length === 2, { what: "both passes" });
    await engine.daemon.flush();
    await untilWritten(engine);
    await rsyncd.stop();
    for (let d = 0; d < 6; d++) {
      mkdirSync(join(source, `d${d}`));
      for (let i = 0; i < 1_000; i++) writeFileSync(join(source, `d${d}/f${i}`), "");
    }
    await untilEqual(source, live);
    await until(() => engine.target(0).owed >= 6_000, { what: "the debts" });
    await untilWritten(engine);
    writeFileSync(join(source, "d0/f0"), "changed while it was stored");
    rmSync(join(source, "d1"), { recursive: true });
    await untilEqual(source, live);
    await engine.stop();
    engine = await start();
    await rsyncd.start();
    await untilEqual(source, away);
    await engine.daemon.flush();
    expect(engine.of("pass")).toEqual([]);
    expect(engine.target(0).owed).toBe(0);
  });
});

/** A flush is a barrier: when it resolves, everything that happened before the call is there. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { DaemonOperations } from "../../src/daemon/operations.js";
import { systemClock } from "../../src/model/clock.js";
import { differences } from "../support/census.js";
import { type Engine, stage, startEngine, untilEqual } from "../support/engine.js";
import { untilKnown } from "../support/known.js";
import { type Rsyncd, startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

let source: string, replica: string, state: string;

beforeEach(() => {
  ({ source, replica, state } = stage(makeTempDir()));
});

describe("a flush", () => {
  it("resolves when all is there, whatever it was, right from the start", async () => {
    for (let i = 0; i < 300; i++) writeFileSync(join(source, `f${i}`), `text ${i}`);
    const engine = await startEngine(source, [replica], { state });
    await engine.daemon.flush();
    expect(differences(source, replica)).toEqual([]);

    for (let round = 0; round < 5; round++) {
      const directory = join(source, `d${round}`);
      mkdirSync(directory);
      for (let i = 0; i < 100; i++) writeFileSync(join(directory, `f${i}`), `${round} ${i}`);
      if (round > 0) renameSync(join(source, `d${round - 1}`), join(source, `e${round}`));
      for (let i = 0; i < 20; i++) rmSync(join(source, `f${round * 20 + i}`));
      await engine.daemon.flush();
      expect(differences(source, replica)).toEqual([]);
    }
  });

  it("waits for what a comparison finds that was under way, or had not begun", async () => {
    for (let i = 0; i < 20; i++) writeFileSync(join(source, `f${i}`), randomBytes(40_000));
    // Without an index there is no scan to wait for: the call comes before the comparison.
    const settings = { index: false };
    const target = { bandwidth: 400_000 };
    const engine = await startEngine(source, [replica], { state, settings, target });
    await engine.daemon.flush();
    expect(differences(source, replica)).toEqual([]);
  });

  it("waits for no close: what was written to files that stay open is there", async () => {
    const engine = await startEngine(source, [replica], { state });
    await engine.daemon.flush();
    const file = openSync(join(source, "log"), "w");
    for (let line = 0; line < 3; line++) {
      writeSync(file, `line ${line}\n`);
      await engine.daemon.flush();
      expect(readFileSync(join(replica, "log"), "utf8")).toBe(
        readFileSync(join(source, "log"), "utf8"),
      );
    }
    closeSync(file);
    await untilEqual(source, replica);
  });

  describe("of a target that is away", () => {
    let rsyncd: Rsyncd;
    let engine: Engine;
    const local = () => join(source, "../local");

    beforeEach(async () => {
      rsyncd = await startRsyncd({ modules: { m: { path: replica } } });
      writeFileSync(join(source, "first"), "");
      engine = await startEngine(source, [`rsync://127.0.0.1:${rsyncd.port}/m`, local()], {
        state,
      });
      await untilEqual(source, replica);
      await untilKnown(engine);
      await rsyncd.stop();
      writeFileSync(join(source, "while it was away"), "content");
      await until(() => engine.target(0).state === "down", { what: "a target that is down" });
    });

    it("resolves when it is back and has everything", async () => {
      let isOver = false;
      const flushed = engine.daemon.flush().then(() => (isOver = true));
      await untilEqual(source, local());
      expect(isOver).toBe(false);
      await rsyncd.start();
      await flushed;
      expect(differences(source, replica)).toEqual([]);
    });

    it("is not waited for by a flush of the others", async () => {
      const { replicator } = engine.daemon.running[0]!;
      await replicator!.flush([local()]);
      expect(differences(source, local())).toEqual([]);
      expect(engine.target(0).state).toBe("down");
    });

    it("ends with its time, and says who is behind, by how much, and why", async () => {
      const operations = new DaemonOperations(engine.daemon, "0", systemClock);
      const [away, live] = await operations.flush({}, 1_000);
      expect(live).toMatchObject({ target: local(), state: "arrived", reason: "", owed: 0 });
      expect(away).toMatchObject({
        target: `rsync://127.0.0.1:${rsyncd.port}/m`,
        state: "behind",
        reason: expect.stringContaining("the connection was refused") as string,
      });
      expect(away!.owed).toBeGreaterThan(0);
      await rsyncd.start();
      const both = await operations.flush({}, 30_000);
      expect(both.map(({ state: each }) => each)).toEqual(["arrived", "arrived"]);
    });

    it("gives up when its caller does", async () => {
      const stop = new AbortController();
      const flushed = engine.daemon.flush(stop.signal);
      stop.abort(new Error("enough"));
      await expect(flushed).rejects.toThrow("enough");
    });
  });
});

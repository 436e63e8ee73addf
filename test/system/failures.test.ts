/** What cannot be delivered is listed with its reason, holds nothing up, and goes when it can. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { DaemonOperations } from "../../src/daemon/operations.js";
import { systemClock } from "../../src/model/clock.js";
import { type Engine, stage, startEngine, untilEqual } from "../support/engine.js";
import { untilKnown } from "../support/known.js";
import { type Rsyncd, startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

let source: string, replica: string, state: string;

beforeEach(() => {
  ({ source, replica, state } = stage(makeTempDir()));
});

const operations = (engine: Engine) => new DaemonOperations(engine.daemon, "0", systemClock);

describe("a path that a working target does not take", () => {
  /** Nobody waits for this in a test: what is tried again earlier was asked for. */
  const RETRY = { firstMs: 120_000, maxMs: 240_000 };
  let rsyncd: Rsyncd;
  let engine: Engine;

  beforeEach(async () => {
    rsyncd = await startRsyncd({
      modules: { m: { path: replica, exclude: "/blocked /d/blocked" } },
    });
    writeFileSync(join(source, "before"), "");
    await start();
    await until(() => existsSync(join(replica, "before")), { what: "the first file" });
    await untilKnown(engine);
  });

  async function start(): Promise<void> {
    engine = await startEngine(source, [`rsync://127.0.0.1:${rsyncd.port}/m`], {
      state,
      target: { retry: RETRY },
    });
  }

  /** The module takes everything from now on; sessions that stand connected do not know. */
  function unblock(): void {
    const file = join(rsyncd.directory, "rsyncd.conf");
    writeFileSync(file, readFileSync(file, "utf8").replace(/^exclude = .*$/m, ""));
  }

  const failed = () => engine.target().failed;

  it("is listed, and everything else arrives", async () => {
    mkdirSync(join(source, "d"));
    for (let i = 0; i < 50; i++) writeFileSync(join(source, `d/f${i}`), `text ${i}`);
    writeFileSync(join(source, "blocked"), "not to be taken");
    writeFileSync(join(source, "d/blocked"), "nor this");
    await until(() => existsSync(join(replica, "d/f49")), { what: "the others" });
    await until(() => failed().length === 2, { what: "two failures" });
    const { reason, attempts, retryAt } = failed().find(({ path }) => path === "blocked")!;
    expect(reason).toMatch(/refused to receive/);
    expect(attempts).toBeGreaterThanOrEqual(1);
    expect(retryAt).toBeGreaterThan(Date.now());
    expect(engine.of("path-failed").map(({ path }) => path)).toContain("d/blocked");
    expect(engine.target().state).toBe("live");

    writeFileSync(join(source, "later"), "later");
    await until(() => existsSync(join(replica, "later")), { what: "what came later" });
    expect(existsSync(join(replica, "blocked"))).toBe(false);
    const listed = operations(engine).failures({});
    expect(listed.map(({ shown }) => shown).sort()).toEqual(["blocked", "d/blocked"]);

    const [behind] = await operations(engine).flush({}, 500);
    expect(behind).toMatchObject({
      state: "behind",
      reason: expect.stringMatching(/^cannot deliver .*blocked: .*, and 1 more$/) as string,
    });
  });

  it("is forgotten when it is gone with its directory", async () => {
    mkdirSync(join(source, "d"));
    writeFileSync(join(source, "d/blocked"), "not to be taken");
    await until(() => failed().length === 1, { what: "a failure" });
    rmSync(join(source, "d"), { recursive: true });
    await until(() => failed().length === 0, { what: "the end of the failure" });
    await engine.daemon.flush();
    expect(engine.target().owed).toBe(0);
  });

  it("goes at once when somebody asks for it", async () => {
    writeFileSync(join(source, "blocked"), "taken at last");
    await until(() => failed().length === 1, { what: "a failure" });
    unblock();
    await until(
      () => {
        if (failed().every(({ retryAt }) => retryAt > Date.now())) {
          operations(engine).retry({}, ["blocked"]);
        }
        return existsSync(join(replica, "blocked"));
      },
      { everyMs: 100, what: "the file" },
    );
    await until(() => failed().length === 0, { what: "an empty list" });
    await untilEqual(source, replica);
  });

  it("is known after a restart, with its attempts, and tried again", async () => {
    writeFileSync(join(source, "blocked"), "taken at last");
    await until(() => failed().length === 1, { what: "a failure" });
    const { attempts } = failed()[0]!;
    await engine.stop();
    await start();
    await until(() => engine.of("path-failed").length > 0, { what: "another failure" });
    expect(engine.of("pass")).toEqual([]);
    expect(failed()).toMatchObject([{ path: "blocked", attempts: attempts + 1 }]);
    await engine.stop();
    unblock();
    await start();
    await untilEqual(source, replica);
    await until(() => failed().length === 0, { what: "an empty list" });
  });
});

/** Whether this process may mount: not as an ordinary user, nor in most containers. */
const mayMount = ((): boolean => {
  const directory = makeTempDir();
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", directory]);
  if (mounted.status === 0) execFileSync("umount", ["-l", directory]);
  return mounted.status === 0;
})();

describe.skipIf(!mayMount)("a full target (needs leave to mount)", () => {
  const MEGABYTE = 1024 * 1024;

  beforeEach(() => {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", replica]);
    onTestFinished(() => void execFileSync("umount", ["-l", replica]));
  });

  /**
   * A first pass may send again what it sees arriving, and would need room for a second copy. So may
   * whoever is told late that a file was closed: each of those that fit does so twice.
   */
  async function startEmpty(): Promise<Engine> {
    const engine = await startEngine(source, [replica], { state });
    await untilKnown(engine);
    return engine;
  }

  it("says so, and takes the rest soon after there is room again", async () => {
    const engine = await startEmpty();
    writeFileSync(join(source, "first"), Buffer.alloc(MEGABYTE, 1));
    await untilEqual(source, replica);
    await engine.daemon.flush();
    writeFileSync(join(replica, "ballast"), Buffer.alloc(2.5 * MEGABYTE, 2));
    writeFileSync(join(source, "second"), Buffer.alloc(MEGABYTE, 3));
    await until(() => engine.target().state === "down", { what: "a target without room" });
    expect(engine.target()).toMatchObject({
      reason: expect.stringMatching(/disk or quota is full/) as string,
    });
    rmSync(join(replica, "ballast"));
    await untilEqual(source, replica);
    await engine.daemon.flush();
    expect(engine.target().state).toBe("live");
    await engine.stop();
  });

  it("takes deletions, and so makes its room itself", async () => {
    const engine = await startEmpty();
    for (const name of ["a", "b", "c"])
      writeFileSync(join(source, name), Buffer.alloc(0.75 * MEGABYTE, 1));
    await untilEqual(source, replica);
    await engine.daemon.flush();
    writeFileSync(join(source, "large"), Buffer.alloc(2 * MEGABYTE, 2));
    await until(() => engine.target().state === "down", { what: "a target without room" });
    rmSync(join(source, "a"));
    rmSync(join(source, "b"));
    await untilEqual(source, replica);
    await engine.stop();
  });
});

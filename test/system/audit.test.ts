/** The audit of a running source: drift is found while nothing else is to do, told, and repaired. */
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type Engine, stage, startEngine, untilEqual } from "../support/engine.js";
import { untilKnown } from "../support/known.js";
import { LeapingClock } from "../support/leaping-clock.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

/** A small tree is compared once in an hour. */
const HOUR_MS = 3_600_000;

describe("an audit", () => {
  let source: string, replica: string, state: string;
  let clock: LeapingClock;

  beforeEach(() => {
    ({ source, replica, state } = stage(makeTempDir()));
    clock = new LeapingClock();
    mkdirSync(join(source, "d/deep"), { recursive: true });
    for (const name of ["one", "d/two", "d/deep/three"]) writeFileSync(join(source, name), name);
  });

  const startAgain = (audit: { checksum: boolean; repair: boolean }) =>
    startEngine(source, [replica], {
      state,
      clock,
      settings: { audit: { sharePerHour: 1, ...audit } },
    });

  async function start(audit: { checksum: boolean; repair: boolean }): Promise<Engine> {
    const engine = await startAgain(audit);
    await untilEqual(source, replica);
    await untilKnown(engine);
    return engine;
  }

  /** An hour passes, and then as much time as the audit takes over a round. */
  async function untilRound(engine: Engine): Promise<void> {
    const rounds = () => engine.of("audit").filter(({ complete }) => complete).length;
    const before = rounds();
    // To what is under way an hour without a word is a target that hangs.
    await engine.daemon.flush();
    clock.leap(HOUR_MS);
    await until(
      () => {
        clock.leap(250);
        return rounds() > before;
      },
      { everyMs: 50, what: "a round of the audit" },
    );
  }

  it("finds drift, tells of it, repairs it, and proves the replica equal in its next round", async () => {
    let engine = await start({ checksum: false, repair: true });
    appendFileSync(join(replica, "d/two"), " changed there");
    rmSync(join(replica, "d/deep/three"));
    writeFileSync(join(replica, "stranger"), "new there");
    await untilRound(engine);
    await untilEqual(source, replica);
    const found = engine.of("audit").filter(({ complete }) => complete);
    expect(found).toMatchObject([{ repairs: true }]);
    // The times of the directories around them are another, too.
    const files = ["d/deep/three", "d/two", "stranger"];
    expect(found[0]!.sample).toEqual(expect.arrayContaining(files));
    expect(found[0]!.drift).toBe(found[0]!.sample.length);

    const before = clock.now();
    await untilRound(engine);
    expect(engine.of("audit").at(-1)).toMatchObject({ drift: 0, complete: true });
    expect(engine.target().drift).toBe(0);
    const { provenAt } = engine.target();
    expect(provenAt).toBeGreaterThan(before - HOUR_MS);
    await engine.stop();
    engine = await startAgain({ checksum: false, repair: true });
    expect(engine.target().provenAt).toBe(provenAt);
  });

  it("without repair leaves what it finds, counts it, and remembers over a restart", async () => {
    let engine = await start({ checksum: false, repair: false });
    appendFileSync(join(replica, "d/two"), " changed there");
    await untilRound(engine);
    expect(engine.target().drift).toBe(1);
    await engine.daemon.flush();
    expect(readFileSync(join(replica, "d/two"), "utf8")).toBe("d/two changed there");
    await engine.stop();

    engine = await startAgain({ checksum: false, repair: false });
    expect(engine.target()).toMatchObject({ drift: 1 });
  });

  it("finds what differs below a root that was lost and has returned as another directory", async () => {
    const engine = await start({ checksum: false, repair: true });
    renameSync(source, `${source}-away`);
    await until(() => engine.daemon.status[0]?.state === "root-lost", { what: "the loss" });
    cpSync(`${source}-away`, source, { recursive: true, preserveTimestamps: true });
    await until(() => engine.daemon.status[0]?.state === "watching", { what: "the return" });
    await engine.daemon.flush();
    appendFileSync(join(replica, "d/two"), " changed there");
    await untilRound(engine);
    await until(() => readFileSync(join(replica, "d/two"), "utf8") === "d/two", {
      what: "the repair",
    });
  });

  it("with checksums finds content that changed under the same size and time", async () => {
    const engine = await start({ checksum: true, repair: true });
    const { atime, mtime } = statSync(join(replica, "d/two"));
    writeFileSync(join(replica, "d/two"), "D/TWO");
    utimesSync(join(replica, "d/two"), atime, mtime);
    await untilRound(engine);
    await until(() => readFileSync(join(replica, "d/two"), "utf8") === "d/two", {
      what: "the repair",
    });
  });
});

/** Timed passes: what became different on a replica without us is found and repaired by the clock. */
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { TimedPassSettings } from "../../src/replicate/settings.js";
import { type Engine, stage, startEngine, untilEqual } from "../support/engine.js";
import { untilKnown } from "../support/known.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

const EVERY_SECOND: TimedPassSettings = {
  when: { kind: "every", ms: 1_000 },
  rules: [],
  jitterMs: 0,
};

describe("a timed pass", () => {
  let source: string, replica: string, state: string;

  beforeEach(() => {
    ({ source, replica, state } = stage(makeTempDir()));
    mkdirSync(join(source, "d/deep"), { recursive: true });
    mkdirSync(join(source, "other"));
    for (const name of ["one", "d/two", "d/deep/three", "other/four"]) {
      writeFileSync(join(source, name), name);
    }
  });

  async function start(...passes: TimedPassSettings[]): Promise<Engine> {
    const engine = await startEngine(source, [replica], {
      state,
      settings: { passes, audit: undefined },
    });
    await untilEqual(source, replica);
    await untilKnown(engine);
    return engine;
  }

  it("repairs what somebody else did to the replica, again and again", async () => {
    const engine = await start(EVERY_SECOND);
    appendFileSync(join(replica, "one"), " changed there");
    rmSync(join(replica, "d"), { recursive: true });
    writeFileSync(join(replica, "other/stranger"), "new there");
    chmodSync(join(replica, "other/four"), 0o600);
    await untilEqual(source, replica);
    appendFileSync(join(replica, "d/two"), " once more");
    await untilEqual(source, replica);
    expect(engine.of("pass").filter(({ differences }) => differences > 0).length).toBeGreaterThan(
      1,
    );
  });

  it("goes by its own rules beside those of the source", async () => {
    const engine = await start({ ...EVERY_SECOND, rules: ["- /other/**"] });
    appendFileSync(join(replica, "other/four"), " changed there");
    appendFileSync(join(replica, "d/two"), " changed there");
    const changed = Date.now();
    await until(() => readFileSync(join(replica, "d/two"), "utf8") === "d/two");
    const passes = engine.of("pass").length;
    await until(() => engine.of("pass").length >= passes + 2, { what: "two more passes" });
    expect(Date.now() - changed).toBeGreaterThan(1_000);
    expect(readFileSync(join(replica, "other/four"), "utf8")).toBe("other/four changed there");
  });

  it("keeps to its bandwidth, and no change waits for it", async () => {
    const bytes = 8 * 1024 * 1024;
    const bandwidth = 2 * 1024 * 1024;
    writeFileSync(join(source, "big"), randomBytes(bytes));
    const engine = await start({ ...EVERY_SECOND, bandwidth });
    rmSync(join(replica, "big"));
    const removedAt = Date.now();
    await until(() => engine.of("pass").some(({ differences }) => differences > 0), {
      what: "a pass that finds it",
    });
    for (let i = 0; i < 5; i++) {
      writeFileSync(join(source, `live-${i}`), "live");
      await until(() => existsSync(join(replica, `live-${i}`)), { what: `live-${i}` });
    }
    expect(existsSync(join(replica, "big"))).toBe(false);
    await untilEqual(source, replica);
    // rsync lets the first second's worth go at once.
    expect(Date.now() - removedAt).toBeGreaterThan(((bytes - bandwidth) / bandwidth) * 1_000);
  });
});

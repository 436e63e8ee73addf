/** The trash of a replica: what is deleted can be had back for a while. */
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
import { beforeEach, describe, expect, it } from "vitest";
import { type Engine, stage, startEngine, untilEqual } from "../support/engine.js";
import { untilKnown } from "../support/known.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

const DAY_MS = 86_400_000;
const day = (ago: number) => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);

describe("the trash", () => {
  let source: string, replica: string, state: string;

  beforeEach(() => {
    ({ source, replica, state } = stage(makeTempDir()));
    mkdirSync(join(source, "d/deep"), { recursive: true });
    for (const name of ["one", "two", "d/three", "d/deep/four"]) {
      writeFileSync(join(source, name), name);
    }
  });

  async function start(overwritten = false): Promise<Engine> {
    const engine = await startEngine(source, [replica], {
      state,
      target: { trash: { keepMs: 7 * DAY_MS, overwritten } },
    });
    await untilEqual(source, replica);
    await untilKnown(engine);
    return engine;
  }

  /** Names of everything in the trash, of all days; directories are not told. */
  function trashed(): string[] {
    const trash = join(replica, ".treecast-trash");
    if (!existsSync(trash)) return [];
    const days = readdirSync(trash);
    return days
      .flatMap((each) =>
        readdirSync(join(trash, each), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(join(trash, each).length + 1)),
      )
      .sort();
  }

  it("takes what is deleted, by the day, and with its directories", async () => {
    await start();
    rmSync(join(source, "one"));
    await untilEqual(source, replica);
    expect(trashed()).toEqual(["one"]);
    rmSync(join(source, "d"), { recursive: true });
    await untilEqual(source, replica);
    expect(trashed()).toEqual(["d/deep/four", "d/three", "one"]);
    const kept = join(replica, ".treecast-trash", day(0), "d/deep/four");
    expect(existsSync(kept) ? readFileSync(kept, "utf8") : "of another day").toBe("d/deep/four");
  });

  it("takes what is overwritten where that is asked for, and nothing of it elsewhere", async () => {
    const first = await start();
    writeFileSync(join(source, "one"), "another one");
    await untilEqual(source, replica);
    expect(trashed()).toEqual([]);
    await first.stop();
    await start(true);
    writeFileSync(join(source, "two"), "another two");
    await untilEqual(source, replica);
    expect(trashed()).toEqual(["two"]);
    expect(readdirSync(join(replica, ".treecast-trash"))).toHaveLength(1);
  });

  it("is emptied of old days when the target is met, and of no others", async () => {
    for (const ago of [2, 9, 30]) {
      mkdirSync(join(replica, ".treecast-trash", day(ago), "d"), { recursive: true });
      writeFileSync(join(replica, ".treecast-trash", day(ago), "d/file"), "");
    }
    await start();
    await until(() => readdirSync(join(replica, ".treecast-trash")).length === 1, {
      what: "the end of the old days",
    });
    expect(readdirSync(join(replica, ".treecast-trash"))).toEqual([day(2)]);
    expect(trashed()).toEqual(["d/file"]);
  });

  it("is not filled by the rename of a directory, but takes what was deleted of it", async () => {
    const engine = await start();
    renameSync(join(source, "d"), join(source, "e"));
    await untilEqual(source, replica);
    await engine.daemon.flush();
    expect(trashed()).toEqual([]);

    rmSync(join(source, "e/three"));
    renameSync(join(source, "e"), join(source, "f"));
    renameSync(join(source, "f"), join(source, "g"));
    await untilEqual(source, replica);
    await engine.daemon.flush();
    expect(trashed().map((path) => path.split("/").at(-1))).toEqual(["three"]);
  });

  it("is no difference, and stays when the tree is compared", async () => {
    const engine = await start();
    rmSync(join(source, "one"));
    await untilEqual(source, replica);
    const passes = engine.of("pass").length;
    engine.daemon.running[0]!.replicator!.compare("" as never, "asked");
    await until(() => engine.of("pass").length > passes, { what: "a pass" });
    expect(engine.of("pass").at(-1)).toMatchObject({ differences: 0, kept: 0 });
    expect(trashed()).toEqual(["one"]);
  });
});

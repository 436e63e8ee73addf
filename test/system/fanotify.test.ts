/** Replication of a source that fanotify hears: the same replica, and as little on the wire. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startEngine, stage, untilEqual } from "../support/engine.js";
import type { Engine } from "../support/engine.js";
import { untilKnown } from "../support/known.js";
import { hasFanotify, ownDisk } from "../support/own-disk.js";
import { startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";

const FILES = 400;
const FILE_BYTES = 8 * 1024;
/** Far less than the content; names and attributes may travel several times. */
const LITTLE = (FILES * FILE_BYTES) / 10;

function fill(directory: string): void {
  for (let i = 0; i < FILES; i++) {
    const parent = join(directory, `d${i % 7}/e${i % 5}`);
    mkdirSync(parent, { recursive: true });
    writeFileSync(join(parent, `f${i}`), randomBytes(FILE_BYTES));
  }
}

/** A daemon whose source is a file system of its own, with the replica in a module. */
async function start(watcher: "auto" | "fanotify") {
  const { source: ordinary, replica, state } = stage(makeTempDir());
  const source = watcher === "auto" ? ownDisk() : ordinary;
  // A source that is suddenly empty would hold the deletions.
  writeFileSync(join(source, "stays"), "here");
  const origin = makeTempDir();
  fill(join(origin, "tree"));
  const rsyncd = await startRsyncd({ modules: { m: { path: replica } } });
  const target = `rsync://127.0.0.1:${rsyncd.port}/m`;
  const engine = await startEngine(source, [target], { state, settings: { watcher } });
  const settled = async () => {
    await untilEqual(source, replica);
    await engine.daemon.flush();
    await untilEqual(source, replica);
  };
  return { source, replica, origin, engine, settled };
}

function sent(engine: Engine): number {
  return engine.target().delivered.bytes;
}

describe.skipIf(!hasFanotify)("a source that fanotify hears", { timeout: 60_000 }, () => {
  it.each(["auto", "fanotify"] as const)(
    "is replicated as it is copied, renamed and removed, and renames move no data: %s",
    async (watcher) => {
      const { source, replica, origin, engine, settled } = await start(watcher);
      expect(engine.daemon.status[0]).toMatchObject({
        watcher: { kind: "fanotify" },
        coverage: { watched: 1, unwatched: 0, whole: true },
      });
      await settled();
      execFileSync("cp", ["-a", join(origin, "tree"), join(source, "copy")]);
      await settled();
      await untilKnown(engine);

      const before = sent(engine);
      renameSync(join(source, "copy"), join(source, "once"));
      renameSync(join(source, "once"), join(source, "twice"));
      await settled();
      renameSync(join(source, "twice/d1"), join(source, "d1"));
      await settled();
      expect(sent(engine) - before).toBeLessThan(LITTLE);

      writeFileSync(join(source, "twice/d2/e2/new"), "new");
      rmSync(join(source, "d1"), { recursive: true });
      await settled();
      rmSync(join(source, "twice"), { recursive: true });
      await settled();
      expect(existsSync(join(replica, "twice"))).toBe(false);
      expect(engine.of("gap")).toEqual([]);
      const notes = engine.of("note").filter(({ text }) => text.includes("fanotify"));
      expect(notes).toMatchObject([{ level: "info" }]);
    },
  );
});

/** A replica's disk that is full: nothing is lost, deletions go on, and what had no room follows by itself. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { stage, startEngine, untilEqual } from "../support/engine.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

const MIB = 1024 * 1024;

it("a full disk takes deletions still, and by them comes to hold what had no room", async () => {
  const { source, replica, state } = stage(makeTempDir());
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", replica]);
  onTestFinished(() => void execFileSync("umount", ["--lazy", replica]));
  mkdirSync(join(source, "old"));
  for (let i = 0; i < 3; i++) writeFileSync(join(source, `old/${i}`), Buffer.alloc(MIB, i));
  const engine = await startEngine(source, [replica], { state });
  await untilEqual(source, replica);
  await engine.daemon.flush();

  writeFileSync(join(source, "large"), Buffer.alloc(2 * MIB, "x"));
  await until(() => engine.target().state === "down", { what: "a target without room" });
  expect(JSON.stringify(engine.target())).toContain("full");
  rmSync(join(source, "old"), { recursive: true });
  await until(() => !readdirSync(replica).includes("old"), { what: "the deletion" });
  await untilEqual(source, replica);
  await engine.daemon.flush();
  expect(engine.target()).toMatchObject({ state: "live", owed: 0, failed: [] });
});

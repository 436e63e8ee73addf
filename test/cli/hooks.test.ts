/** At least once: a daemon that is killed in the middle of its work tells its hooks of everything in the end. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { until } from "../support/until.js";
import { startTreecast } from "./treecast.js";
import { makeTree } from "./tree.js";

const ROUNDS = 5;
const FILES = 30;

it("is told of every file although the daemon is killed again and again", async () => {
  const tree = makeTree({ "first.txt": "first" });
  const record = join(tree.base, "record");
  const slow = join(tree.base, "slow.sh");
  const file = join(tree.base, "treecast.yaml");
  writeFileSync(slow, `sleep 0.02\nprintf '%s\\n' "$1" >> '${record}'\n`);
  writeFileSync(
    file,
    `state: ${tree.base}/state\nsources:\n  - path: ${tree.source}\n    targets: [${tree.replica}]\n    hooks: [{ command: [sh, ${slow}, "{relative}"] }]\n`,
  );
  const told = () => new Set(existsSync(record) ? readFileSync(record, "utf8").split("\n") : []);
  const names: string[] = [];
  // The replica is one that is known: what is found at first contact is told to nobody.
  const first = startTreecast(["run", "-c", file]);
  await first.logged("target-state", ({ msg }) => msg === "Up to date");
  first.kill("SIGTERM");
  await first.ended;
  for (let round = 0; round < ROUNDS; round++) {
    const daemon = startTreecast(["run", "-c", file]);
    await daemon.logged("target-state", ({ msg }) => msg === "Up to date");
    const before = told().size;
    for (let i = 0; i < FILES; i++) {
      names.push(`r${round}-f${i}`);
      tree.write(`r${round}-f${i}`, "x");
    }
    // At another moment of the work each time, once before anything was told.
    await until(() => told().size >= before + (round * FILES) / ROUNDS, {
      what: "some to be told",
    });
    daemon.kill("SIGKILL");
    await daemon.ended;
  }
  rmSync(slow);
  writeFileSync(slow, `printf '%s\\n' "$1" >> '${record}'\n`);
  const daemon = startTreecast(["run", "-c", file]);
  await until(() => names.every((name) => told().has(name)), {
    what: () => `all to be told; not told: ${names.filter((name) => !told().has(name)).join(" ")}`,
  });
  daemon.kill("SIGTERM");
  expect((await daemon.ended).status).toBe(0);
});

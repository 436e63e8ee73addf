/** Files that are told of none while a whole tree is copied into a watched directory. */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeTempDir } from "../../support/temp.js";
import { until } from "../../support/until.js";
import { hasInotifywait, start, type Who } from "./side-by-side.js";

const FILES = 20_000;

/** Deep and wide: 2,000 directories, ten files in each. */
function generate(root: string): void {
  for (let i = 0; i < FILES / 10; i++) {
    const digits = i.toString(6).replaceAll(/\B/g, "/");
    const directory = join(root, `t${i % 7}`, digits, `d${i}`);
    mkdirSync(directory, { recursive: true });
    for (let j = 0; j < 10; j++) writeFileSync(join(directory, `f${j}`), "x");
  }
}

function filesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

interface Counted {
  readonly missed: number;
  readonly twice: number;
}

async function countMissed(who: Who, source: string, event: string): Promise<Counted> {
  const at = makeTempDir("treecast-missed-");
  mkdirSync(join(at, "w"));
  const one = start(who, ["-mrq", "-e", event, "--format", "%w%f", "w"], { cwd: at });
  await one.watching(1);
  const copy = spawn("cp", ["-a", source, join(at, "w/copy")], { stdio: "inherit" });
  expect(await new Promise((resolve) => copy.once("close", resolve))).toBe(0);
  writeFileSync(join(at, "w/end"), "");
  await until(() => one.stdout().endsWith("w/end\n"), { limitMs: 50_000 });
  one.child.kill();
  const told = (await one.ended).stdout.split("\n").filter((line) => line !== "");
  const names = new Set(told);
  const missed = filesIn(join(at, "w/copy")).filter(
    (file) => !names.has(file.slice(at.length + 1)),
  );
  return { missed: missed.length, twice: told.length - names.size };
}

describe("cp -a of 20,000 files under treecast wait -mr", () => {
  const source = makeTempDir("treecast-source-");
  generate(source);

  it.each(["close_write", "create"])("misses none (%s)", async (event) => {
    const ours = await countMissed("ours", source, event);
    expect(ours.missed).toBe(0);
    // A file that is being written when it is found is told of again when it is closed.
    expect(ours.twice).toBeLessThan(FILES / 20);
    const theirs = hasInotifywait ? await countMissed("real", source, event) : undefined;
    process.stdout.write(
      `${event}: treecast missed ${ours.missed} of ${FILES} (twice: ${ours.twice}), ` +
        `inotifywait ${theirs?.missed ?? "is not here"}\n`,
    );
  });
});

/** Files that nothing is told of while a whole tree appears in a watched directory. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
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

/** Without git's own files, which come and go under other names. */
function filesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !`${entry.parentPath}/`.startsWith(join(root, ".git/")))
    .map((entry) => join(entry.parentPath, entry.name));
}

interface Counted {
  readonly files: number;
  readonly missed: number;
  readonly twice: number;
}

/** A way for the tree to appear at `to`, which is there only afterwards. */
interface Arrival {
  readonly what: string;
  readonly command: (to: string) => readonly [program: string, ...args: string[]];
}

async function countMissed(who: Who, { command }: Arrival, event: string): Promise<Counted> {
  const at = makeTempDir("treecast-missed-");
  mkdirSync(join(at, "w"));
  const one = start(who, ["-mrq", "-e", event, "--format", "%w%f", "w"], { cwd: at });
  await one.watching(1);
  const [program, ...args] = command(join(at, "w/copy"));
  const copy = spawn(program, args, { stdio: "inherit" });
  expect(await new Promise((resolve) => copy.once("close", resolve))).toBe(0);
  writeFileSync(join(at, "w/end"), "");
  await until(() => one.stdout().includes("w/end\n"), { limitMs: 50_000 });
  one.child.kill();
  const told = (await one.ended).stdout.split("\n").filter((line) => line !== "");
  const names = new Set(told);
  const files = filesIn(join(at, "w/copy")).map((file) => file.slice(at.length + 1));
  const missed = files.filter((file) => !names.has(file));
  const counted = new Set(files);
  const twice = told.filter((name) => counted.has(name)).length - (files.length - missed.length);
  return { files: files.length, missed: missed.length, twice };
}

/** Runs to its end without a word. */
function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
}

function git(directory: string, ...args: readonly string[]): void {
  const settings = ["user.name=Nobody", "user.email=nobody@example.org", "gc.auto=0"];
  run("git", ["-C", directory, ...settings.flatMap((each) => ["-c", each]), ...args]);
}

const source = makeTempDir("treecast-source-");
const archive = join(makeTempDir("treecast-archive-"), "source.tar");

beforeAll(() => {
  generate(source);
  run("tar", ["-cf", archive, "-C", source, "--transform", "s,^\\.,copy,", "."]);
  git(source, "init", "--quiet");
  git(source, "add", ".");
  git(source, "commit", "--quiet", "--message", "all");
});

const ARRIVALS: readonly Arrival[] = [
  { what: "cp -a", command: (to) => ["cp", "-a", source, to] },
  { what: "tar x", command: (to) => ["tar", "-xf", archive, "-C", dirname(to)] },
  { what: "git clone", command: (to) => ["git", "clone", "--quiet", source, to] },
];

describe.each(ARRIVALS)("$what of 20,000 files under treecast wait -mr", (arrival) => {
  it.each(["close_write", "create"])("misses none (%s)", async (event) => {
    const ours = await countMissed("ours", arrival, event);
    expect(ours).toMatchObject({ files: FILES, missed: 0 });
    // A file that is being written when it is found is told of again when it is closed.
    expect(ours.twice).toBeLessThan(FILES / 20);
    const theirs = hasInotifywait ? await countMissed("real", arrival, event) : undefined;
    process.stdout.write(
      `${arrival.what}, ${event}: treecast missed ${ours.missed} of ${FILES} ` +
        `(twice: ${ours.twice}), inotifywait ${theirs?.missed ?? "is not here"}\n`,
    );
  });
});

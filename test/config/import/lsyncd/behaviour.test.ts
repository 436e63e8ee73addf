/** The same file, read by lsyncd and by treecast: both replicas hold the same. */
import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../../../src/config/load.js";
import { startDaemon } from "../../../../src/daemon/daemon.js";
import type { Fact } from "../../../../src/model/fact.js";
import { makeTempDir } from "../../../support/temp.js";
import { until } from "../../../support/until.js";

const installed = spawnSync("lsyncd", ["-version"]).status === 0;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** Every name below a directory with its mode and size; what belongs to treecast is left out. */
function contents(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name !== ".treecast-replica")
    .map((name) => {
      const stat = lstatSync(join(directory, name));
      const kind = stat.isDirectory() ? "/" : ` ${stat.size}`;
      return `${name}${kind} ${(stat.mode & 0o777).toString(8)}`;
    })
    .sort();
}

function put(directory: string, names: readonly string[]): void {
  for (const name of names) {
    const path = join(directory, name);
    if (name.endsWith("/")) {
      mkdirSync(path, { recursive: true });
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, name);
    if (name.endsWith("sh")) chmodSync(path, 0o777);
  }
}

async function startLsyncd(file: string, log: string): Promise<void> {
  const child = spawn("lsyncd", ["-nodaemon", "-log", "all", file], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      resolve();
    });
  });
  closing.push(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  await until(
    () => {
      if (child.exitCode !== null) throw new Error(`lsyncd ended with ${child.exitCode}`);
      return readLog(log).includes("finished");
    },
    { what: () => `lsyncd's start:\n${readLog(log).slice(-2_000)}` },
  );
}

function readLog(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

async function startTreecast(file: string, stateDirectory: string): Promise<Fact[]> {
  const facts: Fact[] = [];
  const config = await loadConfig(file);
  const daemon = await startDaemon(
    { ...config, stateDirectory },
    { onFact: (fact) => facts.push(fact) },
  );
  closing.push(() => daemon.close());
  return facts;
}

const NAMES = [
  "a.log",
  "a.log.1",
  "a.txt",
  "run.sh",
  "cache/page",
  "cache.txt",
  "deep/cache/page",
  "deep/x/y/skip/z",
  "deep/skip",
  "deep/skipped",
  "deep/b.log",
  "tmp/x",
  "deep/tmp/x",
  "tmpfile",
  "doc1",
  "doc12",
  "deep/doc2",
  "build/out/x.o",
  "build/x.o",
  "build/in/out/y.o",
  "empty/",
  "sp ace/a b",
  "é/ö",
  ".hidden",
  "brackets[1]",
];

describe.skipIf(!installed)("the same lsyncd.conf.lua", () => {
  it.each([
    [
      "excludes",
      'exclude = { "*.log", "/cache", "tmp/", "doc?", "**/skip", "/build/**.o" }, rsync = { archive = true }',
      ["a.log.1", "cache.txt", "deep/cache/page", "doc12", "tmpfile"],
      ["a.log", "cache", "deep/tmp", "tmp", "doc1", "deep/skip", "build/out/x.o", "deep/b.log"],
    ],
    [
      "filters and excludes",
      'filter = { "+ /deep/", "+ /deep/**", "- /d*", "- *.sh" }, exclude = { "deep", "*.txt" }, rsync = { perms = true }',
      ["deep/b.log", "deep/skip", "a.log", "é/ö"],
      ["doc1", "doc12", "run.sh", "a.txt", "cache.txt"],
    ],
    [
      "no rule at all, and permissions left out",
      "delete = true",
      ["a.log", "tmp/x", ".hidden", "run.sh", "brackets[1]"],
      [],
    ],
  ])(
    "replicates the same with %s, at the start and while both watch",
    async (_, keys, kept, left) => {
      const root = makeTempDir();
      const at = (name: string) => join(root, name);
      put(at("source"), NAMES);
      spawnSync("mkfifo", [at("source/pipe")]);
      for (const replica of ["lsyncd", "treecast"]) {
        mkdirSync(at(replica));
        writeFileSync(
          at(`${replica}.lua`),
          `settings{ logfile = "${at("log")}", nodaemon = true }
sync{ default.rsync, source = "${at("source")}", target = "${at(replica)}", delay = 0,
  ${keys} }`,
        );
      }
      await startLsyncd(at("lsyncd.lua"), at("log"));
      const facts = await startTreecast(at("treecast.lua"), at("state"));
      const untilSame = async (isComplete: (theirs: string) => boolean) => {
        let found: readonly (readonly string[])[] = [];
        await until(
          () => {
            try {
              found = [contents(at("lsyncd")), contents(at("treecast"))];
            } catch {
              return false; // the tree changes while we look
            }
            const [theirs = "", ours] = found.map((names) => names.join("\n"));
            return isComplete(theirs) && theirs === ours;
          },
          {
            everyMs: 50,
            what: () =>
              `equal replicas of lsyncd and of treecast:\n${found.map((names) => names.join("\n")).join("\n\n")}`,
          },
        );
      };
      await untilSame((theirs) => theirs.includes(kept[0]!));
      const names = contents(at("treecast")).map((line) => line.replace(/(?:\/| \d+) \d+$/, ""));
      expect(names).toEqual(expect.arrayContaining(kept));
      for (const name of left) expect(names).not.toContain(name);

      // The same names again where nothing was, and a change to what is there.
      put(join(at("source"), "later"), NAMES);
      appendFileSync(join(at("source"), "a.log.1"), "more");
      rmSync(join(at("source"), "sp ace"), { recursive: true });
      writeFileSync(join(at("source"), "sentinel"), "");
      const complete = [/^sentinel /m, /^later\/brackets\[1\] /m, /^a\.log\.1 11 /m];
      await untilSame(
        (theirs) => complete.every((name) => name.test(theirs)) && !/^sp ace/m.test(theirs),
      );
      expect(contents(at("treecast"))).toContain("a.log.1 11 644");
      expect(facts.filter(({ kind }) => kind === "path-failed")).toEqual([]);
      // Without `archive` or `perms` the umask decides, and not the source.
      if (kept.includes("run.sh")) expect(contents(at("treecast"))).toContain("run.sh 6 755");
    },
    60_000,
  );
});

/** Renames: the replica ends up equal, and where it held the old place no content travels. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import {
  type Engine,
  type EngineOptions,
  stage,
  startEngine,
  untilEqual,
} from "../support/engine.js";
import { untilKnown } from "../support/known.js";
import { type Rsyncd, startRsyncd } from "../support/rsyncd.js";
import { startSshd } from "../support/sshd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

const FILES = 300;
const FILE_BYTES = 8 * 1024;
/** Far less than the content; names and attributes of all files may travel several times. */
const LITTLE = (FILES * FILE_BYTES) / 10;
const MIB = 1024 * 1024;

let source: string, replica: string, state: string;
const here = (path: string) => join(source, path);
const there = (path: string) => join(replica, path);

/** A directory of files that have nothing in common, some of them deeper. */
function fill(directory: string, files = FILES): void {
  for (let i = 0; i < files; i++) {
    const parent = here(`${directory}/s${i % 10}`);
    mkdirSync(parent, { recursive: true });
    writeFileSync(join(parent, `f${i}`), randomBytes(FILE_BYTES));
  }
}

/** Inode numbers of all files below a directory, by their paths in it. */
function inodes(directory: string): Map<string, number> {
  const names = readdirSync(directory, { recursive: true }) as string[];
  return new Map(names.sort().map((name) => [name, statSync(join(directory, name)).ino]));
}

/** The files' own, without directories: those are made anew. */
function fileInodes(directory: string): number[] {
  return [...inodes(directory)].filter(([name]) => /f\d+$/.test(name)).map(([, inode]) => inode);
}

/** How many files of a directory are not the very ones that these are. */
function renewed(directory: string, before: readonly number[]): number {
  const now = new Set(fileInodes(directory));
  return before.filter((inode) => !now.has(inode)).length;
}

async function settled(engine: Engine): Promise<void> {
  await untilEqual(source, replica);
  await engine.daemon.flush();
}

describe.each(["an rsync module", "ssh", "a local path"])("a renamed directory on %s", (kind) => {
  it("keeps its files there, and none of their content travels", async () => {
    ({ source, replica, state } = stage(makeTempDir()));
    fill("old");
    const { target, options } = await targetOf(kind);
    const engine = await startEngine(source, [target], { state, ...options });
    await untilEqual(source, replica);
    await untilKnown(engine);
    const before = fileInodes(there("old"));
    const bytes = engine.target().delivered.bytes;

    renameSync(here("old"), here("new"));
    await settled(engine);

    expect(renewed(there("new"), before)).toBe(0);
    expect(before).toHaveLength(FILES);
    expect(existsSync(there("old"))).toBe(false);
    expect(engine.target().delivered.bytes - bytes).toBeLessThan(LITTLE);
  });
});

async function targetOf(kind: string): Promise<{ target: string; options: EngineOptions }> {
  if (kind === "a local path") return { target: replica, options: {} };
  if (kind === "ssh") {
    const sshd = await startSshd();
    const target = `ssh://root@127.0.0.1:${sshd.port}${replica}`;
    return { target, options: { target: { ssh: sshd.client } } };
  }
  const rsyncd = await startRsyncd({ modules: { m: { path: replica } } });
  return { target: `rsync://127.0.0.1:${rsyncd.port}/m`, options: {} };
}

describe("renames", () => {
  let rsyncd: Rsyncd;
  let engine: Engine;

  beforeEach(async () => {
    ({ source, replica, state } = stage(makeTempDir()));
    rsyncd = await startRsyncd({ modules: { m: { path: replica } } });
  });

  /** The tree as it stands is on the replica, and the journal says so. */
  async function start(more: Partial<EngineOptions> = {}): Promise<void> {
    engine = await startEngine(source, [`rsync://127.0.0.1:${rsyncd.port}/m`], { state, ...more });
    await untilEqual(source, replica);
    await untilKnown(engine);
    loggedBefore = received();
  }

  let loggedBefore = 0;

  /** What the daemon at the other end says has come in, all sessions together. */
  function received(): number {
    const counts = rsyncd.log().matchAll(/sent \d+ bytes {2}received (\d+) bytes/g);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  const travelled = () => received() - loggedBefore;

  it("one after another, before the first has arrived, send nothing", async () => {
    fill("a");
    await start();
    const before = fileInodes(there("a"));
    renameSync(here("a"), here("b"));
    renameSync(here("b"), here("c"));
    await settled(engine);
    expect(renewed(there("c"), before)).toBe(0);
    expect(readdirSync(replica).filter((name) => !name.startsWith("."))).toEqual(["c"]);
    expect(travelled()).toBeLessThan(LITTLE);
  });

  it("of a directory back to its old name leave everything as it was", async () => {
    fill("a");
    await start();
    renameSync(here("a"), here("b"));
    renameSync(here("b"), here("a"));
    await settled(engine);
    expect(readdirSync(replica).filter((name) => !name.startsWith("."))).toEqual(["a"]);
  });

  it("that swap two directories through a third name send nothing", async () => {
    fill("a", FILES / 2);
    fill("b", FILES / 2);
    await start();
    const [a, b] = [fileInodes(there("a")), fileInodes(there("b"))];
    renameSync(here("a"), here("t"));
    renameSync(here("b"), here("a"));
    renameSync(here("t"), here("b"));
    await settled(engine);
    expect([renewed(there("b"), a), renewed(there("a"), b)]).toEqual([0, 0]);
    expect(travelled()).toBeLessThan(LITTLE);
  });

  it("into another directory, then of that directory itself, send nothing", async () => {
    fill("a");
    mkdirSync(here("p/q"), { recursive: true });
    await start();
    const before = fileInodes(there("a"));
    renameSync(here("a"), here("p/q/a"));
    await settled(engine);
    renameSync(here("p"), here("r"));
    await settled(engine);
    expect(renewed(there("r/q/a"), before)).toBe(0);
    expect(travelled()).toBeLessThan(LITTLE);
  });

  it("into another directory that is renamed at once arrive", async () => {
    fill("a", 50);
    mkdirSync(here("p/q"), { recursive: true });
    await start();
    renameSync(here("a"), here("p/q/a"));
    renameSync(here("p"), here("r"));
    await settled(engine);
  });

  it("over an empty directory, or over one that was deleted just before, arrive", async () => {
    fill("a", 100);
    fill("b", 50);
    mkdirSync(here("empty"));
    await start();
    renameSync(here("a"), here("empty"));
    renameSync(here("b/s1"), here("b/kept"));
    rmSync(here("b/s2"), { recursive: true });
    renameSync(here("b/kept"), here("b/s2"));
    await settled(engine);
  });

  it("of files over others of the same size and time arrive", async () => {
    const time = new Date("2024-05-06T07:08:09Z");
    for (const name of ["one", "two", "three"]) {
      writeFileSync(here(name), name.padEnd(8));
      utimesSync(here(name), time, time);
    }
    await start();
    renameSync(here("one"), here("t"));
    renameSync(here("two"), here("one"));
    renameSync(here("t"), here("two"));
    renameSync(here("two"), here("three"));
    await settled(engine);
  });

  it("followed at once by changes below carry what did not change, and send what did", async () => {
    fill("a");
    await start();
    const before = fileInodes(there("a"));
    renameSync(here("a"), here("b"));
    writeFileSync(here("b/s0/f0"), "another");
    appendFileSync(here("b/s1/f1"), "more");
    rmSync(here("b/s2/f2"));
    writeFileSync(here("b/s3/new"), "new");
    rmSync(here("b/s4"), { recursive: true });
    await settled(engine);
    expect(before).toContain(statSync(there("b/s5/f5")).ino);
    expect(travelled()).toBeLessThan(LITTLE);
  });

  it("right after a rewrite that left size and time as they were do not hide it", async () => {
    fill("a", 60);
    const time = new Date("2024-05-06T07:08:09Z");
    for (let i = 0; i < 60; i++) utimesSync(here(`a/s${i % 10}/f${i}`), time, time);
    await start();
    for (let i = 0; i < 60; i += 3) {
      writeFileSync(here(`a/s${i % 10}/f${i}`), randomBytes(FILE_BYTES));
      utimesSync(here(`a/s${i % 10}/f${i}`), time, time);
    }
    renameSync(here("a"), here("b"));
    await settled(engine);
  });

  it("made while the target is away arrive when it is back", async () => {
    fill("a");
    fill("x/deep", 50);
    await start();
    await rsyncd.stop();
    renameSync(here("a"), here("b"));
    writeFileSync(here("b/s0/f0"), "changed");
    renameSync(here("x/deep"), here("b/deep"));
    renameSync(here("b"), here("c"));
    await until(() => engine.target().state === "down", { what: "a target that is down" });
    rmSync(here("c/s1"), { recursive: true });
    await rsyncd.start();
    await settled(engine);
    expect(
      readdirSync(replica)
        .sort()
        .filter((name) => !name.startsWith(".")),
    ).toEqual(["c", "x"]);
  });

  it("made while nothing runs arrive at the next start", async () => {
    fill("a", 100);
    await start();
    await engine.stop();
    renameSync(here("a"), here("b"));
    engine = await startEngine(source, [`rsync://127.0.0.1:${rsyncd.port}/m`], { state });
    await settled(engine);
    expect(engine.of("pass").filter(({ path }) => path === "")).toEqual([]);
  });

  it("into a place that is left out delete, and out of it send", async () => {
    fill("a", 50);
    mkdirSync(here("private"));
    await start({ filter: ["- /private/**"] });
    renameSync(here("a"), here("private/a"));
    await until(() => !existsSync(there("a")), { what: "the end of what went out of sight" });
    expect(existsSync(there("private/a"))).toBe(false);
    renameSync(here("private/a"), here("seen"));
    await until(() => existsSync(there("seen/s9/f49")), { what: "what came into sight" });
    await engine.daemon.flush();
    expect(fileInodes(there("seen"))).toHaveLength(50);
    expect(existsSync(there("private/a"))).toBe(false);
  });

  it("of a directory that holds something left out neither carry it nor lose the rest", async () => {
    fill("a", 50);
    writeFileSync(here("a/secret"), "not to be sent");
    await startWithoutSecret();
    const before = fileInodes(there("a"));
    renameSync(here("a"), here("b"));
    await until(() => existsSync(there("b/s9/f49")) && !existsSync(there("a")), {
      what: "the rename",
    });
    await engine.daemon.flush();
    expect(renewed(there("b"), before)).toBe(0);
    expect(existsSync(there("b/secret"))).toBe(false);
  });

  async function startWithoutSecret(): Promise<void> {
    engine = await startEngine(source, [`rsync://127.0.0.1:${rsyncd.port}/m`], {
      state,
      filter: ["- secret"],
    });
    await until(() => existsSync(there("a/s9/f49")), { what: "the files" });
    await untilKnown(engine);
  }

  it("right after the directory was made arrive", async () => {
    writeFileSync(here("first"), "");
    await start();
    fill("made");
    renameSync(here("made"), here("renamed"));
    writeFileSync(here("renamed/s0/late"), "late");
    renameSync(here("renamed/s1"), here("s1"));
    await settled(engine);
  });

  describe("of a large file", () => {
    beforeEach(() => {
      mkdirSync(here("d"));
      mkdirSync(here("e"));
      writeFileSync(here("d/big"), randomBytes(8 * MIB));
    });

    it.each([
      ["to another directory", "e/big"],
      ["in its directory", "d/other"],
      ["to another directory and name", "e/other"],
    ])("%s send nothing of it", async (_, to) => {
      await start();
      renameSync(here("d/big"), here(to));
      await settled(engine);
      expect(existsSync(there("d/big"))).toBe(false);
      expect(travelled()).toBeLessThan(MIB / 2);
    });

    it("over another large file arrive", async () => {
      writeFileSync(here("e/big"), randomBytes(8 * MIB));
      await start();
      renameSync(here("d/big"), here("e/big"));
      await settled(engine);
    });

    it("twice, and then changed, arrive", async () => {
      await start();
      renameSync(here("d/big"), here("e/big"));
      renameSync(here("e/big"), here("d/third"));
      appendFileSync(here("d/third"), "more");
      await settled(engine);
    });

    it("that was rewritten with the same size and time just before are no way to miss it", async () => {
      const time = new Date("2024-05-06T07:08:09Z");
      utimesSync(here("d/big"), time, time);
      await start();
      writeFileSync(here("d/big"), randomBytes(8 * MIB));
      utimesSync(here("d/big"), time, time);
      renameSync(here("d/big"), here("e/big"));
      await settled(engine);
    });
  });
});

/** The real fsnotifywait and ours, on a file system of their own: what is told of the same work. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasFanotify, ownDisk } from "../../support/own-disk.js";
import { makeTempDir } from "../../support/temp.js";
import { until } from "../../support/until.js";
import { canUnshare } from "../../support/watch-child.js";
import { asleep, ourTool, type RunningTool, startTool, realTool } from "./tools.js";

const EVENTS = "create,delete,move,modify,attrib,close_write";
const real = realTool("fsnotifywait");

/** Done step by step, each when the one before has been told: the disk is asked for names. */
async function work(at: string, told: () => Promise<void>): Promise<void> {
  const w = join(at, "w");
  const steps = [
    () => writeFileSync(join(w, "a"), "one"),
    () => chmodSync(join(w, "a"), 0o600),
    () => renameSync(join(w, "a"), join(w, "b c")),
    () => mkdirSync(join(w, "new")),
    () => writeFileSync(join(w, "new/in"), ""),
    () => renameSync(join(w, "new"), join(w, "sub/ren")),
    () => writeFileSync(join(w, "sub/ren/in2"), "2"),
    () => writeFileSync(join(at, "beside/out"), ""),
    () => rmSync(join(w, "sub/ren/in")),
    () => writeFileSync(Buffer.concat([Buffer.from(`${w}/`), Buffer.from([0xff, 0xfe])]), ""),
    () => writeFileSync(join(w, "last"), "x"),
  ];
  for (const step of steps) {
    step();
    await told();
  }
}

async function listen(program: string, args: readonly string[]): Promise<string[]> {
  const at = ownDisk();
  for (const name of ["w/sub", "beside"]) mkdirSync(join(at, name), { recursive: true });
  const one = startTool(program, [...args, "-t", "2", "-e", EVENTS, "w"], { cwd: at });
  await one.says("atches established.");
  await work(at, () => asleep(one.pid));
  const { stdout, status } = await one.ended;
  expect(status).toBe(2);
  return eventsOf(stdout.replaceAll(`${at}/`, "AT/"));
}

/** The kernel joins what it likes: each event of a path once, without the real one's own notes: what it
 * found of a handle, and that a name has gone meanwhile. */
function eventsOf(stdout: string): string[] {
  const named = stdout.replaceAll(" (deleted)", "");
  const lines = named.split("\n").filter((line) => line !== "" && !line.startsWith("[fid="));
  const events = lines.flatMap((line) => {
    const [, watched = "", names = "", name = ""] = /^(.*) ([A-Z_,]+) (.*)$/.exec(line) ?? [];
    const bits = names.split(",").filter((each) => each !== "CLOSE" && each !== "ISDIR");
    const kind = names.includes("ISDIR") ? ",ISDIR" : "";
    return bits.map((each) => `${watched}${name} ${each}${kind}`);
  });
  return [...new Set(events)].sort();
}

describe.skipIf(!hasFanotify || real === undefined)("fsnotifywait beside ours", () => {
  it.each([["-m"], ["-mr"], ["-mS"], ["-mr", "--exclude", "/in"], ["-mF", "--include", "new|ren"]])(
    "tells the same of the same work with '%s'",
    { timeout: 60_000 },
    async (...args) => {
      const ours = await listen(ourTool("fsnotifywait"), args);
      expect(ours.length).toBeGreaterThan(1);
      expect(ours).toEqual(await listen(real ?? "", args));
    },
  );

  it.each([["nothere"], ["-r", "nothere"], ["-S", "nothere"], ["-S", "-q", "nothere"]])(
    "ends alike with '%s'",
    async (...args) => {
      const cwd = makeTempDir("treecast-fan-");
      const ours = await startTool(ourTool("fsnotifywait"), args, { cwd }).ended;
      expect(ours).toEqual(await startTool(real ?? "", args, { cwd }).ended);
      expect(ours.status).toBe(1);
    },
  );
});

async function ours(at: string, args: readonly string[], name = "inotifywait" as const) {
  const one = startTool(ourTool(name), args, { cwd: at });
  await one.says("atches established.");
  return one;
}

function linesOf(one: RunningTool, at: string): string[] {
  return one.stdout().replaceAll(`${at}/`, "").split("\n").slice(0, -1);
}

describe.skipIf(!hasFanotify)("treecast wait by fanotify", () => {
  it(
    "misses no file of trees that appear, by any name of theirs",
    { timeout: 60_000 },
    async () => {
      const at = ownDisk();
      mkdirSync(join(at, "w"));
      const source = makeTempDir("treecast-fan-source-");
      for (let i = 0; i < 200; i++) {
        mkdirSync(join(source, `t${i % 7}/d${i}`), { recursive: true });
        for (let j = 0; j < 10; j++) writeFileSync(join(source, `t${i % 7}/d${i}/f${j}`), "x");
      }
      const args = ["-mrF", "-e", "close_write", "--format", "%w%f", "w"];
      const one = await ours(at, args);
      for (const to of ["one", "two"]) spawnSync("cp", ["-a", source, join(at, "w", to)]);
      renameSync(join(at, "w/one"), join(at, "w/moved"));
      writeFileSync(join(at, "w/moved/end"), "");
      await until(() => linesOf(one, at).at(-1) === "w/moved/end", { limitMs: 20_000 });
      one.kill("SIGTERM");
      const told = new Set(linesOf(one, at).map((line) => line.replace("w/moved", "w/one")));
      const files = ["one", "two"].flatMap((to) =>
        readdirSync(source, { recursive: true, encoding: "utf8" })
          .filter((path) => /\/f\d$/.test(path))
          .map((path) => `w/${to}/${path}`),
      );
      expect(files).toHaveLength(4_000);
      expect(files.filter((file) => !told.has(file))).toEqual([]);
    },
  );

  it("names by its own words what is deleted at once, and what is below a renamed directory", async () => {
    const at = ownDisk();
    mkdirSync(join(at, "w/d/deep"), { recursive: true });
    const one = await ours(at, ["-mrF", "-e", "create,delete", "w"]);
    renameSync(join(at, "w/d"), join(at, "w/e"));
    writeFileSync(join(at, "w/e/deep/brief"), "");
    rmSync(join(at, "w/e"), { recursive: true });
    // In any order: the kernel may put the end of 'e' to its arrival, into one record.
    const expected = [
      "w/ DELETE,ISDIR e",
      "w/e/ DELETE,ISDIR deep",
      "w/e/deep/ CREATE brief",
      "w/e/deep/ DELETE brief",
    ];
    await until(() => linesOf(one, at).length >= expected.length);
    one.kill("SIGTERM");
    expect(linesOf(one, at).sort()).toEqual(expected);
  });

  it("hears nothing of what has left the tree, nor of what is left out", async () => {
    const at = ownDisk();
    for (const name of ["w/goes/deep", "w/out", "outside"]) {
      mkdirSync(join(at, name), { recursive: true });
    }
    const one = await ours(at, ["-mrF", "-e", "create,moved_from", "@w/out", "w"]);
    renameSync(join(at, "w/goes"), join(at, "outside/gone"));
    await until(() => linesOf(one, at).includes("w/ MOVED_FROM,ISDIR goes"));
    // Longer than the other half may take.
    const from = performance.now();
    await until(() => performance.now() > from + 300);
    await asleep(one.pid);
    writeFileSync(join(at, "outside/gone/deep/unheard"), "");
    writeFileSync(join(at, "w/out/unheard"), "");
    writeFileSync(join(at, "w/last"), "");
    await until(() => linesOf(one, at).includes("w/ CREATE last"));
    one.kill("SIGTERM");
    expect(linesOf(one, at).filter((line) => line.includes("unheard"))).toEqual([]);
  });

  it("watches a file by itself, through a link or as the link", async () => {
    const at = ownDisk();
    writeFileSync(join(at, "file"), "");
    symlinkSync("file", join(at, "link"));
    const one = await ours(at, ["-mF", "-e", "close_write", "link"]);
    const link = await ours(at, ["-mFP", "-e", "close_write", "link"]);
    writeFileSync(join(at, "beside"), "x");
    writeFileSync(join(at, "file"), "x");
    await until(() => linesOf(one, at).length > 0);
    for (const each of [one, link]) each.kill("SIGTERM");
    expect(linesOf(one, at)).toEqual([`${at}/ CLOSE_WRITE,CLOSE file`.slice(at.length + 1)]);
    expect(linesOf(link, at)).toEqual([]);
  });

  it("does not hear its own lines, though they lie on the file system", async () => {
    const at = ownDisk();
    const one = await ours(at, ["-mS", "-o", "log", "-e", "modify,close_write", "."]);
    writeFileSync(join(at, "a"), "x");
    await asleep(one.pid);
    one.kill("SIGTERM");
    await one.ended;
    expect(readdirSync(at).sort()).toEqual(["a", "log"]);
    const log = spawnSync("cat", [join(at, "log")], { encoding: "utf8" }).stdout;
    expect(log).toContain("CLOSE_WRITE");
    expect(log).not.toContain("log");
  });

  it("counts by paths, as fsnotifywatch does", async () => {
    const at = ownDisk();
    mkdirSync(join(at, "w"));
    const args = ["-e", "create,close_write", "w"];
    const tool = startTool(ourTool("fsnotifywatch"), args, { cwd: at });
    await tool.says("now collecting");
    writeFileSync(join(at, "w/a"), "x");
    await asleep(tool.pid);
    tool.kill("SIGINT");
    const { stdout, status } = await tool.ended;
    expect(status).toBe(0);
    expect(stdout.split("\n")[1]).toMatch(new RegExp(`^2 .* ${at}/w/a$`));
  });

  it.skipIf(!canUnshare())("is refused plainly without privileges", async () => {
    const at = makeTempDir("treecast-fan-");
    // Root of a user namespace is nobody's administrator.
    const call = (...args: string[]) =>
      startTool("/usr/bin/unshare", ["-Ur", ourTool("fsnotifywait"), ...args], { cwd: at }).ended;
    for (const args of [["-F", "."], ["-S", "."], ["."]]) {
      expect(await call(...args)).toMatchObject({
        status: 1,
        stdout: "",
        stderr:
          "Couldn't initialize fanotify: Operation not permitted\n" +
          "fanotify watch requires admin privileges\n",
      });
    }
    expect(await call("-I", "-q", "-t", "1", ".")).toMatchObject({ status: 2, stderr: "" });
  });
});

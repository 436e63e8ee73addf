import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { until } from "../../support/until.js";
import { treecast } from "../treecast.js";
import { linesOf, ourLinks, placeToWatch, start, startOurs, type Waiting } from "./side-by-side.js";

/** Its lines up to the event of a last file, which is left out, as it ends it. */
async function toldBy(one: Waiting, at: string, last = "end"): Promise<string[]> {
  writeFileSync(join(at, "w", last), "");
  await until(() => one.stdout().includes(last));
  one.child.kill();
  return linesOf((await one.ended).stdout).filter((line) => !line.includes(last));
}

/** A tree made at once and then put where it is seen: nothing in it is told by the kernel. */
function treeFromOutside(at: string): void {
  mkdirSync(join(at, "new/deep/er"), { recursive: true });
  mkdirSync(join(at, "new/out"));
  writeFileSync(join(at, "new/file"), "x");
  writeFileSync(join(at, "new/deep/er/file"), "x");
  writeFileSync(join(at, "new/out/file"), "x");
  renameSync(join(at, "new"), join(at, "w/new"));
}

describe("treecast wait -mr", () => {
  it("tells what is inside a directory that appears, each once", async () => {
    const at = placeToWatch();
    const one = await startOurs(["-mrq", "-e", "create,close_write,moved_to", "w"], at);
    treeFromOutside(at);
    const [first, ...others] = await toldBy(one, at);
    expect(first).toBe("w/ MOVED_TO,ISDIR new");
    expect(others.sort()).toEqual([
      "w/new/ CLOSE_WRITE,CLOSE file",
      "w/new/ CREATE file",
      "w/new/ CREATE,ISDIR deep",
      "w/new/ CREATE,ISDIR out",
      "w/new/deep/ CREATE,ISDIR er",
      "w/new/deep/er/ CLOSE_WRITE,CLOSE file",
      "w/new/deep/er/ CREATE file",
      "w/new/out/ CLOSE_WRITE,CLOSE file",
      "w/new/out/ CREATE file",
    ]);
  });

  it("tells of it what is asked for, and nothing of what is left out", async () => {
    const at = placeToWatch();
    const args = ["-mrq", "-e", "close_write", "@w/new/out", "--format", "%w%f", "w"];
    const one = await startOurs(args, at);
    treeFromOutside(at);
    expect(await toldBy(one, at)).toEqual(["w/new/file", "w/new/deep/er/file"]);
  });

  it("watches a new directory that its filter hides, and what comes into it", async () => {
    const at = placeToWatch();
    const one = await startOurs(["-mrq", "--include", "\\.txt$", "-e", "create", "w"], at);
    mkdirSync(join(at, "w/new"));
    await one.watching(2);
    writeFileSync(join(at, "w/new/a.txt"), "");
    expect(await toldBy(one, at, "end.txt")).toEqual(["w/new/ CREATE a.txt"]);
  });

  it("tells no more than inotifywait with --strict-compat", async () => {
    const at = placeToWatch();
    const args = ["-mrq", "-e", "create,moved_to", "--strict-compat"];
    const one = await startOurs([...args, "w"], at);
    const filtered = await startOurs([...args, "--include", "\\.txt$", "w"], at);
    treeFromOutside(at);
    await one.watching(5);
    writeFileSync(join(at, "w/new/deep/a.txt"), "");
    expect(await toldBy(one, at)).toEqual(["w/ MOVED_TO,ISDIR new", "w/new/deep/ CREATE a.txt"]);
    expect(await toldBy(filtered, at, "end.txt")).toEqual([]);
  });

  it("says what became of names after a renaming, and is silent of what has left", async () => {
    const at = placeToWatch();
    mkdirSync(join(at, "w/a/b"), { recursive: true });
    const one = await startOurs(["-mr", "-e", "create", "w"], at);
    renameSync(join(at, "w/a"), join(at, "w/c"));
    writeFileSync(join(at, "w/c/b/1"), "");
    renameSync(join(at, "w/c/b"), join(at, "w/d"));
    writeFileSync(join(at, "w/d/2"), "");
    renameSync(join(at, "w/d"), join(at, "outside"));
    await until(() => one.stdout().includes("w/d/ CREATE 2"));
    await until(() => {
      writeFileSync(join(at, "w/tick"), "");
      return (
        spawnSync("grep", ["-c", "inotify wd", `/proc/${one.pid}/fdinfo/` + fdOf(one.pid)])
          .stdout.toString()
          .trim() === "2"
      );
    });
    writeFileSync(join(at, "outside/3"), "");
    const told = await toldBy(one, at);
    expect(told).toContain("w/c/b/ CREATE 1");
    expect(told.join()).not.toContain("CREATE 3");
  });
});

function fdOf(pid: number): string {
  const found = spawnSync("sh", ["-c", `ls -l /proc/${pid}/fd | grep inotify`]).stdout.toString();
  return /(\d+) -> /.exec(found)?.[1] ?? "";
}

describe("treecast wait", () => {
  it("is itself under its own name, too", async () => {
    const at = placeToWatch();
    const { status, stderr } = await treecast(["wait", "-t", "1", "w"], { cwd: at });
    expect(stderr).toBe("Setting up watches.\nWatches established.\n");
    expect(status).toBe(2);
    const wrong = await treecast(["wait", "-V"], { cwd: at });
    expect(wrong).toMatchObject({ status: 1, stderr: "treecast wait: invalid option -- 'V'\n" });
  });

  it.each([
    ["inotifywait", ["-h"], 1],
    ["inotifywait", ["--help"], 1],
    ["inotifywait", ["-m", "--help", "w"], 1],
  ])("prints its help for %s %j", async (link, args, status) => {
    const ended = await start("ours", args, { cwd: placeToWatch(), link }).ended;
    expect(ended).toMatchObject({ status, stderr: "" });
    expect(ended.stdout).toContain("--strict-compat");
  });

  it("prints JSON, with the bytes of a name that is not UTF-8", async () => {
    const at = placeToWatch();
    const one = await startOurs(["-mrq", "--json", "-e", "create,move,close_write", "w"], at);
    writeFileSync(join(at, "w/名"), "");
    writeFileSync(Buffer.concat([Buffer.from(`${at}/w/`), Buffer.from([0xff])]), "");
    renameSync(join(at, "w/名"), join(at, "w/b"));
    treeFromOutside(at);
    const told = (await toldBy(one, at, "last")).map(
      (line) => JSON.parse(Buffer.from(line, "latin1").toString()) as Record<string, unknown>,
    );
    expect(told[0]).toEqual({
      watched: "w/",
      name: "名",
      events: ["CREATE"],
      time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    });
    expect(told[2]).toMatchObject({ name: "\ufffd", nameBytes: "/w==" });
    expect(told[4]).toMatchObject({ events: ["MOVED_FROM"] });
    expect(told[4]?.["cookie"]).toBe(told[5]?.["cookie"]);
    expect(told.find(({ name }) => name === "deep")).toMatchObject({
      watched: "w/new/",
      events: ["CREATE", "ISDIR"],
      found: true,
    });
  });

  it("tells of a path once when it has been quiet for a while (--settle)", async () => {
    const at = placeToWatch();
    const one = await startOurs(["-mq", "--settle", "500ms", "-e", "create,modify", "w"], at);
    for (let i = 0; i < 20; i++) writeFileSync(join(at, "w/a"), String(i));
    writeFileSync(join(at, "w/b"), "");
    await until(() => one.stdout().includes(" b\n"));
    writeFileSync(join(at, "w/a"), "again");
    await until(() => one.stdout().endsWith(" a\n"));
    one.child.kill();
    expect(linesOf((await one.ended).stdout)).toEqual([
      "w/ MODIFY,CREATE a",
      "w/ CREATE b",
      "w/ MODIFY a",
    ]);
  });

  it("ends after the first path that has settled, without -m", async () => {
    const at = placeToWatch();
    const one = await startOurs(["-q", "--settle", "100ms", "-e", "modify,create", "w"], at);
    writeFileSync(join(at, "w/a"), "x");
    expect(await one.ended).toMatchObject({ status: 0, stdout: "w/ MODIFY,CREATE a\n" });
  });

  it.each([
    [["--json", "-c"], "--json and -c cannot both be specified."],
    [["--settle", "5"], "--settle needs a length of time with its unit, such as 500ms or 2s."],
  ])("refuses %j", async (args, complaint) => {
    const ended = await start("ours", [...args, "w"], { cwd: placeToWatch() }).ended;
    expect(ended).toMatchObject({ status: 1, stderr: `${complaint}\n` });
  });

  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("is ended at once by %s", async (signal) => {
    const one = await startOurs(["-mr", "w"], placeToWatch());
    one.child.kill(signal);
    expect(await one.ended).toMatchObject({ status: null, signal });
  });

  it("is ended by a pipe that nobody reads any more, as others are", async () => {
    const at = placeToWatch();
    const one = await startOurs(["-m", "-e", "create", "w"], at);
    one.child.stdout?.destroy();
    writeFileSync(join(at, "w/a"), "");
    expect(await one.ended).toMatchObject({ signal: "SIGPIPE" });
  });

  it("goes by its link's name for pidof and pkill", async () => {
    const one = await startOurs(["-m", "w"], placeToWatch());
    expect(readFileSync(`/proc/${one.pid}/comm`, "utf8")).toBe("inotifywait\n");
    one.child.kill();
    await one.ended;
  });

  it("takes paths and expressions as bytes", async () => {
    const at = placeToWatch();
    const odd = Buffer.concat([Buffer.from(`${at}/w/`), Buffer.from([0xe9, 0x2f])]);
    mkdirSync(odd);
    // No shell but printf can write such a word.
    const script = `exec "$0" -q -e close_write "$(printf 'w/\\351')"`;
    const child = spawn("sh", ["-c", script, join(ourLinks(), "inotifywait")], { cwd: at });
    let stdout = "";
    child.stdout.setEncoding("latin1").on("data", (text: string) => (stdout += text));
    await until(() => fdOf(child.pid ?? 0) !== "");
    await until(() => {
      writeFileSync(Buffer.concat([odd, Buffer.from("f")]), "");
      return child.exitCode !== null;
    });
    expect(stdout).toBe("w/\xe9/ CLOSE_WRITE,CLOSE f\n");
  });
});

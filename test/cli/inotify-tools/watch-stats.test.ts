import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeTempDir } from "../../support/temp.js";
import { until } from "../../support/until.js";
import { treecast } from "../treecast.js";
import { asleep, ourTool, type RunningTool, startTool } from "./tools.js";

const STANDS = "now collecting statistics.\n";

async function counting(cwd: string, ...args: readonly string[]): Promise<RunningTool> {
  const tool = startTool(ourTool("inotifywatch"), args, { cwd });
  await tool.says(STANDS);
  return tool;
}

/** Rows of the last table, by name; numbers by the column's name. */
function rows(stdout: string): Record<string, Record<string, number>> {
  const table = stdout.slice(stdout.lastIndexOf("total  "));
  const [header = "", ...lines] = table.trimEnd().split("\n");
  const columns = header.trim().split(/ {2,}/).slice(0, -1);
  return Object.fromEntries(
    lines.map((line) => {
      const words = line.split(/ +/);
      const numbers = columns.map((name, at) => [name, Number(words[at])] as const);
      return [words.slice(columns.length).join(" "), Object.fromEntries(numbers)];
    }),
  );
}

describe("treecast watch-stats", () => {
  it("prints a table in between for SIGUSR1, at once, and goes on", async () => {
    const cwd = makeTempDir("watch-stats-");
    const tool = await counting(cwd, "-e", "create", ".");
    tool.kill("SIGUSR1");
    await tool.says("No events occurred.\n");
    await until(() => tool.stdout() === "\n");
    writeFileSync(join(cwd, "a"), "");
    tool.kill("SIGUSR1");
    await until(() => tool.stdout().endsWith("\n\n"));
    expect(tool.stdout()).toBe("\ntotal  create  filename\n1      1       ./\n\n");
    writeFileSync(join(cwd, "b"), "");
    tool.kill("SIGALRM");
    const { status, stdout } = await tool.ended;
    expect(status).toBe(0);
    expect(rows(stdout)).toEqual({ "./": { total: 2, create: 2 } });
  });

  it("counts what is inside a new directory already, at any depth", async () => {
    const cwd = makeTempDir("watch-stats-");
    mkdirSync(join(cwd, "t"));
    mkdirSync(join(cwd, "made/a/b"), { recursive: true });
    for (const name of ["made/1", "made/a/2", "made/a/b/3"]) writeFileSync(join(cwd, name), "");
    const tool = await counting(cwd, "-r", "-e", "create,moved_to", "t");
    renameSync(join(cwd, "made"), join(cwd, "t/made"));
    tool.kill("SIGINT");
    expect(rows((await tool.ended).stdout)).toEqual({
      "t/": { total: 1, moved_to: 1, create: 0 },
      "t/made/": { total: 2, moved_to: 0, create: 2 },
      "t/made/a/": { total: 2, moved_to: 0, create: 2 },
      "t/made/a/b/": { total: 1, moved_to: 0, create: 1 },
    });
  });

  it("watches new directories although no creation is asked for, unless it is to be strict", async () => {
    const table = async (...args: string[]) => {
      const cwd = makeTempDir("watch-stats-");
      mkdirSync(join(cwd, "t"));
      const tool = await counting(cwd, "-r", "-e", "modify", ...args, "t");
      mkdirSync(join(cwd, "t/new"));
      // Watched before the file is there: afterwards nothing could be told of it.
      await asleep(tool.pid);
      writeFileSync(join(cwd, "t/new/file"), "text");
      tool.kill("SIGINT");
      return await tool.ended;
    };
    expect(rows((await table()).stdout)).toEqual({ "t/new/": { total: 1, modify: 1 } });
    expect((await table("--strict-compat")).stderr).toContain("No events occurred.");
  });

  it("sorts by access where it is asked to, unless it is to be strict", async () => {
    const order = async (...args: string[]) => {
      const cwd = makeTempDir("watch-stats-");
      for (const name of ["read", "written"]) writeFileSync(join(cwd, name), "x");
      const tool = await counting(cwd, "-d", "access", ...args, "written", "read");
      for (let count = 0; count < 5; count++) writeFileSync(join(cwd, "written"), "x");
      readFileSync(join(cwd, "read"));
      tool.kill("SIGINT");
      return Object.keys(rows((await tool.ended).stdout));
    };
    expect(await order()).toEqual(["read", "written"]);
    expect(await order("--strict-compat")).toEqual(["written", "read"]);
  });

  it("refuses what would end inotifywatch in a crash", async () => {
    const refuse = async (...args: string[]) =>
      (await startTool(ourTool("inotifywatch"), args, { cwd: "/" }).ended).stderr;
    expect(await refuse("-d", "move", ".")).toContain("Cannot sort by `move' event");
    expect(await refuse("-a", "all_events", ".")).toContain("'all_events' is not a valid key");
    expect(await refuse("-a", "open,modify", ".")).toContain("'open,modify' is not a valid key");
  });

  it("keeps the counts of what has gone", async () => {
    const cwd = makeTempDir("watch-stats-");
    mkdirSync(join(cwd, "t/sub"), { recursive: true });
    const tool = await counting(cwd, "-r", "-e", "create,delete_self", "t");
    writeFileSync(join(cwd, "t/sub/a"), "");
    rmSync(join(cwd, "t/sub"), { recursive: true });
    tool.kill("SIGHUP");
    // The end of the watch counts in the total, as it does there.
    expect(rows((await tool.ended).stdout)).toEqual({
      "t/sub/": { total: 3, create: 1, delete_self: 1 },
    });
  });

  it("explains itself: 0 under its own name, 1 where inotifywatch does so", async () => {
    const own = await treecast(["watch-stats", "--help"]);
    expect(own).toMatchObject({ status: 0, stderr: "" });
    expect(own.stdout).toContain("Usage: treecast watch-stats");
    const linked = await startTool(ourTool("inotifywatch"), ["--help"], { cwd: "/" }).ended;
    expect(linked).toMatchObject({ status: 1, stderr: "" });
    expect(linked.stdout).toContain("--descending");
  });
});

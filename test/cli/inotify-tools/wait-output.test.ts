import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { until } from "../../support/until.js";
import { linesOf, placeToWatch, start, startOurs } from "./side-by-side.js";

describe("treecast wait, its output", () => {
  it("loses nothing of 50,000 events that nobody reads for a while", async () => {
    const at = placeToWatch();
    const one = start("ours", ["-mq", "-e", "create", "--format", "%f", "w"], { cwd: at });
    one.child.stdout?.pause();
    await one.watching(1);
    const files = 50_000;
    // In a child, as a writer in this process would not read either way.
    const code = `for (let i = 0; i < ${files}; i++) {
      require("fs").writeFileSync("w/" + i, ""); require("fs").unlinkSync("w/" + i); }`;
    const writer = spawn(process.execPath, ["-e", code], { cwd: at, stdio: "inherit" });
    await new Promise((resolve) => writer.once("close", resolve));
    one.child.stdout?.resume();
    await until(() => one.stdout().endsWith(`\n${files - 1}\n`));
    one.child.kill();
    expect(linesOf((await one.ended).stdout)).toHaveLength(files);
  });

  it("shows an overflow of the kernel's queue, and watches afterwards what it has not heard of", async () => {
    const at = placeToWatch();
    // Not -q: stopped before all is established, it would find the new directory at its start, and
    // what happens there then may be among what the kernel has dropped.
    const one = await startOurs(["-mr", "-e", "create", "--include", "late", "w"], at);
    const queue = Number(readFileSync("/proc/sys/fs/inotify/max_queued_events", "utf8"));
    if (queue > 50_000) return;
    one.child.kill("SIGSTOP");
    for (let i = 0; i < queue; i++) writeFileSync(join(at, `w/${i}`), "");
    mkdirSync(join(at, "w/unheard/deep"), { recursive: true });
    one.child.kill("SIGCONT");
    await one.watching(3);
    writeFileSync(join(at, "w/unheard/deep/late"), "");
    await until(() => one.stdout().includes("late"));
    one.child.kill();
    expect(linesOf((await one.ended).stdout)).toEqual([
      " Q_OVERFLOW ",
      "w/unheard/deep/ CREATE late",
    ]);
  });
});

describe("treecast wait -d", () => {
  it("goes on in the background, and appends to a file", async () => {
    const at = placeToWatch();
    writeFileSync(join(at, "log"), "before\n");
    const args = ["-d", "-q", "-t", "1", "-o", "log", "-e", "create", "w"];
    const first = await start("ours", args, { cwd: at }).ended;
    expect(first).toEqual({ status: 0, signal: null, stdout: "", stderr: "" });
    // It watches already: nothing needs to be waited for.
    writeFileSync(join(at, "w/a"), "");
    await until(() => readFileSync(join(at, "log"), "utf8") === "before\nw/ CREATE a\n");
  });

  it("says why it does not", async () => {
    const at = placeToWatch();
    writeFileSync(join(at, "log"), "");
    const first = await start("ours", ["-d", "-o", "log", "nothere"], { cwd: at }).ended;
    expect(first).toMatchObject({
      status: 1,
      stderr: "Couldn't watch nothere: No such file or directory\n",
    });
  });

  it("takes relative paths from the root with --strict-compat, and says nothing", async () => {
    const at = placeToWatch();
    writeFileSync(join(at, "log"), "");
    const args = ["-d", "--strict-compat", "-o", "log", "-e", "create", "-t", "1"];
    expect(await start("ours", [...args, "w"], { cwd: at }).ended).toMatchObject({
      status: 0,
      stderr: "",
    });
    await start("ours", [...args, join(at, "w").slice(1)], { cwd: at }).ended;
    writeFileSync(join(at, "w/a"), "");
    await until(() => readFileSync(join(at, "log"), "utf8") !== "");
    expect(readFileSync(join(at, "log"), "utf8")).toBe(`${at.slice(1)}/w/ CREATE a\n`);
  });
});

describe("treecast wait -o", () => {
  it("makes a file that only its owner reads, and appends to it", async () => {
    const at = placeToWatch();
    for (const name of ["a", "b"]) {
      const one = await startOurs(["-q", "-o", "out", "-e", "create", "w"], at);
      writeFileSync(join(at, "w", name), "");
      expect(await one.ended).toMatchObject({ status: 0, stdout: "" });
    }
    expect(readFileSync(join(at, "out"), "utf8")).toBe("w/ CREATE a\nw/ CREATE b\n");
    expect(statSync(join(at, "out")).mode & 0o777).toBe(0o600);
  });

  it("says so where the disk is full", async () => {
    if (!existsSync("/dev/full")) return;
    const at = placeToWatch();
    const full = openSync("/dev/full", "w");
    const one = await startOurs(["-mq", "-e", "attrib", "w"], at, { stdout: full });
    closeSync(full);
    chmodSync(join(at, "w"), 0o700);
    expect(await one.ended).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("Cannot write events: ENOSPC") as string,
    });
  });
});

import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { canUnshare, WatchChild } from "../support/watch-child.js";

const WATCHES = "/proc/sys/user/max_inotify_watches";
const INSTANCES = "/proc/sys/user/max_inotify_instances";

/** 1 + 6 + 36 directories. */
function makeTree(root: string): void {
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j < 6; j++) {
      mkdirSync(join(root, `a${i}/b${j}`), { recursive: true });
      writeFileSync(join(root, `a${i}/b${j}/file`), "x");
    }
  }
}

function changeEverywhere(root: string, mark: string): void {
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j < 6; j++) {
      writeFileSync(join(root, `a${i}/b${j}/file`), mark);
      writeFileSync(join(root, `a${i}/b${j}/new-${mark}`), "x");
    }
  }
}

describe.skipIf(!canUnshare())("a watch under a limit", () => {
  it("scans what it may not watch, says so once, and finds every kind of change", async () => {
    const root = makeTempDir();
    makeTree(root);
    await using child = new WatchChild({ namespaces: true });
    await child.write(WATCHES, "20");
    await child.start(root, 60_000);
    const before = await child.state();
    expect(before.coverage).toEqual({ watched: 20, unwatched: 23 });
    expect(before.notices).toHaveLength(1);
    expect(before.notices[0]).toMatchObject({
      kind: "limit-reached",
      sysctl: "user.max_inotify_watches",
      value: 20,
    });
    expect(before.notices[0]?.text).toContain("23 of 43 directories");

    changeEverywhere(root, "one");
    expect((await child.state()).differences).toEqual([]);
    renameSync(join(root, "a0"), join(root, "moved"));
    renameSync(join(root, "a1/b1"), join(root, "a2/b1/inside"));
    rmSync(join(root, "a3"), { recursive: true });
    for (let i = 4; i < 6; i++) {
      mkdirSync(join(root, `a${i}/b0/new/deep`), { recursive: true });
      writeFileSync(join(root, `a${i}/b0/new/deep/file`), "x");
      symlinkSync("x", join(root, `a${i}/b5/link`));
      rmSync(join(root, `a${i}/b3/file`));
      rmSync(join(root, `a${i}/b4`), { recursive: true });
      writeFileSync(join(root, `a${i}/b4`), "a file where a directory was");
    }
    expect((await child.state()).differences).toEqual([]);
    expect(
      (await child.state()).notices.filter(({ kind }) => kind === "limit-reached"),
    ).toHaveLength(1);
  });

  it("scans by itself, and watches everything once the limit is raised", async () => {
    const root = makeTempDir();
    makeTree(root);
    await using child = new WatchChild({ namespaces: true });
    await child.write(WATCHES, "10");
    await child.start(root, 30);
    changeEverywhere(root, "two");
    await until(async () => (await child.state({ drain: false })).differences.length === 0);
    await child.write(WATCHES, "1000");
    await until(async () => (await child.state({ drain: false })).coverage.unwatched === 0);
    changeEverywhere(root, "three");
    const state = await child.state();
    expect(state.differences).toEqual([]);
    expect(state.coverage).toEqual({ watched: 43, unwatched: 0 });
    expect(state.notices.map(({ kind }) => kind)).toEqual(["limit-reached", "limit-over"]);
    expect(state.gaps).toEqual([]);
  });

  it("says that the limit is over although one directory stays unreadable", async () => {
    const root = makeTempDir();
    makeTree(root);
    await using child = new WatchChild({ namespaces: true });
    await child.write(WATCHES, "10");
    await child.start(root, 30);
    // Shown a second time, a directory stays unwatched for a reason of its own.
    await child.run("mount", "--bind", join(root, "a0"), join(root, "a1"));
    await child.write(WATCHES, "1000");
    await until(async () => (await child.state({ drain: false })).notices.length === 2);
    const state = await child.state();
    expect(state.notices.map(({ kind }) => kind)).toEqual(["limit-reached", "limit-over"]);
    await until(async () => (await child.state()).coverage.unwatched === 7);
  });

  it("scans even the root when there is no watch at all", async () => {
    const root = makeTempDir();
    makeTree(root);
    await using child = new WatchChild({ namespaces: true });
    await child.write(WATCHES, "0");
    await child.start(root, 60_000);
    changeEverywhere(root, "four");
    mkdirSync(join(root, "top"));
    const state = await child.state();
    expect(state.differences).toEqual([]);
    expect(state.coverage).toEqual({ watched: 0, unwatched: 44 });
  });

  it("names the sysctl when no inotify instance is to be had", async () => {
    await using child = new WatchChild({ namespaces: true });
    await child.write(INSTANCES, "0");
    await expect(child.start(makeTempDir())).rejects.toMatchObject({
      code: "WATCH_LIMIT",
      message: expect.stringContaining("max_inotify_instances is 0") as string,
    });
  });

  it("tells a gap where a file system is mounted below the root, and where it goes again", async () => {
    const root = makeTempDir();
    mkdirSync(join(root, "place/covered"), { recursive: true });
    await using child = new WatchChild({ namespaces: true });
    await child.start(root);
    await child.run("mount", "-t", "tmpfs", "none", join(root, "place"));
    await until(async () => (await child.state()).gaps.length === 1);
    await child.run("mkdir", "-p", join(root, "place/on-tmpfs/deep"));
    await child.run("touch", join(root, "place/on-tmpfs/deep/file"));
    const mounted = await child.state();
    expect(mounted.differences).toEqual([]);
    expect(mounted.paths).toContain("place/on-tmpfs/deep/file");
    await child.run("umount", join(root, "place"));
    await until(async () => (await child.state()).gaps.length === 2);
    writeFileSync(join(root, "place/covered/after"), "x");
    const after = await child.state();
    expect(after.differences).toEqual([]);
    expect(after.paths).toContain("place/covered/after");
    expect(after.gaps.map(({ path, reason }) => [path, reason])).toEqual([
      ["place", "mount"],
      ["place", "mount"],
    ]);
  });

  it("takes an unmounted root for lost, and a mounted one for returned", async () => {
    const base = makeTempDir();
    const root = join(base, "root");
    mkdirSync(root);
    await using child = new WatchChild({ namespaces: true });
    await child.run("mount", "-t", "tmpfs", "none", root);
    await child.run("touch", join(root, "file"));
    await child.start(root);
    await child.run("umount", root);
    const lost = await until(async () => {
      const state = await child.state();
      return state.roots.length >= 1 ? state : undefined;
    });
    expect(lost.roots[0]).toMatch(/^lost: another directory/);
    // An empty directory stands there now: it is watched, and whoever deletes must look twice.
    await until(async () => (await child.state()).gaps.length === 1);
    expect((await child.state()).gaps[0]).toMatchObject({ path: "", reason: "root-returned" });
  });

  it("scans a directory that a bind mount shows a second time", async () => {
    const root = makeTempDir();
    mkdirSync(join(root, "one/deep"), { recursive: true });
    mkdirSync(join(root, "two"));
    await using child = new WatchChild({ namespaces: true });
    await child.run("mount", "--bind", join(root, "one"), join(root, "two"));
    await child.start(root, 60_000);
    expect((await child.state()).coverage).toEqual({ watched: 3, unwatched: 2 });
    writeFileSync(join(root, "one/deep/file"), "x");
    const state = await child.state();
    expect(state.differences).toEqual([]);
    expect(state.paths).toContain("two/deep/file");
  });
});

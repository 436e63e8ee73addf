import { execFileSync, spawnSync } from "node:child_process";
import { linkSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RelativePath } from "../../src/model/path.js";
import { startMirror } from "../support/mirror.js";
import type { MirroredWatch } from "../support/mirror.js";
import { hasFanotify, ownDisk } from "../support/own-disk.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { canUnshare, WatchChild } from "../support/watch-child.js";

const BY_ITSELF = { kind: "fanotify", reason: "the source is a file system of its own" };
const AS_SET = { kind: "fanotify", reason: "the settings say so" };

function mount(...args: readonly string[]): void {
  execFileSync("mount", args);
  const place = args.at(-1) ?? "";
  onTestFinished(() => void spawnSync("umount", ["-l", place]));
}

/** A tree that is a part of its file system, and a place beside it. */
function partOfDisk() {
  const disk = ownDisk();
  const [root, outside] = [join(disk, "root"), join(disk, "outside")];
  mkdirSync(root);
  mkdirSync(outside);
  return { disk, root, outside };
}

async function expectTrue(watched: MirroredWatch): Promise<void> {
  expect(await watched.differences()).toEqual([]);
}

function watcherNotices({ mirror }: MirroredWatch): string[] {
  return mirror.notices.filter(({ kind }) => kind === "watcher").map(({ text }) => text);
}

describe.skipIf(!hasFanotify)("who hears a tree", () => {
  it("is fanotify by itself where the source is a file system of its own, and that is said", async () => {
    const root = ownDisk();
    await using watched = await startMirror(root);
    expect(watched.watch.watcher).toEqual(BY_ITSELF);
    expect(watched.watch.coverage).toEqual({ watched: 1, unwatched: 0, whole: true });
    expect(watcherNotices(watched)).toEqual([
      `The source is heard by fanotify: ${BY_ITSELF.reason}`,
    ]);
    mkdirSync(join(root, "a/b"), { recursive: true });
    writeFileSync(join(root, "a/b/file"), "x");
    await expectTrue(watched);
  });

  it("is inotify by itself where the source is a part of a file system, in silence", async () => {
    const { root, outside } = partOfDisk();
    await using watched = await startMirror(root);
    expect(watched.watch.watcher).toEqual({
      kind: "inotify",
      reason: "the source is not a file system of its own",
    });
    expect(watcherNotices(watched)).toEqual([]);
    mkdirSync(join(outside, "part"));
    mount("--bind", outside, root);
    await until(() => watched.mirror.roots.length === 2);
    expect(watched.watch.watcher?.kind).toBe("inotify");
  });

  it("is inotify where the settings say so", async () => {
    await using watched = await startMirror(ownDisk(), { source: "inotify" });
    expect(watched.watch.watcher).toEqual({ kind: "inotify", reason: "the settings say so" });
  });

  it("is inotify on overlayfs, whoever was asked for, and that is said", async () => {
    const disk = ownDisk();
    const [lower, upper, work, root] = ["lower", "upper", "work", "root"].map((name) => {
      mkdirSync(join(disk, name));
      return join(disk, name);
    }) as [string, string, string, string];
    mount(
      "-t",
      "overlay",
      "-o",
      `lowerdir=${lower},upperdir=${upper},workdir=${work}`,
      "none",
      root,
    );
    await using watched = await startMirror(root, { source: "fanotify" });
    expect(watched.watch.watcher).toEqual({
      kind: "inotify",
      reason: "the source lies on overlay",
    });
    expect(watcherNotices(watched)).toEqual([
      "The source is watched by inotify and not heard by fanotify: the source lies on overlay",
    ]);
    writeFileSync(join(root, "file"), "x");
    await expectTrue(watched);
  });

  it.skipIf(!canUnshare())("is inotify for a process without the privilege", async () => {
    const root = makeTempDir();
    await using child = new WatchChild({ namespaces: true });
    await child.start(root, undefined, "fanotify");
    await child.write(join(root, "file"), "x");
    const { watcher, notices, differences } = await child.state();
    expect(watcher).toEqual({ kind: "inotify", reason: "this process lacks CAP_SYS_ADMIN" });
    expect(notices).toMatchObject([{ kind: "watcher", level: "warn" }]);
    expect(differences).toEqual([]);
  });

  it("is inotify where the arrival of directories does not count", async () => {
    await using watched = await startMirror(ownDisk(), {
      source: "fanotify",
      events: ["close_write", "delete", "moved_from", "moved_to"],
    });
    expect(watched.watch.watcher).toEqual({
      kind: "inotify",
      reason: "the arrival of directories does not count",
    });
  });
});

describe.skipIf(!hasFanotify)("a tree that fanotify hears as a part of its file system", () => {
  it("tells nothing of what happens beside it", async () => {
    const { root, outside } = partOfDisk();
    mkdirSync(join(root, "in"));
    await using watched = await startMirror(root, { source: "fanotify" });
    expect(watched.watch.watcher).toEqual(AS_SET);
    for (let i = 0; i < 2_000; i++) {
      mkdirSync(join(outside, `d${i}/below`), { recursive: true });
      writeFileSync(join(outside, `d${i}/below/file`), "x");
    }
    renameSync(join(outside, "d1"), join(outside, "e1"));
    rmSync(join(outside, "d2"), { recursive: true });
    writeFileSync(join(root, "in/file"), "x");
    await expectTrue(watched);
    expect([...watched.mirror.kinds.keys()]).toEqual(["in/file"]);
    expect(watched.mirror.gaps).toEqual([]);
  });

  it("tells all of a directory that moves in, and nothing more of one that has moved out", async () => {
    const { root, outside } = partOfDisk();
    mkdirSync(join(outside, "tree/deep/er"), { recursive: true });
    writeFileSync(join(outside, "tree/deep/er/file"), "x");
    await using watched = await startMirror(root, { source: "fanotify" });
    // What happens there before is nobody's business, and must not be remembered for afterwards.
    writeFileSync(join(outside, "tree/deep/er/other"), "x");
    await watched.watch.drain();
    renameSync(join(outside, "tree"), join(root, "tree"));
    writeFileSync(join(root, "tree/deep/er/third"), "x");
    await expectTrue(watched);
    expect(watched.mirror.entries.size).toBe(6);
    renameSync(join(root, "tree"), join(outside, "tree"));
    await expectTrue(watched);
    watched.mirror.kinds.clear();
    writeFileSync(join(outside, "tree/deep/er/file"), "later");
    await expectTrue(watched);
    expect([...watched.mirror.kinds]).toEqual([]);
    renameSync(join(outside, "tree/deep"), join(root, "deep"));
    writeFileSync(join(root, "deep/er/file"), "back");
    await expectTrue(watched);
    expect(watched.mirror.moves).toEqual([]);
  });

  it("keeps true where the kernel joins renames there and back with earlier ones", async () => {
    const { root, outside } = partOfDisk();
    for (const name of ["a", "b"]) {
      mkdirSync(join(root, name, "deep"), { recursive: true });
      writeFileSync(join(root, name, "deep/file"), name);
    }
    await using watched = await startMirror(root, { source: "fanotify" });
    const places = [join(root, "a"), join(root, "c"), join(outside, "a"), join(root, "b/c")];
    for (let round = 0; round < 200; round++) {
      const way = [0, 1 + (round % 3), 0, 1 + (round % 3), 0, 1 + ((round + 1) % 3), 0];
      for (let i = 1; i < way.length - (round % 2); i++) {
        renameSync(places[way[i - 1]!]!, places[way[i]!]!);
      }
      const end = places[way[way.length - 1 - (round % 2)]!]!;
      writeFileSync(join(end, "deep/file"), String(round));
      if (round % 7 === 0) await expectTrue(watched);
      if (end !== places[0]) renameSync(end, places[0]!);
    }
    await expectTrue(watched);
    expect(watched.mirror.gaps).toEqual([]);
  });

  it("is whole again where a directory above it is renamed and named back", async () => {
    const disk = ownDisk();
    const root = join(disk, "above/root");
    mkdirSync(join(root, "d"), { recursive: true });
    await using watched = await startMirror(root, { source: "fanotify" });
    renameSync(join(disk, "above"), join(disk, "elsewhere"));
    writeFileSync(join(disk, "elsewhere/root/d/file"), "x");
    renameSync(join(disk, "elsewhere"), join(disk, "above"));
    writeFileSync(join(root, "d/other"), "x");
    await expectTrue(watched);
  });
});

describe.skipIf(!hasFanotify)("what is mounted below a tree that fanotify hears", () => {
  it("is heard by a mark of its own, from before the start or later, until it goes", async () => {
    const root = ownDisk();
    mkdirSync(join(root, "a/first"), { recursive: true });
    mkdirSync(join(root, "second"));
    mount("-t", "tmpfs", "none", join(root, "a/first"));
    await using watched = await startMirror(root);
    expect(watched.watch.watcher).toEqual(BY_ITSELF);
    expect(watched.watch.coverage).toMatchObject({ watched: 2, whole: true });
    mkdirSync(join(root, "a/first/d"));
    writeFileSync(join(root, "a/first/d/file"), "x");
    await expectTrue(watched);
    expect(watched.mirror.gaps).toEqual([]);
    mount("-t", "tmpfs", "none", join(root, "second"));
    await until(() => watched.mirror.gaps.length === 1);
    writeFileSync(join(root, "second/file"), "x");
    mkdirSync(join(root, "a/next"));
    await expectTrue(watched);
    expect(watched.watch.coverage.watched).toBe(3);
    execFileSync("umount", [join(root, "second")]);
    await until(() => watched.mirror.gaps.length === 2);
    writeFileSync(join(root, "second/below"), "x");
    await expectTrue(watched);
    expect(watched.mirror.gaps.map(({ path, reason }) => [path, reason])).toEqual([
      ["second", "mount"],
      ["second", "mount"],
    ]);
    expect(watched.watch.coverage.watched).toBe(2);
  });

  it("makes inotify take over where it cannot be heard, and where it moves", async () => {
    const { root, outside } = partOfDisk();
    mkdirSync(join(root, "in/place"), { recursive: true });
    await using watched = await startMirror(root, { source: "fanotify" });
    mount("--bind", outside, join(root, "in/place"));
    await until(() => watched.watch.watcher?.kind === "inotify");
    expect(watched.watch.watcher?.reason).toBe(
      "in/place, which is mounted in it, cannot be heard: its file system is mounted in the tree twice",
    );
    await until(() => watched.mirror.gaps.length > 0);
    writeFileSync(join(root, "in/place/file"), "x");
    writeFileSync(join(root, "in/other"), "x");
    await expectTrue(watched);

    const other = ownDisk();
    mkdirSync(join(other, "in/place"), { recursive: true });
    mount("-t", "tmpfs", "none", join(other, "in/place"));
    await using moving = await startMirror(other);
    expect(moving.watch.watcher).toEqual(BY_ITSELF);
    renameSync(join(other, "in"), join(other, "moved"));
    await until(() => moving.watch.watcher?.kind === "inotify");
    onTestFinished(() => void spawnSync("umount", ["-l", join(other, "moved/place")]));
    writeFileSync(join(other, "moved/file"), "x");
    await expectTrue(moving);
  });

  it("is left alone where a rule leaves it out", async () => {
    const root = ownDisk();
    mkdirSync(join(root, "out"));
    mount("-t", "proc", "none", join(root, "out"));
    await using watched = await startMirror(root, { rules: ["- /out/"] });
    expect(watched.watch.watcher).toEqual(BY_ITSELF);
    expect(watched.watch.coverage.watched).toBe(1);
  });
});

describe.skipIf(!hasFanotify)("a root that fanotify hears", () => {
  it("is lost when it is unmounted, which nothing keeps it from, and heard when it returns", async () => {
    const root = ownDisk();
    mkdirSync(join(root, "d"));
    await using watched = await startMirror(root);
    writeFileSync(join(root, "d/file"), "x");
    await expectTrue(watched);
    execFileSync("umount", [root]);
    await until(() => watched.mirror.roots.length > 0);
    // The directory below is the root now, and a part of another file system.
    await until(() => watched.mirror.roots.length === 2);
    expect(watched.watch.watcher?.kind).toBe("inotify");
    execFileSync("mount", ["-t", "tmpfs", "treecast-test", root]);
    await until(() => watched.mirror.roots.length === 4);
    expect(watched.watch.watcher).toEqual(BY_ITSELF);
    await until(() => watched.mirror.gaps.length > 0);
    mkdirSync(join(root, "new/deep"), { recursive: true });
    writeFileSync(join(root, "new/deep/file"), "x");
    await expectTrue(watched);
  });

  it("scans a directory in which something was found to change unheard", async () => {
    const { root, outside } = partOfDisk();
    mkdirSync(join(root, "in"));
    writeFileSync(join(root, "in/file"), "one");
    linkSync(join(root, "in/file"), join(outside, "link"));
    await using watched = await startMirror(root, { source: "fanotify", scanIntervalMs: 30 });
    // Heard by the other name alone.
    writeFileSync(join(outside, "link"), "longer");
    expect(await watched.differences()).toEqual(["stale in/file"]);
    watched.watch.unheard("in/file" as RelativePath);
    await until(() => watched.mirror.gaps.length === 1);
    expect(watched.mirror.gaps).toMatchObject([{ path: "in", reason: "unheard" }]);
    await watched.watch.drain();
    expect(watched.watch.coverage).toEqual({ watched: 1, unwatched: 1, whole: true });
    renameSync(join(root, "in"), join(root, "moved"));
    await watched.watch.drain();
    writeFileSync(join(outside, "link"), "longer still");
    await until(() => watched.mirror.differences().length === 0);
    expect(statSync(join(root, "moved/file")).size).toBe("longer still".length);
  });
});

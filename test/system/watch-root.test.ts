import {
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Kind } from "../../src/model/change.js";
import { startWatch } from "../../src/watch/watch.js";
import { Mirror, startMirror } from "../support/mirror.js";
import type { MirroredWatch } from "../support/mirror.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { watchers } from "../support/watchers.js";

async function expectReturned({ mirror, watch, root }: MirroredWatch & { root: string }) {
  await until(() => mirror.gaps.some(({ reason }) => reason === "root-returned"));
  expect(mirror.roots[0]).toMatch(/^lost: /);
  expect(mirror.roots.at(-1)).toMatch(/^returned: /);
  const { dev, ino } = statSync(root, { bigint: true });
  expect(watch.rootIdentity).toEqual({ dev, ino });
  mkdirSync(join(root, "after/deep"), { recursive: true });
  writeFileSync(join(root, "after/deep/file"), "x");
  await watch.drain();
  expect(mirror.differences()).toEqual([]);
}

describe.each(watchers)("a watch by %s whose root", (source) => {
  async function startInside(): Promise<MirroredWatch & { root: string; base: string }> {
    const base = makeTempDir();
    const root = join(base, "root");
    mkdirSync(join(root, "a/b"), { recursive: true });
    writeFileSync(join(root, "a/b/file"), "x");
    return { ...(await startMirror(root, { source })), root, base };
  }

  it("is deleted tells the loss, and its return as a gap", async () => {
    await using watched = await startInside();
    rmSync(watched.root, { recursive: true });
    await until(() => watched.mirror.roots.length > 0);
    expect(watched.mirror.roots).toEqual([expect.stringMatching(/^lost: .*does not exist/)]);
    // Nothing to wait for: a drain does not hang.
    await watched.watch.drain();
    mkdirSync(watched.root);
    await expectReturned(watched);
  });

  it("is deleted and made again at once is lost too, though the inode number may be the same", async () => {
    await using watched = await startInside();
    for (let round = 1; round <= 5; round++) {
      // One that is seen in its two steps may be told as two gaps.
      const before = watched.mirror.gaps.length;
      rmSync(watched.root, { recursive: true });
      mkdirSync(watched.root);
      await until(() => watched.mirror.gaps.length > before, { what: () => `gap ${round}` });
    }
    await expectReturned(watched);
  });

  it("is replaced by another directory is lost and returns as the other", async () => {
    await using watched = await startInside();
    const other = join(watched.base, "other");
    mkdirSync(join(other, "different"), { recursive: true });
    renameSync(watched.root, join(watched.base, "old"));
    renameSync(other, watched.root);
    await expectReturned(watched);
    // The old one is not watched any more.
    const told = watched.mirror.told;
    writeFileSync(join(watched.base, "old/a/b/unheard"), "x");
    await watched.watch.drain();
    expect(watched.mirror.told).toBe(told);
  });

  it("moves away and back is whole again", async () => {
    await using watched = await startInside();
    renameSync(watched.root, join(watched.base, "away"));
    await until(() => watched.mirror.roots.length > 0);
    writeFileSync(join(watched.base, "away/a/b/meanwhile"), "x");
    renameSync(join(watched.base, "away"), watched.root);
    await expectReturned(watched);
  });

  it("is below a directory that moves away is lost, although no event says so", async () => {
    const base = makeTempDir();
    const root = join(base, "parent/root");
    mkdirSync(root, { recursive: true });
    await using watched = { ...(await startMirror(root, { source })), root };
    renameSync(join(base, "parent"), join(base, "elsewhere"));
    await until(() => watched.mirror.roots.length > 0);
    renameSync(join(base, "elsewhere"), join(base, "parent"));
    await expectReturned(watched);
  });

  it("is named by a link that is turned to another directory is lost and returns", async () => {
    const base = makeTempDir();
    for (const name of ["release-1", "release-2"])
      mkdirSync(join(base, name, name), { recursive: true });
    const root = join(base, "current");
    symlinkSync("release-1", root);
    await using watched = { ...(await startMirror(root, { source })), root };
    symlinkSync("release-2", join(base, "next"));
    renameSync(join(base, "next"), root);
    await expectReturned(watched);
    expect(watched.mirror.entries.has("release-2" as never)).toBe(true);
  });

  it("becomes a file is lost until a directory is there", async () => {
    await using watched = await startInside();
    rmSync(watched.root, { recursive: true });
    writeFileSync(watched.root, "a file");
    await until(() => watched.mirror.roots.length > 0);
    unlinkSync(watched.root);
    mkdirSync(watched.root);
    await expectReturned(watched);
  });

  it("loses everything does not tell the deletions that come with its own", async () => {
    await using watched = await startInside();
    renameSync(watched.root, join(watched.base, "old"));
    await until(() => watched.mirror.roots.length > 0);
    const gone = [...watched.mirror.kinds.values()].filter((kinds) => (kinds & Kind.Gone) !== 0);
    expect(gone).toEqual([]);
  });

  it("is missing at the start is refused by name", async () => {
    const root = join(makeTempDir(), "nowhere");
    await expect(startWatch({ root, rules: [], source }, new Mirror(root))).rejects.toMatchObject({
      code: "ROOT_MISSING",
      message: expect.stringContaining("nowhere does not exist") as string,
    });
  });
});

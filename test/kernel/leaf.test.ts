import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { holdsNoDirectory } from "../../src/kernel/leaf.js";
import { hasFanotify, hasImages, imageDisk, ownDisk } from "../support/own-disk.js";

const asks = (path: string): boolean => holdsNoDirectory(Buffer.from(`${path}\0`, "latin1"));

describe("holdsNoDirectory()", () => {
  it.skipIf(!hasImages)("knows the directories of an ext4 without reading them", () => {
    const disk = imageDisk();
    const [leaf, inner] = [join(disk, "leaf"), join(disk, "inner")];
    mkdirSync(leaf);
    writeFileSync(join(leaf, "file"), "");
    mkdirSync(join(inner, "below"), { recursive: true });
    expect([asks(leaf), asks(`${leaf}/`), asks(inner)]).toEqual([true, true, false]);
    renameSync(join(inner, "below"), join(leaf, "below"));
    expect([asks(leaf), asks(inner)]).toEqual([false, true]);
    rmdirSync(join(leaf, "below"));
    expect(asks(leaf)).toBe(true);
  });

  it.skipIf(!hasImages)("says nothing of what is no directory, or not there", () => {
    const disk = imageDisk();
    mkdirSync(join(disk, "leaf"));
    writeFileSync(join(disk, "file"), "");
    symlinkSync("leaf", join(disk, "link"));
    expect(["file", "link", "none"].map((name) => asks(join(disk, name)))).toEqual([
      false,
      false,
      false,
    ]);
    expect(asks(join(disk, "link/"))).toBe(true);
  });

  it.skipIf(!hasFanotify || !hasImages)("reads the directories of others, also inside it", () => {
    const disk = imageDisk();
    const inside = join(disk, "inside");
    mkdirSync(inside);
    expect(asks(inside)).toBe(true);
    execFileSync("mount", ["-t", "tmpfs", "none", inside]);
    try {
      expect(asks(inside)).toBe(false);
    } finally {
      execFileSync("umount", [inside]);
    }
    expect([asks(inside), asks(ownDisk())]).toEqual([true, false]);
  });
});

import { mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inspectRoot, isSameRoot, realRoot } from "../../src/watch/root-guard.js";
import { makeTempDir } from "../support/temp.js";

describe("inspectRoot()", () => {
  it("answers a directory's identity, through a link too", () => {
    const base = makeTempDir();
    mkdirSync(join(base, "real"));
    symlinkSync("real", join(base, "link"));
    const { dev, ino } = statSync(join(base, "real"), { bigint: true });
    const expected = { kind: "directory", identity: { dev, ino } };
    expect(inspectRoot(join(base, "real"))).toEqual(expected);
    expect(inspectRoot(join(base, "link"))).toEqual(expected);
  });

  it("says in words what is there instead", () => {
    const base = makeTempDir();
    writeFileSync(join(base, "file"), "x");
    expect(inspectRoot(join(base, "none"))).toMatchObject({
      kind: "missing",
      reason: `${base}/none does not exist`,
    });
    expect(inspectRoot(join(base, "file"))).toMatchObject({
      reason: `${base}/file is not a directory`,
    });
    expect(inspectRoot(join(base, "file/below"))).toMatchObject({
      reason: `${base}/file/below cannot be reached (ENOTDIR)`,
    });
  });
});

describe("isSameRoot()", () => {
  it("compares device and inode", () => {
    expect(isSameRoot({ dev: 1n, ino: 2n }, { dev: 1n, ino: 2n })).toBe(true);
    expect(isSameRoot({ dev: 1n, ino: 2n }, { dev: 2n, ino: 2n })).toBe(false);
    expect(isSameRoot({ dev: 1n, ino: 2n }, { dev: 1n, ino: 3n })).toBe(false);
  });
});

describe("realRoot()", () => {
  it("resolves links in names that are not UTF-8", () => {
    const base = makeTempDir();
    const real = `${base}/\xff\xfe`;
    mkdirSync(Buffer.from(real, "latin1"));
    symlinkSync(Buffer.from(real, "latin1"), join(base, "link"));
    expect(realRoot(join(base, "link"))).toBe(real);
    expect(realRoot(join(base, "none"))).toBe(join(base, "none"));
  });
});

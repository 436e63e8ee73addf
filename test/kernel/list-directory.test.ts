import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Errno } from "../../src/kernel/libc.js";
import { listDirectory } from "../../src/kernel/list-directory.js";
import type { ListOptions } from "../../src/kernel/list-directory.js";
import { hasImages, imageDisk } from "../support/own-disk.js";
import { makeTempDir } from "../support/temp.js";

function list(path: string, options: ListOptions): Record<string, string> | number {
  const entries: Record<string, string> = {};
  const error = listDirectory(Buffer.from(`${path}\0`, "latin1"), options, (name, type) => {
    entries[name] = type;
  });
  return error === 0 ? entries : error;
}

describe("listDirectory()", () => {
  const namesAll = (root: string): void => {
    mkdirSync(join(root, "directory"));
    mkdirSync(join(root, "..."));
    writeFileSync(join(root, ".hidden"), "x");
    writeFileSync(Buffer.from(`${root}/\xff\n`, "latin1"), "x");
    symlinkSync("directory", join(root, "link"));
    execFileSync("mkfifo", [join(root, "fifo")]);
    expect(list(root, { files: true })).toEqual({
      directory: "directory",
      "...": "directory",
      ".hidden": "file",
      "\xff\n": "file",
      link: "other",
      fifo: "other",
    });
    expect(list(root, { files: false })).toEqual({ directory: "directory", "...": "directory" });
  };

  it("names every entry with its type, without . and ..", () => namesAll(makeTempDir()));

  it.skipIf(!hasImages)("does so, too, where the file system does not say the types", () => {
    const root = join(imageDisk({ typeless: true }), "root");
    mkdirSync(root);
    namesAll(root);
  });

  it("reads a directory of many names whole", () => {
    const root = makeTempDir();
    for (let i = 0; i < 3000; i++) writeFileSync(join(root, `${"name".repeat(20)}-${i}`), "");
    expect(Object.keys(list(root, { files: true })).sort()).toEqual(readdirSync(root).sort());
  });

  it("follows a link at the end only when told to", () => {
    const root = makeTempDir();
    mkdirSync(join(root, "real/inside"), { recursive: true });
    symlinkSync("real", join(root, "link"));
    expect(list(join(root, "link"), { files: true, follow: true })).toEqual({
      inside: "directory",
    });
    expect([Errno.ENOTDIR, Errno.ELOOP]).toContain(list(join(root, "link"), { files: true }));
  });

  it("answers the error number of what is not there", () => {
    const root = makeTempDir();
    writeFileSync(join(root, "file"), "x");
    expect(list(join(root, "none"), { files: true })).toBe(Errno.ENOENT);
    expect(list(join(root, "file"), { files: true })).toBe(Errno.ENOTDIR);
  });
});

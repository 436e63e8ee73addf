import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeEntries, listDirectory } from "../../src/kernel/directory.js";
import type { ListOptions } from "../../src/kernel/directory.js";
import { Errno } from "../../src/kernel/libc.js";
import { makeTempDir } from "../support/temp.js";

function list(path: string, options: ListOptions): Record<string, string> | number {
  const entries: Record<string, string> = {};
  const error = listDirectory(Buffer.from(`${path}\0`, "latin1"), options, (name, type) => {
    entries[name] = type;
  });
  return error === 0 ? entries : error;
}

describe("listDirectory()", () => {
  it("names every entry with its type, without . and ..", () => {
    const root = makeTempDir();
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

describe("decodeEntries()", () => {
  it("takes records apart, and passes on a type the file system does not say", () => {
    const bytes = Buffer.from(new ArrayBuffer(64));
    bytes.writeUInt16LE(24, 16);
    bytes[18] = 0;
    bytes.write("name\0", 19, "latin1");
    bytes.writeUInt16LE(32, 24 + 16);
    bytes[24 + 18] = 4;
    bytes.write("other-name\0", 24 + 19, "latin1");
    const seen: [string, number][] = [];
    decodeEntries(bytes, 56, (name, type) => seen.push([name, type]));
    expect(seen).toEqual([
      ["name", 0],
      ["other-name", 4],
    ]);
  });
});

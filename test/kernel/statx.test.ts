import { execFileSync } from "node:child_process";
import {
  chmodSync,
  type BigIntStats,
  lstatSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Errno } from "../../src/kernel/libc.js";
import {
  openStatusReading,
  readStatus,
  statusChangedMs,
  statusKind,
  statusWords,
  Word,
} from "../../src/kernel/statx.js";
import { makeTempDir } from "../support/temp.js";

function twoWords(word: number): bigint {
  return (BigInt(statusWords[word + 1]!) << 32n) | BigInt(statusWords[word]!);
}

function expectSame(stats: BigIntStats): void {
  expect(BigInt(statusWords[Word.MODE]! & 0xffff)).toBe(stats.mode);
  expect(BigInt(statusWords[Word.UID]!)).toBe(stats.uid);
  expect(BigInt(statusWords[Word.GID]!)).toBe(stats.gid);
  expect(twoWords(Word.INODE)).toBe(stats.ino);
  expect(twoWords(Word.SIZE)).toBe(stats.size);
  const changedNs = twoWords(Word.CHANGED) * 1_000_000_000n + BigInt(statusWords[Word.CHANGED_NS]!);
  expect(changedNs).toBe(stats.ctimeNs);
  const modifiedSeconds = BigInt.asIntN(64, twoWords(Word.MODIFIED));
  const modifiedNs = modifiedSeconds * 1_000_000_000n + BigInt(statusWords[Word.MODIFIED_NS]!);
  expect(modifiedNs).toBe(stats.mtimeNs);
  expect(statusChangedMs()).toBeCloseTo(Number(stats.ctimeNs) / 1e6, 2);
}

describe("readStatus()", () => {
  it("reads what lstat reads: large files, old times, links, odd names", () => {
    const directory = makeTempDir();
    const names = ["plain", "na\xefve\n \xff", "x".repeat(255)];
    for (const name of names) writeFileSync(Buffer.from(join(directory, name), "latin1"), name);
    truncateSync(join(directory, "plain"), 5 * 2 ** 32 + 7);
    utimesSync(join(directory, "plain"), -86_400, -86_400);
    chmodSync(join(directory, "plain"), 0o4711);
    symlinkSync("nowhere", join(directory, "link"));
    for (const name of [...names, "link", "."]) {
      const path = `${directory}/${name}`;
      expect(readStatus(path)).toBe(0);
      expectSame(lstatSync(Buffer.from(path, "latin1"), { bigint: true }));
    }
  });

  it("tells directories, files and the rest apart", () => {
    const directory = makeTempDir();
    writeFileSync(join(directory, "file"), "");
    symlinkSync(".", join(directory, "link"));
    execFileSync("mkfifo", [join(directory, "fifo")]);
    const kinds = [".", "file", "link", "fifo"].map((name) => {
      expect(readStatus(`${directory}/${name}`)).toBe(0);
      return statusKind();
    });
    expect(kinds).toEqual(["directory", "file", "other", "other"]);
  });

  it("answers the number of the error", () => {
    const directory = makeTempDir();
    writeFileSync(join(directory, "file"), "");
    expect(readStatus(`${directory}/none`)).toBe(Errno.ENOENT);
    expect(readStatus(`${directory}/file/below`)).toBe(Errno.ENOTDIR);
    expect(readStatus(`${directory}/${"x".repeat(256)}`)).toBe(Errno.ENAMETOOLONG);
    expect(readStatus(`${directory}/${"d/".repeat(3000)}`)).toBe(Errno.ENAMETOOLONG);
  });
});

describe("openStatusReading()", () => {
  it("visits each entry once with its own status, over many batches", () => {
    const directory = makeTempDir();
    const names = Array.from({ length: 5_000 }, (_, i) => `a-name-of-some-length-${i}`);
    names.push("\xff\xfe", "new\nline", "y".repeat(255));
    for (const [i, name] of names.entries()) {
      writeFileSync(Buffer.from(join(directory, name), "latin1"), "x".repeat(i % 7));
    }
    mkdirSync(join(directory, "below"));
    const reading = openStatusReading(directory);
    if (typeof reading === "number") throw new Error(`error ${reading}`);
    const seen = new Map<string, number>();
    let batches = 1;
    while (
      reading.next((name, error) => {
        expect(error).toBe(0);
        expect(seen.has(name)).toBe(false);
        seen.set(name, statusKind() === "directory" ? -1 : statusWords[Word.SIZE]!);
      }) === "more"
    ) {
      batches++;
    }
    reading.close();
    expect(batches).toBeGreaterThan(3);
    expect(seen.get("below")).toBe(-1);
    seen.delete("below");
    expect(seen).toEqual(new Map(names.map((name, i) => [name, i % 7])));
  });

  it("says which entry has gone since it was listed", () => {
    const directory = makeTempDir();
    for (const name of ["a", "b", "c"]) writeFileSync(join(directory, name), "");
    const reading = openStatusReading(directory);
    if (typeof reading === "number") throw new Error(`error ${reading}`);
    const seen: number[] = [];
    reading.next((name, error) => {
      seen.push(error);
      // All three names are in the same batch, whatever their order.
      for (const other of ["a", "b", "c"])
        if (other !== name) rmSync(join(directory, other), { force: true });
    });
    reading.close();
    expect(seen).toEqual([0, Errno.ENOENT, Errno.ENOENT]);
  });

  it("follows no link, unless the path goes on behind it", () => {
    const directory = makeTempDir();
    mkdirSync(join(directory, "real"));
    symlinkSync("real", join(directory, "link"));
    expect(openStatusReading(`${directory}/none`)).toBe(Errno.ENOENT);
    expect([Errno.ELOOP, Errno.ENOTDIR]).toContain(openStatusReading(`${directory}/link`));
    const reading = openStatusReading(`${directory}/link/.`);
    if (typeof reading === "number") throw new Error(`error ${reading}`);
    expect(reading.next(() => expect.unreachable())).toBe("more");
    expect(reading.next(() => expect.unreachable())).toBe("end");
    reading.close();
  });
});

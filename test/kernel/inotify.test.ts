import { mkdirSync, renameSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { decodeInotify, Mask, maskNames } from "../../src/kernel/inotify-decode.js";
import {
  addWatch,
  openInotify,
  queuedBytes,
  readEvents,
  removeWatch,
} from "../../src/kernel/inotify.js";
import { closeLater, errorName, Errno } from "../../src/kernel/libc.js";
import { makeTempDir } from "../support/temp.js";

const opened: number[] = [];

function open(): number {
  const inotify = openInotify();
  opened.push(inotify);
  return inotify;
}

function bytes(path: string): Buffer {
  return Buffer.from(`${path}\0`, "latin1");
}

function events(inotify: number): string[] {
  const buffer = Buffer.from(new ArrayBuffer(4096));
  const lines: string[] = [];
  decodeInotify(buffer, readEvents(inotify, buffer), (watch, mask, _cookie, name) =>
    lines.push(`${watch} ${maskNames(mask)} ${name}`),
  );
  return lines;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map(closeLater));
});

describe("an inotify instance", () => {
  it("reads nothing from an empty queue, without waiting", () => {
    expect(readEvents(open(), Buffer.alloc(512))).toBe(0);
  });

  it("tells what happens in a watched directory, and how much is queued", () => {
    const root = makeTempDir();
    const inotify = open();
    const watch = addWatch(inotify, bytes(root), Mask.CREATE | Mask.CLOSE_WRITE);
    expect(watch).toBe(1);
    expect(queuedBytes(inotify)).toBe(0);
    writeFileSync(join(root, "a"), "x");
    expect(queuedBytes(inotify)).toBe(64);
    expect(events(inotify)).toEqual(["1 CREATE a", "1 CLOSE_WRITE a"]);
    expect(queuedBytes(inotify)).toBe(0);
  });

  it("knows an inode by one descriptor, wherever it moves, and never gives one out twice", () => {
    const root = makeTempDir();
    mkdirSync(join(root, "a"));
    const inotify = open();
    const first = addWatch(inotify, bytes(join(root, "a")), Mask.CREATE);
    renameSync(join(root, "a"), join(root, "b"));
    expect(addWatch(inotify, bytes(join(root, "b")), Mask.CREATE)).toBe(first);
    removeWatch(inotify, first);
    removeWatch(inotify, first);
    expect(addWatch(inotify, bytes(join(root, "b")), Mask.CREATE)).toBe(first + 1);
    rmdirSync(join(root, "b"));
    expect(events(inotify)).toEqual(["1 IGNORED ", "2 IGNORED "]);
  });

  it("answers the error number when a watch cannot be added", () => {
    const root = makeTempDir();
    writeFileSync(join(root, "file"), "x");
    const inotify = open();
    const mask = Mask.CREATE | Mask.ONLYDIR;
    expect(addWatch(inotify, bytes(join(root, "none")), mask)).toBe(-Errno.ENOENT);
    expect(addWatch(inotify, bytes(join(root, "file")), mask)).toBe(-Errno.ENOTDIR);
    expect(addWatch(inotify, bytes(`${root}/${"x".repeat(5000)}`), mask)).toBe(-Errno.ENAMETOOLONG);
  });

  it("fails by name when the descriptor is none", () => {
    expect(() => readEvents(-1, Buffer.alloc(512))).toThrow("Cannot read inotify events: EBADF");
  });
});

describe("errorName()", () => {
  it("names what the kernel numbers", () => {
    expect(errorName(Errno.ENOSPC)).toBe("ENOSPC");
    expect(errorName(99_999)).toBe("error 99999");
  });

  it("agrees with the numbers written out here", () => {
    for (const [name, number] of Object.entries(Errno)) expect(errorName(number)).toBe(name);
  });
});

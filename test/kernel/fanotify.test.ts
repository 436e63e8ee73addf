import { chmodSync, mkdirSync, renameSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import {
  decodeFanotify,
  fanMaskNames,
  FanMask,
  METADATA_BYTES,
} from "../../src/kernel/fanotify-decode.js";
import {
  fileSystemId,
  fileSystemOf,
  handleOf,
  handleOfOpen,
  markFileSystem,
  markInode,
  openFanotify,
  openHandle,
  openPlace,
  pathOfOpen,
  readFanotify,
  removeMarks,
} from "../../src/kernel/fanotify.js";
import { queuedBytes } from "../../src/kernel/inotify.js";
import { Errno, libc } from "../../src/kernel/libc.js";
import { hasFanotify, ownDisk } from "../support/own-disk.js";

const ALL =
  FanMask.CREATE |
  FanMask.DELETE |
  FanMask.RENAME |
  FanMask.MODIFY |
  FanMask.CLOSE_WRITE |
  FanMask.ATTRIB |
  FanMask.ONDIR;

const opened: number[] = [];

afterEach(() => {
  for (const descriptor of opened.splice(0)) libc.close(descriptor);
});

function bytes(path: string): Buffer {
  return Buffer.from(`${path}\0`, "latin1");
}

function hear(root: string): number {
  const group = openFanotify();
  opened.push(group);
  expect(markFileSystem(group, bytes(root), ALL)).toBe(0);
  return group;
}

/** Records as lines; handles by the names given to them, in the order of their first coming. */
function records(group: number, names: Map<string, string>, size = 65536): string[] {
  const buffer = Buffer.from(new ArrayBuffer(size));
  const lines: string[] = [];
  const nameOf = (handle: string) => {
    if (handle === "") return "-";
    if (!names.has(handle)) names.set(handle, `#${names.size}`);
    return names.get(handle);
  };
  for (let length; (length = readFanotify(group, buffer)) > 0;) {
    decodeFanotify(buffer, length, (mask, directory, name, target, newDirectory, newName) => {
      const to = newDirectory === "" ? "" : ` to ${nameOf(newDirectory)}/${newName}`;
      const what = `${nameOf(directory)}/${name}${to} (${nameOf(target)})`;
      lines.push(`${fanMaskNames(mask)} ${what}`);
    });
  }
  return lines;
}

describe.skipIf(!hasFanotify)("a fanotify group", () => {
  it("names each entry by the handle of its directory, and what stood there by its own", () => {
    const root = ownDisk();
    const group = hear(root);
    const fsid = fileSystemId(bytes(root)) ?? "";
    const names = new Map([[handleOf(fsid, bytes(root)) ?? "", "root"]]);
    expect(readFanotify(group, Buffer.alloc(4096))).toBe(0);
    mkdirSync(join(root, "d"));
    writeFileSync(join(root, "d/x"), "text");
    chmodSync(join(root, "d"), 0o700);
    names.set(handleOf(fsid, bytes(join(root, "d"))) ?? "", "d");
    names.set(handleOf(fsid, bytes(join(root, "d/x"))) ?? "", "x");
    expect(records(group, names)).toEqual([
      "CREATE|ONDIR root/d (d)",
      "MODIFY|CLOSE_WRITE|CREATE d/x (x)",
      "ATTRIB|ONDIR d/. (-)",
    ]);
  });

  it("tells a rename as one record with both places", () => {
    const root = ownDisk();
    mkdirSync(join(root, "a/b"), { recursive: true });
    const group = hear(root);
    const fsid = fileSystemId(bytes(root)) ?? "";
    const names = new Map([
      [handleOf(fsid, bytes(root)) ?? "", "root"],
      [handleOf(fsid, bytes(join(root, "a"))) ?? "", "a"],
      [handleOf(fsid, bytes(join(root, "a/b"))) ?? "", "b"],
    ]);
    renameSync(join(root, "a/b"), join(root, "c"));
    expect(records(group, names)).toEqual(["RENAME|ONDIR a/b to root/c (b)"]);
  });

  it("joins what repeats itself, even across a record between", () => {
    const root = ownDisk();
    mkdirSync(join(root, "d"));
    const group = hear(root);
    const fsid = fileSystemId(bytes(root)) ?? "";
    const names = new Map([
      [handleOf(fsid, bytes(root)) ?? "", "root"],
      [handleOf(fsid, bytes(join(root, "d"))) ?? "", "d"],
    ]);
    for (const [from, to] of ["de", "ed", "de"]) {
      renameSync(join(root, from ?? ""), join(root, to ?? ""));
    }
    expect(records(group, names)).toEqual([
      "RENAME|ONDIR root/d to root/e (d)",
      "RENAME|ONDIR root/e to root/d (d)",
    ]);
  });

  it("passes names as bytes, however long, in as many reads as they take", () => {
    const root = ownDisk();
    const group = hear(root);
    const odd = ["\u0001\n\t \\", "\u00ff\u0080", "-", "x".repeat(255)];
    for (const name of odd) {
      writeFileSync(Buffer.from(`${root}/${name}`, "latin1"), "");
    }
    const names = new Map<string, string>();
    const lines = records(group, names, 1200);
    expect(lines.map((line) => /\/([^]*) \(/.exec(line)?.[1])).toEqual(odd);
  });

  it("counts a record's metadata alone in what is queued", () => {
    const root = ownDisk();
    const group = hear(root);
    mkdirSync(join(root, "a"));
    mkdirSync(join(root, "b"));
    expect(queuedBytes(group)).toBe(2 * METADATA_BYTES);
  });

  it("tells the end and the move of one directory that is marked by itself", () => {
    const root = ownDisk();
    mkdirSync(join(root, "d"));
    const group = openFanotify();
    opened.push(group);
    const own = FanMask.DELETE_SELF | FanMask.MOVE_SELF | FanMask.ONDIR;
    expect(markInode(group, bytes(join(root, "d")), own)).toBe(0);
    renameSync(join(root, "d"), join(root, "e"));
    rmdirSync(join(root, "e"));
    const lines = records(group, new Map());
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["DELETE_SELF|MOVE_SELF|ONDIR"]);
  });

  it("hears nothing any longer when its marks are removed", () => {
    const root = ownDisk();
    const group = hear(root);
    removeMarks(group);
    mkdirSync(join(root, "d"));
    expect(records(group, new Map())).toEqual([]);
  });

  it("says why a place cannot be heard", () => {
    const group = openFanotify();
    opened.push(group);
    expect(markFileSystem(group, bytes("/proc/self/nowhere"), ALL)).toBe(-Errno.ENOENT);
    expect([-Errno.EOPNOTSUPP, -Errno.ENODEV, -Errno.EXDEV]).toContain(
      markFileSystem(group, bytes("/proc"), ALL),
    );
  });
});

describe.skipIf(!hasFanotify)("a directory's handle", () => {
  function at(root: string) {
    const fsid = fileSystemId(bytes(root)) ?? "";
    const place = openPlace(bytes(root));
    opened.push(place);
    return {
      handle: (path: string) => handleOf(fsid, bytes(join(root, path))) ?? "",
      open: (handle: string) => {
        const descriptor = openHandle(place, handle);
        if (descriptor >= 0) opened.push(descriptor);
        return descriptor;
      },
      fsid,
    };
  }

  it("leads to the directory wherever it is now", () => {
    const root = ownDisk();
    mkdirSync(join(root, "a/b"), { recursive: true });
    const { handle, open, fsid } = at(root);
    const b = handle("a/b");
    renameSync(join(root, "a"), Buffer.from(`${root}/\u00e9`, "latin1"));
    const descriptor = open(b);
    expect(pathOfOpen(descriptor)).toBe(`${root}/\u00e9/b`);
    expect(handleOfOpen(fsid, descriptor)).toBe(b);
    expect(fileSystemOf(b)).toBe(fsid);
  });

  it("is another's where a directory was made anew, and leads nowhere when that is gone", () => {
    const root = ownDisk();
    const { handle, open } = at(root);
    mkdirSync(join(root, "a"));
    const first = handle("a");
    rmdirSync(join(root, "a"));
    mkdirSync(join(root, "a"));
    expect(handle("a")).not.toBe(first);
    expect(open(first)).toBe(-Errno.ESTALE);
  });

  it("is not to be had where there is nothing", () => {
    const root = ownDisk();
    expect(at(root).handle("nothing")).toBe("");
    expect(openPlace(bytes(join(root, "nothing")))).toBe(-Errno.ENOENT);
  });
});

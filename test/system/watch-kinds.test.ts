import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Kind } from "../../src/model/change.js";
import type { RelativePath } from "../../src/model/path.js";
import { startMirror } from "../support/mirror.js";
import type { MirroredWatch } from "../support/mirror.js";
import { makeTempDir } from "../support/temp.js";
import { coverageBy, watchers } from "../support/watchers.js";

/** What is told of each path while `act` runs, after `prepare` has laid the ground. */
const nothing = () => undefined;
const DIRECTORY = Kind.Content | Kind.Directory;

describe.each(watchers)("a watch by %s", (source) => {
  async function kindsOf(
    prepare: (root: string) => void,
    act: (root: string, watched: MirroredWatch) => void | Promise<void>,
    rules: readonly string[] = [],
  ): Promise<Record<string, number>> {
    const root = makeTempDir();
    prepare(root);
    await using watched = await startMirror(root, { source, rules });
    await act(root, watched);
    await watched.watch.drain();
    if (rules.length === 0) expect(watched.mirror.differences()).toEqual([]);
    expect(watched.mirror.gaps).toEqual([]);
    return Object.fromEntries(watched.mirror.kinds);
  }

  it("tells a file's close after writing as content", async () => {
    const kinds = await kindsOf(nothing, (root) => writeFileSync(join(root, "a"), "text"));
    expect(kinds).toEqual({ a: Kind.Writing | Kind.Content });
  });

  it("tells a file that stays open as being written, and its close as content", async () => {
    const kinds: Record<string, number>[] = [];
    const root = makeTempDir();
    await using watched = await startMirror(root, { source });
    const log = openSync(join(root, "log"), "w");
    for (const line of ["one", "two"]) {
      writeSync(log, line);
      await watched.watch.drain();
      kinds.push(Object.fromEntries(watched.mirror.kinds));
    }
    closeSync(log);
    expect(kinds).toEqual([{ log: Kind.Writing }, { log: Kind.Writing }]);
    expect(await watched.differences()).toEqual([]);
    expect(watched.mirror.kinds.get("log" as RelativePath)).toBe(Kind.Writing | Kind.Content);
  });

  it("tells appending to a file that was there", async () => {
    const kinds = await kindsOf(
      (root) => writeFileSync(join(root, "a"), "x"),
      (root) => appendFileSync(join(root, "a"), "y"),
    );
    expect(kinds).toEqual({ a: Kind.Writing | Kind.Content });
  });

  it("tells chmod, chown and touch alone as attributes", async () => {
    const kinds = await kindsOf(
      (root) => {
        for (const name of ["mode", "owner", "times"]) writeFileSync(join(root, name), "x");
        mkdirSync(join(root, "directory/below"), { recursive: true });
      },
      (root) => {
        chmodSync(join(root, "mode"), 0o600);
        chownSync(join(root, "owner"), process.getuid?.() ?? 0, process.getgid?.() ?? 0);
        utimesSync(join(root, "times"), 1, 1);
        chmodSync(join(root, "directory"), 0o700);
        chmodSync(root, 0o711);
      },
    );
    const directory = Kind.Attributes | Kind.Directory;
    expect(kinds).toEqual({
      mode: Kind.Attributes,
      owner: Kind.Attributes,
      times: Kind.Attributes,
      directory,
      "": directory,
    });
  });

  it("tells a directory's chmod once, though inotify reports it twice", async () => {
    const root = makeTempDir();
    mkdirSync(join(root, "d"));
    await using watched = await startMirror(root, { source });
    chmodSync(join(root, "d"), 0o700);
    await watched.watch.drain();
    expect(watched.mirror.told).toBe(1);
    const events = await watched.watch.recent();
    const reported = events.filter((line) => /ATTRIB\|(ISDIR|ONDIR)/.test(line));
    expect(reported).toHaveLength(source === "inotify" ? 2 : 1);
  });

  it("tells symlinks, fifos and hard links as content at once: nothing else will be heard", async () => {
    const kinds = await kindsOf(
      (root) => writeFileSync(join(root, "file"), "x"),
      (root) => {
        symlinkSync("file", join(root, "link"));
        symlinkSync("/etc", join(root, "link-to-directory"));
        linkSync(join(root, "file"), join(root, "second-name"));
        execFileSync("mkfifo", [join(root, "fifo")]);
      },
    );
    for (const name of ["link", "link-to-directory", "second-name", "fifo"]) {
      expect([name, (kinds[name] ?? 0) & Kind.Content]).toEqual([name, Kind.Content]);
    }
  });

  it("tells a file linked into its place whole, though it has one name and is never closed", async () => {
    const kinds = await kindsOf(
      (root) => {
        mkdirSync(join(root, "in"));
        writeFileSync(join(root, "in", "new"), "whole");
      },
      (root) => {
        linkSync(join(root, "in/new"), join(root, "final"));
        unlinkSync(join(root, "in/new"));
      },
    );
    expect((kinds["final"] ?? 0) & Kind.Content).toBe(Kind.Content);
    expect(kinds["in/new"]).toBe(Kind.Gone);
  });

  it("tells both ends of a file's rename", async () => {
    const kinds = await kindsOf(
      (root) => writeFileSync(join(root, "a"), "x"),
      (root) => renameSync(join(root, "a"), join(root, "b")),
    );
    expect(kinds).toEqual({ a: Kind.Gone, b: Kind.Content });
  });

  it("tells deletions of files and directories", async () => {
    const kinds = await kindsOf(
      (root) => {
        writeFileSync(join(root, "file"), "x");
        mkdirSync(join(root, "directory"));
      },
      (root) => {
        unlinkSync(join(root, "file"));
        rmdirSync(join(root, "directory"));
      },
    );
    expect(kinds).toEqual({ file: Kind.Gone, directory: Kind.Gone | Kind.Directory });
  });

  it("tells everything inside a directory that moves in", async () => {
    const outside = makeTempDir();
    mkdirSync(join(outside, "tree/deep/er"), { recursive: true });
    writeFileSync(join(outside, "tree/deep/file"), "x");
    symlinkSync("nowhere", join(outside, "tree/deep/er/link"));
    const kinds = await kindsOf(nothing, (root) => {
      renameSync(join(outside, "tree"), join(root, "tree"));
    });
    expect(kinds).toEqual({
      tree: DIRECTORY,
      "tree/deep": DIRECTORY,
      "tree/deep/file": Kind.Content,
      "tree/deep/er": DIRECTORY,
      "tree/deep/er/link": Kind.Content,
    });
  });

  it("does not follow symbolic links to directories", async () => {
    const outside = makeTempDir();
    const kinds = await kindsOf(
      (root) => symlinkSync(outside, join(root, "link")),
      (root) => {
        symlinkSync(outside, join(root, "later"));
        writeFileSync(join(outside, "unheard"), "x");
      },
    );
    expect(Object.keys(kinds)).toEqual(["later"]);
  });

  it("tells nothing of what was there before", async () => {
    const kinds = await kindsOf((root) => {
      mkdirSync(join(root, "a/b/c"), { recursive: true });
      writeFileSync(join(root, "a/b/c/file"), "x");
    }, nothing);
    expect(kinds).toEqual({});
  });

  it("neither watches nor tells what a rule excludes", async () => {
    const root = makeTempDir();
    mkdirSync(join(root, "cache/deep"), { recursive: true });
    mkdirSync(join(root, "kept/cache"), { recursive: true });
    await using watched = await startMirror(root, { source, rules: ["- cache/", "- *.tmp"] });
    expect(watched.watch.coverage).toEqual(coverageBy(source, 2));
    writeFileSync(join(root, "cache/deep/a"), "x");
    writeFileSync(join(root, "kept/a.tmp"), "x");
    renameSync(join(root, "kept/a.tmp"), join(root, "kept/a"));
    mkdirSync(join(root, "kept/new/cache/x"), { recursive: true });
    renameSync(join(root, "kept/new"), join(root, "kept/renamed"));
    await watched.watch.drain();
    expect([...watched.mirror.kinds.keys()].sort()).toEqual(["kept/a", "kept/new", "kept/renamed"]);
    renameSync(join(root, "cache"), join(root, "kept/shown"));
    await watched.watch.drain();
    expect(watched.mirror.kinds.get("kept/shown/deep/a" as RelativePath)).toBe(Kind.Content);
    expect(watched.watch.coverage).toEqual(coverageBy(source, 5));
    renameSync(join(root, "kept/shown"), join(root, "kept/cache/hidden"));
    rmSync(join(root, "kept/renamed"), { recursive: true });
    await watched.watch.drain();
    expect(watched.mirror.kinds.get("kept/shown" as RelativePath)).toBe(DIRECTORY | Kind.Gone);
  });

  it("costs one entry for many events on one path", async () => {
    const root = makeTempDir();
    await using watched = await startMirror(root, { source });
    for (let round = 0; round < 200; round++) {
      writeFileSync(join(root, "busy"), "x".repeat(round));
    }
    expect(await watched.differences()).toEqual([]);
    expect(watched.mirror.told).toBeLessThan(300);
    expect(watched.mirror.messages).toBeLessThan(300);
  });
});

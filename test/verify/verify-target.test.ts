import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readlinkSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ROOT, type RelativePath } from "../../src/model/path.js";
import type { Difference, Run } from "../../src/rsync/remote.js";
import { KeptNames } from "../../src/safety/first-contact.js";
import type { DriftKind } from "../../src/verify/drift.js";
import type { Report } from "../../src/verify/verify-target.js";
import { freePort } from "../support/ports.js";
import { startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { makeStage, type Stage, swiftClock } from "./stage.js";

const OLD = 1_600_000_000;

/** A tree with one of everything. */
function fill(root: string): void {
  const put = (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  put("same", "same");
  put("dir/file", "file");
  put("dir/deep/file", "deep");
  put("swap", "swap");
  put("content", "aaaa");
  put("size", "aaaa");
  put("time", "aaaa");
  put("mode", "aaaa");
  put("owner", "aaaa");
  put("linked", "aaaa");
  linkSync(join(root, "linked"), join(root, "also-linked"));
  symlinkSync("same", join(root, "symlink"));
  settle(root);
}

/** All paths below, parents first. */
function walk(root: string, below = ""): string[] {
  return readdirSync(join(root, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    return entry.isDirectory() ? [path, ...walk(root, path)] : [path];
  });
}

/** Old times everywhere, the same for both trees. */
function settle(root: string): void {
  for (const path of walk(root)) lutimesSync(join(root, path), OLD, OLD);
  utimesSync(root, OLD, OLD);
}

function copy({ source, replica }: Stage): void {
  const { status } = spawnSync("rsync", ["-aH", "--modify-window=-1", `${source}/`, `${replica}/`]);
  expect(status).toBe(0);
}

const shown = ({ differences }: Report): Record<string, string> =>
  Object.fromEntries(
    differences.map(({ path, isDirectory, kinds }) => [
      `${path}${isDirectory ? "/" : ""}`,
      kinds.join(","),
    ]),
  );

function run(more: Partial<Run> = {}): Run {
  return {
    outcome: "done",
    status: 0,
    errors: [],
    suspects: [],
    errorsCut: false,
    stats: { sentBytes: 0, literalBytes: 0, filesTransferred: 0 },
    tookMs: 1,
    ...more,
  };
}

describe("verifyTarget()", () => {
  it("finds no difference between a tree and its copy", async () => {
    const stage = makeStage();
    fill(stage.source);
    copy(stage);
    expect(await stage.verify({ checksum: true })).toMatchObject({
      drift: 0,
      counts: {},
      differences: [],
      unnamed: 0,
      changing: [],
      kept: 0,
      looks: 0,
      shortfall: undefined,
    });
  });

  it("tells every difference by its kind", async () => {
    const stage = makeStage();
    fill(stage.source);
    copy(stage);
    const at = (path: string) => join(stage.replica, path);
    rmSync(at("dir/deep"), { recursive: true });
    mkdirSync(at("extra/inner"), { recursive: true });
    writeFileSync(at("extra/inner/file"), "");
    rmSync(at("swap"));
    mkdirSync(at("swap"));
    writeFileSync(at("swap/inner"), "");
    writeFileSync(at("content"), "bbbb");
    appendFileSync(at("size"), "a");
    utimesSync(at("time"), OLD + 1, OLD + 1);
    chmodSync(at("mode"), 0o600);
    chownSync(at("owner"), 4_242, 4_243);
    rmSync(at("also-linked"));
    cpSync(at("linked"), at("also-linked"), { preserveTimestamps: true });
    rmSync(at("symlink"));
    symlinkSync("elsewhere", at("symlink"));
    for (const path of ["content", "size", "mode", "owner", "also-linked", "symlink"]) {
      lutimesSync(at(path), OLD, OLD);
    }
    utimesSync(at("dir"), OLD, OLD);
    utimesSync(stage.replica, OLD, OLD);
    const expected = {
      "dir/deep/": "missing",
      "dir/deep/file": "missing",
      "extra/": "extra",
      "extra/inner/": "extra",
      "extra/inner/file": "extra",
      swap: "type",
      "swap/inner": "extra",
      size: "size",
      time: "time",
      mode: "mode",
      owner: "owner,group",
      linked: "link",
      symlink: "link",
    };
    const report = await stage.verify();
    expect(shown(report)).toEqual(expected);
    expect(report.drift).toBe(13);
    expect(report.counts).toEqual({
      missing: 2,
      extra: 4,
      type: 1,
      size: 1,
      link: 2,
      time: 1,
      mode: 1,
      owner: 1,
      group: 1,
    });
    // Same size and time: only reading both sides can tell.
    const thorough = shown(await stage.verify({ checksum: true }));
    expect(thorough).toEqual({ ...expected, content: "content", size: "content,size" });
  });

  it("tells access lists and extended attributes where they are carried", async () => {
    const stage = makeStage();
    fill(stage.source);
    copy(stage);
    const { status } = spawnSync("setfattr", [
      "-n",
      "user.a",
      "-v",
      "1",
      join(stage.replica, "same"),
    ]);
    const { status: acl } = spawnSync("setfacl", ["-m", "u:4242:r", join(stage.replica, "mode")]);
    const report = shown(await stage.verify({ settings: { acls: true, xattrs: true } }));
    // Where the tools or the file system cannot set them there is nothing to find, either.
    expect(report["same"]).toBe(status === 0 ? "xattr" : undefined);
    if (acl === 0) expect(report["mode"]).toContain("acl");
    expect(shown(await stage.verify())["same"]).toBeUndefined();
  });

  it("works with a module of a daemon", async () => {
    const modules = makeTempDir();
    const daemon = await startRsyncd({ modules: { all: { path: "/" } } });
    const stage = makeStage((replica) => daemon.endpoint("all", { path: replica.slice(1) }));
    fill(stage.source);
    copy(stage);
    expect((await stage.verify()).drift).toBe(0);
    rmSync(join(stage.replica, "dir"), { recursive: true });
    writeFileSync(join(stage.replica, "dir"), "");
    writeFileSync(join(stage.replica, "x\n*"), "");
    utimesSync(stage.replica, OLD, OLD);
    expect(shown(await stage.verify())).toEqual({
      "dir/": "type",
      "dir/deep/": "missing",
      "dir/deep/file": "missing",
      "dir/file": "missing",
      "x\n*": "extra",
    });
    rmSync(modules, { recursive: true });
  });

  it("tells what was kept apart, and minds nothing that only the replica has where deletions are off", async () => {
    const stage = makeStage();
    fill(stage.source);
    copy(stage);
    mkdirSync(join(stage.replica, "theirs/deep"), { recursive: true });
    writeFileSync(join(stage.replica, "theirs/deep/file"), "");
    writeFileSync(join(stage.replica, "stray"), "");
    utimesSync(stage.replica, OLD, OLD);
    const kept = new KeptNames({ kept: ["theirs/deep" as RelativePath], keptMore: false });
    const report = await stage.verify({ kept });
    expect(shown(report)).toEqual({ stray: "extra" });
    expect(report.kept).toBe(3);
    expect(report.keptSample).toContain("theirs/deep");
    expect((await stage.verify({ extras: "ignore" })).drift).toBe(0);
  });

  it("leaves alone what the filter does, also where rsync knows no such rule", async () => {
    const stage = makeStage();
    writeFileSync(join(stage.source, "a.tmp"), "");
    writeFileSync(join(stage.source, "b123"), "");
    writeFileSync(join(stage.replica, "c.tmp"), "");
    for (const root of [stage.source, stage.replica]) utimesSync(root, OLD, OLD);
    const report = await stage.verify({ rules: ["- *.tmp", "- re:b[0-9]+"] });
    expect(shown(report)).toEqual({});
    expect(Object.keys(shown(await stage.verify())).sort()).toEqual(["a.tmp", "b123", "c.tmp"]);
  });

  it("looks only at and below the path it is given", async () => {
    const stage = makeStage();
    fill(stage.source);
    expect(Object.keys(shown(await stage.verify({ path: "dir/deep" as RelativePath })))).toEqual(
      expect.arrayContaining(["dir/deep/", "dir/deep/file"]),
    );
    expect(
      Object.keys(shown(await stage.verify({ path: "dir/deep" as RelativePath }))),
    ).not.toContain("dir/file");
    mkdirSync(join(stage.replica, "gone"));
    writeFileSync(join(stage.replica, "gone/file"), "");
    expect(shown(await stage.verify({ path: "gone" as RelativePath }))).toEqual({
      "gone/": "extra",
      "gone/file": "extra",
    });
  });

  it("takes no change on its way for a difference", async () => {
    const stage = makeStage();
    fill(stage.source);
    copy(stage);
    writeFileSync(join(stage.source, "dir/new"), "new");
    rmSync(join(stage.source, "swap"));
    writeFileSync(join(stage.replica, "lost"), "");
    const clock = swiftClock((pause) => {
      // It arrives between the second look and the third.
      if (pause === 1) {
        rmSync(join(stage.replica, "swap"));
        copy(stage);
      }
    });
    const report = await stage.verify({ clock });
    expect(shown(report)).toEqual({ lost: "extra" });
    expect(report.looks).toBeGreaterThanOrEqual(2);
    expect(report.changing).toEqual([]);
  });

  it("looks again at names that should be one file, wherever they lie", async () => {
    const stage = makeStage();
    for (const root of [stage.source, stage.replica]) {
      for (const path of ["x/a", "x/b", "y/c", "y/d"]) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), "");
      }
    }
    const join2 = (root: string, from: string, to: string) => {
      rmSync(join(root, to));
      linkSync(join(root, from), join(root, to));
    };
    join2(stage.source, "x/a", "y/c");
    join2(stage.source, "x/b", "y/d");
    for (const root of [stage.source, stage.replica]) settle(root);
    // One is a difference for good, one is on its way.
    const clock = swiftClock(() => {
      join2(stage.replica, "x/b", "y/d");
      settle(stage.replica);
    });
    expect(shown(await stage.verify({ clock }))).toEqual({ "y/c": "link" });
  });

  it("says nothing of what changes whenever it is looked at", async () => {
    const stage = makeStage();
    fill(stage.source);
    copy(stage);
    rmSync(join(stage.replica, "same"));
    utimesSync(stage.replica, OLD, OLD);
    const clock = swiftClock(() => appendFileSync(join(stage.source, "size"), "more"));
    appendFileSync(join(stage.source, "size"), "more");
    const report = await stage.verify({ clock });
    expect(shown(report)).toEqual({ same: "missing" });
    expect(report).toMatchObject({ drift: 1, changing: ["size"], looks: 4 });
  });

  it("looks no more than twice at what has long been at rest", async () => {
    const stage = makeStage();
    const report = await stage.verify({
      remote: {
        compare: (_, options) => {
          options.onDifference(long("a"));
          return Promise.resolve(run());
        },
        compareDirectories: (_, options) => {
          options.onDifference(long("a"));
          return Promise.resolve(run());
        },
      },
      existing: { compareDirectories: () => Promise.resolve(run()) },
      clock: {
        ...swiftClock(),
        // The source was made just now; it is as if a minute had gone by.
        now: () => Date.now() + 60_000,
      },
    });
    expect(report).toMatchObject({ drift: 1, looks: 1 });

    function long(path: string): Difference {
      return {
        path: path as RelativePath,
        what: "extra",
        isDirectory: false,
        properties: [],
      };
    }
  });

  it("names so many and counts the others", async () => {
    const stage = makeStage();
    fill(stage.source);
    const report = await stage.verify({ mostNamed: 3 });
    expect(report.differences).toHaveLength(3);
    expect(report.unnamed).toBe(report.drift - 3);
    // Fourteen entries, and the time of the root.
    expect(report.drift).toBe(15);
    expect(report.counts.missing).toBe(14);
  });

  it("tells what stands in the way instead of calling trees equal", async () => {
    const port = await freePort();
    const stage = makeStage(() => ({
      kind: "module",
      host: "127.0.0.1",
      port,
      module: "m",
      path: "",
    }));
    const report = await stage.verify();
    expect(report.drift).toBe(0);
    expect(report.shortfall).toContain("refused");
  });

  it("compares again where directories went away under it, and gives up where that does not help", async () => {
    const stage = makeStage();
    const gone = 'rsync: [sender] opendir "x" failed: No such file or directory (2)';
    let runs = 0;
    const partial = (line: string, times: number) => ({
      compare: () =>
        Promise.resolve(++runs > times ? run() : run({ outcome: "partial", errors: [line] })),
      compareDirectories: () => Promise.resolve(run()),
    });
    expect((await stage.verify({ remote: partial(gone, 2) })).shortfall).toBeUndefined();
    expect(runs).toBe(3);
    runs = 0;
    expect((await stage.verify({ remote: partial(gone, 9) })).shortfall).toBe(gone);
    expect(runs).toBe(3);
    runs = 0;
    const denied = 'rsync: opendir "x" failed: Permission denied (13)';
    expect((await stage.verify({ remote: partial(denied, 9) })).shortfall).toBe(denied);
    expect(runs).toBe(1);
  });

  it("keeps what it could not look at again", async () => {
    const stage = makeStage();
    mkdirSync(join(stage.source, "d"));
    writeFileSync(join(stage.source, "d/a"), "");
    const missing: Difference = {
      path: "d/a" as RelativePath,
      what: "missing",
      isDirectory: false,
      properties: [],
    };
    const report = await stage.verify({
      remote: {
        compare: (_, options) => {
          options.onDifference(missing);
          return Promise.resolve(run());
        },
        compareDirectories: () =>
          Promise.resolve(run({ outcome: "partial", errors: ["cannot read d"] })),
      },
    });
    expect(report).toMatchObject({ drift: 1, shortfall: "cannot read d" });
  });

  it("stops with the signal's reason", async () => {
    const stage = makeStage();
    fill(stage.source);
    const { verifyTarget } = await import("../../src/verify/verify-target.js");
    const stopping = new AbortController();
    const verifying = verifyTarget(
      {
        path: ROOT,
        ...stage.comparison(),
        clock: {
          ...swiftClock(),
          sleep: (_, signal) => {
            stopping.abort(new Error("enough"));
            signal?.throwIfAborted();
            return Promise.resolve();
          },
        },
      },
      () => undefined,
      stopping.signal,
    );
    await expect(verifying).rejects.toThrow("enough");
  });

  it("agrees with a walk through both trees, whatever they hold", async () => {
    const leaf = fc.record({
      type: fc.constantFrom("file", "dir", "link"),
      content: fc.constantFrom("", "a", "bb"),
      mode: fc.constantFrom(0o644, 0o600),
      time: fc.constantFrom(OLD, OLD + 0.25, OLD + 7),
    });
    const path = fc.constantFrom("a", "a/b", "a/b/c", "d", "d/e", "-f", "g h", "d/\u00e9");
    const tree = fc.array(fc.tuple(path, leaf), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(tree, tree, async (here, there) => {
        const stage = makeStage();
        grow(stage.source, here);
        grow(stage.replica, there);
        const report = await stage.verify({ extras: "drift" });
        expect(report.shortfall).toBeUndefined();
        const found = Object.fromEntries(
          report.differences
            .filter(({ path: at }) => at !== "")
            .map(({ path: at, kinds }) => [at, [...kinds].sort().join()]),
        );
        expect(found).toEqual(walked(stage));
      }),
      { numRuns: 12 },
    );
  });
});

type Leaf = readonly [string, { type: string; content: string; mode: number; time: number }];

function grow(root: string, leaves: readonly Leaf[]): void {
  for (const [path, { type, content, mode, time }] of leaves) {
    const at = join(root, path);
    try {
      mkdirSync(dirname(at), { recursive: true });
      if (type === "dir") mkdirSync(at, { recursive: true });
      else if (type === "link") symlinkSync(content === "" ? "x" : content, at);
      else writeFileSync(at, content, { mode, flag: "wx" });
      if (type !== "dir") lutimesSync(at, time, time);
    } catch {
      // Something else is there already.
    }
  }
  for (const path of walk(root)) {
    const at = join(root, path);
    if (lstatSync(at).isDirectory()) utimesSync(at, OLD, OLD);
  }
}

/** What a walk says of both trees, by path in latin1. */
function walked({ source, replica }: Stage): Record<string, string> {
  const list = (root: string) => new Set(walk(root));
  const [here, there] = [list(source), list(replica)];
  const found: Record<string, string> = {};
  const tell = (path: string, kinds: readonly DriftKind[]) => {
    if (kinds.length > 0) found[Buffer.from(path).toString("latin1")] = [...kinds].sort().join();
  };
  for (const path of there) if (!here.has(path)) tell(path, ["extra"]);
  for (const path of here) {
    if (!there.has(path)) {
      tell(path, ["missing"]);
      continue;
    }
    const [a, b] = [lstatSync(join(source, path)), lstatSync(join(replica, path))];
    const type = (stats: typeof a) => stats.mode & 0o170000;
    if (type(a) !== type(b)) {
      tell(path, ["type"]);
      continue;
    }
    const kinds: DriftKind[] = [];
    if (a.isSymbolicLink()) {
      if (readlinkSync(join(source, path)) !== readlinkSync(join(replica, path)))
        kinds.push("link");
    } else {
      if (a.isFile() && a.size !== b.size) kinds.push("size");
      if (a.mode !== b.mode) kinds.push("mode");
    }
    if (a.mtimeMs !== b.mtimeMs) kinds.push("time");
    tell(path, kinds);
  }
  return found;
}

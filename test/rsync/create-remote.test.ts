import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { compileFilter } from "../../src/filter/filter.js";
import { latin1FromText, pathFromText, ROOT, type RelativePath } from "../../src/model/path.js";
import { createRemote } from "../../src/rsync/create-remote.js";
import type { Difference, Remote } from "../../src/rsync/remote.js";
import type { RsyncSettings } from "../../src/rsync/settings.js";
import { processesNaming } from "../support/processes.js";
import { until } from "../support/until.js";
import { snapshot } from "./snapshot.js";
import { KINDS, startTargets } from "./targets.js";

const targets = await startTargets();
const remotes: Remote[] = [];

afterEach(async () => {
  await Promise.all(remotes.splice(0).map((remote) => remote.close()));
});

function open(settings: RsyncSettings): Remote {
  const remote = createRemote(settings);
  remotes.push(remote);
  return remote;
}

function names(...texts: string[]): RelativePath[] {
  return texts.map(pathFromText);
}

/** A latin1 name as bytes below a directory. */
function bytes(directory: string, name: string): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name, "latin1")]);
}

const CONTENT = { profile: "content", deletes: true } as const;

/** Another name of the same length, as odd as before. */
function renamed(name: string, index: number): string {
  return String.fromCharCode(0x41 + index) + name.slice(1);
}

const HOSTILE = [
  "new\nline",
  "#comment",
  ";comment",
  "-rf",
  "--delete",
  "*",
  "[a-z]",
  "what?",
  "back\\slash",
  "back\\#012slash",
  "$(reboot)",
  "`reboot`",
  '"quoted"',
  "'quoted'",
  " blanks ",
  "a -> b",
  "x:y::z",
  "\xff\xfe invalid",
  latin1FromText("grün 文件"),
  "n".repeat(255),
];

describe.each(KINDS)("createRemote() for a %s target", (kind) => {
  it("delivers every kind of entry with its attributes", async () => {
    const { source, replica, settings } = targets.tree(kind);
    mkdirSync(join(source, "d/deep"), { recursive: true });
    writeFileSync(join(source, "d/deep/file"), "content");
    writeFileSync(join(source, "empty"), "");
    chmodSync(join(source, "empty"), 0o4751);
    chownSync(join(source, "empty"), 1234, 2345);
    symlinkSync("/absolute/no\\where", join(source, "absolute"));
    symlinkSync("../relative", join(source, "d/relative"));
    execFileSync("mkfifo", [join(source, "fifo")]);
    linkSync(join(source, "d/deep/file"), join(source, "hard"));
    utimesSync(join(source, "d/deep"), 1e9, 1_000_000_000.123);
    utimesSync(join(source, "d"), 1e9, 999_999_999.987);
    const remote = open(settings);

    const run = await remote.send(
      names("d", "d/deep", "d/deep/file", "empty", "absolute", "d/relative", "fifo", "hard"),
      CONTENT,
    );

    expect(run).toMatchObject({ outcome: "done", status: 0, errors: [], suspects: [] });
    expect(run.stats).toMatchObject({ literalBytes: 7, filesTransferred: 2, deleted: 0 });
    expect(snapshot(replica)).toEqual(snapshot(source));
    expect(statSync(join(replica, "hard")).ino).toBe(statSync(join(replica, "d/deep/file")).ino);
  });

  it("carries names as data, whatever bytes they hold", async () => {
    const { source, replica, settings } = targets.tree(kind);
    for (const name of HOSTILE) writeFileSync(bytes(source, name), name);
    mkdirSync(join(source, "dir\n$(touch x)"));
    writeFileSync(join(source, "dir\n$(touch x)", "#in"), "in");
    const remote = open(settings);

    const sent = [...HOSTILE, "dir\n$(touch x)/#in"] as RelativePath[];
    expect((await remote.send(sent, CONTENT)).outcome).toBe("done");
    expect(snapshot(replica)).toEqual(snapshot(source));

    for (const name of HOSTILE) rmSync(bytes(source, name));
    rmSync(join(source, "dir\n$(touch x)"), { recursive: true });
    const gone = [...HOSTILE, "dir\n$(touch x)"] as RelativePath[];
    expect((await remote.send(gone, CONTENT)).outcome).toBe("done");
    expect(readdirSync(replica)).toEqual([]);
  });

  it("deletes whole trees by their topmost name, and turns files into directories and back", async () => {
    const { source, replica, settings } = targets.tree(kind);
    const remote = open(settings);
    mkdirSync(join(source, "tree/a/b"), { recursive: true });
    writeFileSync(join(source, "tree/a/b/f"), "f");
    writeFileSync(join(source, "becomes-directory"), "file");
    mkdirSync(join(source, "becomes-file/x"), { recursive: true });
    const first = names("tree/a/b/f", "becomes-directory", "becomes-file/x");
    expect((await remote.send(first, CONTENT)).outcome).toBe("done");
    expect(snapshot(replica)).toEqual(snapshot(source));

    rmSync(join(source, "tree"), { recursive: true });
    rmSync(join(source, "becomes-directory"));
    mkdirSync(join(source, "becomes-directory"));
    writeFileSync(join(source, "becomes-directory/in"), "in");
    rmSync(join(source, "becomes-file"), { recursive: true });
    writeFileSync(join(source, "becomes-file"), "now a file");
    const second = names("tree", "becomes-directory/in", "becomes-file");
    const run = await remote.send(second, CONTENT);

    expect(run.outcome).toBe("done");
    expect(snapshot(replica)).toEqual(snapshot(source));
  });

  it("deletes nothing without leave, and says nothing of missing names", async () => {
    const { source, replica, settings } = targets.tree(kind);
    const remote = open(settings);
    writeFileSync(join(replica, "only-there"), "x");
    writeFileSync(join(source, "here"), "x");

    const run = await remote.send(names("only-there", "here"), {
      profile: "content",
      deletes: false,
    });

    expect(run.outcome).toBe("done");
    expect(readdirSync(replica).sort()).toEqual(["here", "only-there"]);
  });

  it("delivers a rewrite of the same size and the same time", async () => {
    const { source, replica, settings } = targets.tree(kind);
    const remote = open(settings);
    const file = join(source, "f");
    writeFileSync(file, "first");
    utimesSync(file, 1e9, 1e9);
    await remote.send(names("f"), CONTENT);

    writeFileSync(file, "other");
    utimesSync(file, 1e9, 1e9);
    await remote.send(names("f"), CONTENT);

    expect(readFileSync(join(replica, "f"), "utf8")).toBe("other");
  });

  it("delivers the last of a thousand rewrites of the same size and time", async () => {
    const { source, replica, settings } = targets.tree(kind);
    const remote = open(settings);
    const file = join(source, "f");
    let sending: Promise<void> | undefined;
    let unsent = false;
    const send = () => {
      unsent = false;
      sending = remote.send(names("f"), { profile: "content", deletes: false }).then((run) => {
        // A file that changes while it is read is refused by the other end, and sent again.
        if (run.outcome !== "done") expect(run.suspects).toEqual(["f"]);
        sending = undefined;
        if (unsent || run.outcome !== "done") send();
      });
    };
    for (let version = 0; version < 1000; version++) {
      writeFileSync(file, `version ${String(version).padStart(6, "0")}`);
      utimesSync(file, 1e9, 1e9);
      unsent = true;
      if (sending === undefined) send();
      await new Promise((resolve) => setImmediate(resolve));
    }
    while (sending !== undefined) await sending;

    expect(readFileSync(join(replica, "f"), "utf8")).toBe("version 000999");
  });

  it("sends attributes without content", async () => {
    const { source, replica, settings } = targets.tree(kind);
    const remote = open(settings);
    const file = join(source, "f");
    writeFileSync(file, "content");
    await remote.send(names("f"), CONTENT);
    const before = statSync(join(replica, "f")).ino;

    chmodSync(file, 0o600);
    chownSync(file, 7, 8);
    const run = await remote.send(names("f"), { profile: "attributes", deletes: true });

    expect(run).toMatchObject({ outcome: "done", stats: { literalBytes: 0, filesTransferred: 0 } });
    expect(snapshot(replica)).toEqual(snapshot(source));
    expect(statSync(join(replica, "f")).ino).toBe(before);
  });

  it("sends the root's own attributes and nothing that lies in it", async () => {
    const { source, replica, settings } = targets.tree(kind, { filter: compileFilter(["- *.x"]) });
    const remote = open(settings);
    writeFileSync(join(source, "not-named"), "");
    writeFileSync(join(source, "named"), "");
    writeFileSync(join(replica, "only-there"), "");
    chmodSync(source, 0o750);
    utimesSync(source, 1e9, 1e9);

    expect((await remote.send([ROOT], CONTENT)).outcome).toBe("done");
    expect(readdirSync(replica)).toEqual(["only-there"]);
    expect(statSync(replica)).toMatchObject({ mode: 0o40750, mtimeMs: 1e12 });

    chmodSync(source, 0o700);
    expect((await remote.send([ROOT, ...names("named")], CONTENT)).outcome).toBe("done");
    expect(readdirSync(replica).sort()).toEqual(["named", "only-there"]);
    expect(statSync(replica).mode).toBe(0o40700);
  });

  it("spares what the filter excludes when a directory around it is deleted", async () => {
    const filter = compileFilter(["- *.log", "- /tree/cache/"]);
    const { replica, settings } = targets.tree(kind, { filter });
    for (const directory of ["tree/cache", "tree/sub", "other"]) {
      mkdirSync(join(replica, directory), { recursive: true });
    }
    for (const file of ["tree/cache/c", "tree/sub/f", "tree/sub/g.log", "other/f", "top"]) {
      writeFileSync(join(replica, file), "");
    }

    const run = await open(settings).send(names("tree", "other"), CONTENT);

    expect(run).toMatchObject({ outcome: "done", suspects: [] });
    expect(Object.keys(snapshot(replica)).sort()).toEqual([
      "top",
      "tree",
      "tree/cache",
      "tree/cache/c",
      "tree/sub",
      "tree/sub/g.log",
    ]);
  });

  it("sends large files in a run of their own and leaves no partial directory", async () => {
    const { source, replica, settings } = targets.tree(kind);
    const remote = open(settings);
    const content = Buffer.alloc(3_000_000, "large ");
    writeFileSync(join(source, "large"), content);

    const run = await remote.send(names("large"), { profile: "large", deletes: true });

    expect(run.outcome).toBe("done");
    expect(readFileSync(join(replica, "large")).equals(content)).toBe(true);
    expect(readdirSync(replica)).toEqual(["large"]);
  });

  it("names each difference, of every kind, and changes nothing", async () => {
    const { source, replica, settings } = targets.tree(kind);
    const remote = open(settings);
    const same = ["same", "mode", "time", "size", "link", "to-directory"];
    for (const name of same) writeFileSync(join(source, name), "12345");
    for (const name of HOSTILE) writeFileSync(bytes(source, name), "h");
    mkdirSync(join(source, "sub/sub"), { recursive: true });
    mkdirSync(join(source, "to-file"));
    symlinkSync("one", join(source, "symlink"));
    execFileSync("rsync", ["-a", `${source}/`, `${replica}/`]);

    chmodSync(join(replica, "mode"), 0o600);
    utimesSync(join(replica, "time"), 5, 5);
    writeFileSync(join(replica, "size"), "longer than before");
    rmSync(join(replica, "symlink"));
    symlinkSync("two", join(replica, "symlink"));
    rmSync(join(replica, "link"));
    symlinkSync("x", join(replica, "link"));
    rmSync(join(replica, "to-directory"));
    mkdirSync(join(replica, "to-directory/in"), { recursive: true });
    rmSync(join(replica, "to-file"), { recursive: true });
    writeFileSync(join(replica, "to-file"), "");
    rmSync(join(replica, "sub/sub"), { recursive: true });
    mkdirSync(join(replica, "extra"));
    writeFileSync(join(replica, "extra/in"), "");
    for (const [index, name] of HOSTILE.entries()) {
      renameSync(bytes(replica, name), bytes(replica, renamed(name, index)));
    }
    const before = snapshot(replica);

    const differences: Difference[] = [];
    const run = await remote.compare(ROOT, {
      deletes: true,
      filter: compileFilter([]),
      onDifference: (difference) => differences.push(difference),
    });

    expect(run.outcome).toBe("done");
    expect(snapshot(replica)).toEqual(before);
    const found = new Map<string, string>(
      differences.map(({ path, what, isDirectory }) => [path, `${what}${isDirectory ? "/" : ""}`]),
    );
    for (const [index, name] of HOSTILE.entries()) {
      expect(found.get(name), name).toBe("missing");
      expect(found.get(renamed(name, index)), renamed(name, index)).toBe("extra");
      found.delete(name);
      found.delete(renamed(name, index));
    }
    expect(Object.fromEntries(found)).toEqual({
      "": "attributes/",
      mode: "attributes",
      time: "content",
      size: "content",
      symlink: "content",
      link: "missing",
      "to-directory": "missing",
      "to-directory/in": "extra/",
      "to-file": "missing/",
      sub: "attributes/",
      "sub/sub": "missing/",
      extra: "extra/",
      "extra/in": "extra",
    });
  });

  it("compares a subtree alone, by its bytes, and a name that is gone", async () => {
    const { source, replica, settings } = targets.tree(kind);
    const remote = open(settings);
    const odd = "s\n[*]\xff";
    mkdirSync(bytes(source, odd));
    writeFileSync(bytes(source, `${odd}/new`), "");
    writeFileSync(join(source, "elsewhere"), "");
    mkdirSync(join(replica, "gone/below"), { recursive: true });
    const seen = async (path: string, deletes = true) => {
      const found: string[] = [];
      const filter = compileFilter([]);
      const onDifference = ({ path: at, what }: Difference) => found.push(`${what} ${at}`);
      const run = await remote.compare(path as RelativePath, { deletes, filter, onDifference });
      expect(run.outcome).toBe("done");
      return found.sort();
    };

    expect(await seen(odd)).toEqual([`missing ${odd}`, `missing ${odd}/new`]);
    expect(await seen("gone")).toEqual(["extra gone", "extra gone/below"]);
    expect(await seen("gone", false)).toEqual([]);
    expect(await seen("elsewhere")).toEqual(["missing elsewhere"]);
  });

  it("hides from a comparison what the filter excludes, on both sides", async () => {
    const { source, replica, settings } = targets.tree(kind);
    const remote = open(settings);
    mkdirSync(join(source, "cache"));
    writeFileSync(join(source, "cache/x"), "");
    writeFileSync(join(source, "grün.log"), "");
    writeFileSync(join(source, "kept"), "");
    writeFileSync(join(replica, "old.log"), "");
    const found: string[] = [];

    await remote.compare(ROOT, {
      deletes: true,
      filter: compileFilter(["- /cache/", "- *ün.log", "- old.*"]),
      onDifference: ({ path }) => found.push(path),
    });

    expect(found.filter((path) => path !== ROOT)).toEqual(["kept"]);
  });

  it("finds with checksums what size and time hide", async () => {
    const { source, replica, settings } = targets.tree(kind);
    const remote = open(settings);
    for (const [root, content] of [
      [source, "right"],
      [replica, "wrong"],
    ] as const) {
      writeFileSync(join(root, "f"), content);
      utimesSync(join(root, "f"), 1e9, 1e9);
    }
    const compare = async (checksum: boolean) => {
      const found: string[] = [];
      const filter = compileFilter([]);
      const onDifference = ({ path, what }: Difference) => found.push(`${what} ${path}`);
      await remote.compare(pathFromText("f"), { deletes: true, filter, checksum, onDifference });
      return found;
    };

    expect(await compare(false)).toEqual([]);
    expect(await compare(true)).toEqual(["content f"]);
  });

  it("names the paths that failed and delivers the others", async () => {
    const { source, replica, settings } = targets.tree(kind);
    mkdirSync(join(source, "d"));
    writeFileSync(join(source, 'd/im"mutable'), "new");
    writeFileSync(join(source, "n".repeat(255)), "new");
    writeFileSync(join(source, "fine"), "new");
    mkdirSync(join(replica, "d"));
    const immutable = [join(replica, 'd/im"mutable'), join(replica, "n".repeat(255))];
    for (const file of immutable) {
      writeFileSync(file, "old");
      execFileSync("chattr", ["+i", file]);
    }
    try {
      const remote = open(settings);
      const run = await remote.send(names("fine", 'd/im"mutable', "n".repeat(255), "d"), CONTENT);

      expect(run.outcome).toBe("partial");
      expect([...run.suspects].sort()).toEqual(names('d/im"mutable', "n".repeat(255)));
      expect(run.errors.join("\n")).toContain("Operation not permitted");
      expect(readFileSync(join(replica, "fine"), "utf8")).toBe("new");
    } finally {
      for (const file of immutable) execFileSync("chattr", ["-i", file]);
    }
  });

  it("suspects a name whose parent is gone, for it was not deleted", async () => {
    const { source, replica, settings } = targets.tree(kind);
    mkdirSync(join(replica, "gone"));
    writeFileSync(join(replica, "gone/below"), "");
    writeFileSync(join(source, "fine"), "");
    const run = await open(settings).send(names("gone/below", "fine"), CONTENT);

    // 24, and 23 where deletions are done by filter rules.
    expect(["vanished", "partial"]).toContain(run.outcome);
    expect([...run.suspects].sort()).toEqual(names("gone", "gone/below"));
  });

  it("leaves no process behind over many batches, and keeps the last version", async () => {
    const { source, replica, settings } = targets.tree(kind, { sessions: { idle: 3, max: 6 } });
    const remote = open(settings);
    remote.want(6);
    // A cycle costs several times more over ssh.
    const batches = kind === "ssh" ? 60 : 230;
    const inFlight = new Set<Promise<void>>();
    let round = 0;
    const outcomes = new Set<string>();
    while (round < batches) {
      const name = `f${String(round % 7)}`;
      writeFileSync(join(source, name), `version ${String(round).padStart(4, "0")}`);
      utimesSync(join(source, name), 1e9, 1e9);
      const sending = remote.send(names(name), CONTENT).then((run) => {
        outcomes.add(run.outcome);
        inFlight.delete(sending);
      });
      inFlight.add(sending);
      round++;
      // Seven names go round, so no two batches in flight hold the same one.
      if (inFlight.size >= 5) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);

    expect([...outcomes]).toEqual(["done"]);
    expect(snapshot(replica)).toEqual(snapshot(source));
    await remote.close();
    const mine = () => processesNaming(kind === "module" ? "/all/" : replica);
    await until(() => mine().every(({ arguments: words }) => !words.join(" ").includes(replica)), {
      what: () => JSON.stringify(mine()),
    });
  });

  it("has sessions ready before they are needed, and measures their cycle", async () => {
    const { source, settings } = targets.tree(kind, { sessions: { idle: 2, max: 4 } });
    const remote = open(settings);
    let calls = 0;
    remote.onReady(() => calls++);
    await until(() => remote.ready("content") === 2, { what: "two ready sessions" });
    expect(calls).toBe(2);
    expect(remote.ready("attributes")).toBe(0);

    remote.want(9);
    await until(() => remote.ready("content") === 4, { what: "no more sessions than allowed" });

    const before = remote.cycleMs;
    writeFileSync(join(source, "f"), "");
    await remote.send(names("f"), CONTENT);
    expect(remote.cycleMs).not.toBe(before);
    expect(remote.cycleMs).toBeGreaterThan(1);
  });

  it("makes the last part of a missing target, also when several sessions would", async () => {
    const { source, replica, settings } = targets.tree(kind, { sessions: { idle: 4, max: 4 } });
    rmSync(replica, { recursive: true });
    const remote = open(settings);
    await until(() => remote.ready("content") === 4, { what: "sessions" });
    const several = names("a", "b", "c", "d");
    for (const name of several) writeFileSync(join(source, name), name);
    const runs = await Promise.all(
      several.map((name) => remote.send([name], { profile: "content", deletes: false })),
    );
    expect(runs.map(({ outcome }) => outcome)).toEqual(["done", "done", "done", "done"]);
    expect(snapshot(replica)).toEqual(snapshot(source));
  });

  it("ends a run that is called off, with the reason of who called", async () => {
    const { source, settings } = targets.tree(kind, { bandwidth: 20_000 });
    writeFileSync(join(source, "slow"), Buffer.alloc(2_000_000, 1));
    const remote = open(settings);
    const stop = new AbortController();
    const reason = new Error("enough");
    const sending = remote.send(names("slow"), CONTENT, stop.signal);
    setTimeout(() => stop.abort(reason), 300);

    await expect(sending).rejects.toBe(reason);
    expect(lstatSync(source).isDirectory()).toBe(true);
  });
});

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { compileFilter } from "../../src/filter/filter.js";
import { Kind, type Kinds, type Move } from "../../src/model/change.js";
import { pathFromText, ROOT, type RelativePath } from "../../src/model/path.js";
import { createRemote } from "../../src/rsync/create-remote.js";
import type { Remote } from "../../src/rsync/remote.js";
import { emptyRun, failedRun } from "../../src/rsync/run.js";
import { troubleOf } from "../../src/rsync/trouble.js";
import { carryMove, type CarryMoveOptions, walkNames } from "../../src/transfer/relocating.js";
import { startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { settingsFor } from "../rsync/settings.js";
import { snapshot } from "../rsync/snapshot.js";

const base = makeTempDir("treecast-relocating-");
const modules = join(base, "modules");
const rsyncd = await startRsyncd({
  modules: { all: { path: modules }, plain: { path: modules, "refuse options": "link-dest" } },
});
const remotes: Remote[] = [];
let count = 0;

afterEach(() => Promise.all(remotes.splice(0).map((remote) => remote.close())));

function scene(module = "all") {
  const name = `t${String(count++)}`;
  const source = join(base, name);
  const replica = join(modules, name);
  mkdirSync(source);
  mkdirSync(replica);
  const remote = createRemote(settingsFor(source, rsyncd.endpoint(module, { path: name })));
  remotes.push(remote);
  const copy = () =>
    execFileSync("rsync", ["-aH", "--modify-window=-1", `${source}/`, `${replica}/`]);
  const owed = new Map<string, Kinds>();
  const carry = (
    from: string,
    to: string,
    more: Partial<CarryMoveOptions> & { isDirectory?: boolean } = {},
  ) => {
    const { isDirectory = true, ...options } = more;
    const move: Move = { from: pathFromText(from), to: pathFromText(to), isDirectory };
    return carryMove(move, remote, {
      root: source,
      at: move.to,
      replaces: false,
      deletes: true,
      filter: compileFilter(["- *.log"]),
      owe: (path, kinds) => owed.set(path, kinds),
      ...options,
    });
  };
  return { source, replica, remote, copy, owed, carry };
}

const PARENT = Kind.Attributes | Kind.Directory;

describe("carryMove()", () => {
  it("carries a directory, proves it, and owes what still differs", async () => {
    const { source, replica, copy, owed, carry } = scene();
    mkdirSync(join(source, "old/deep"), { recursive: true });
    for (const file of ["old/a", "old/deep/b", "old/deep/secret.log"]) {
      writeFileSync(join(source, file), file);
    }
    copy();
    renameSync(join(source, "old"), join(source, "new"));
    chmodSync(join(source, "new/deep"), 0o700);
    const inode = lstatSync(join(replica, "old/a")).ino;

    const carried = await carry("old", "new");

    expect(carried).toMatchObject({ outcome: "carried" });
    expect(carried.sentBytes).toBeLessThan(1000);
    expect(lstatSync(join(replica, "new/a")).ino).toBe(inode);
    // Excluded from the replication, and so from the move.
    expect(() => lstatSync(join(replica, "new/deep/secret.log"))).toThrow();
    // It had to make the name in the directory above, whose time is another now.
    expect([...owed]).toEqual([["", PARENT]]);
    rmSync(join(replica, "old"), { recursive: true });
    rmSync(join(source, "new/deep/secret.log"));
    execFileSync("rsync", ["-a", "--modify-window=-1", `${source}/`, `${replica}/`]);
    expect(snapshot(replica)).toEqual(snapshot(source));
  });

  it("makes the directory above where the replica lacks it", async () => {
    const { source, replica, copy, owed, carry } = scene();
    mkdirSync(join(source, "old"));
    writeFileSync(join(source, "old/f"), "f");
    copy();
    mkdirSync(join(source, "made/here"), { recursive: true });
    renameSync(join(source, "old"), join(source, "made/here/new"));

    expect(await carry("old", "made/here/new")).toMatchObject({ outcome: "carried" });
    expect(lstatSync(join(replica, "made/here/new/f")).ino).toBe(
      lstatSync(join(replica, "old/f")).ino,
    );
    expect(owed.get("made/here")).toBe(PARENT);
  });

  it("removes what stands there before, and nothing where it is not told to", async () => {
    const { source, replica, copy, owed, carry } = scene();
    for (const name of ["old", "new"]) {
      mkdirSync(join(source, name));
      writeFileSync(join(source, name, "f"), name);
    }
    writeFileSync(join(source, "new/stale"), "");
    copy();
    rmSync(join(source, "new"), { recursive: true });
    renameSync(join(source, "old"), join(source, "new"));

    expect(await carry("old", "new")).toMatchObject({ outcome: "carried" });
    expect(owed.get("new/stale")).toBe(Kind.Gone);
    owed.clear();
    expect(await carry("old", "new", { replaces: true })).toMatchObject({ outcome: "carried" });
    expect([...owed.keys()]).toEqual([""]);
    expect(readFileSync(join(replica, "new/f"), "utf8")).toBe("old");
    expect(lstatSync(join(replica, "new/f")).ino).toBe(lstatSync(join(replica, "old/f")).ino);
  });

  it("carries a file, and a chain of names by way of each", async () => {
    const { source, replica, copy, owed, carry } = scene();
    for (const name of ["a", "b"]) mkdirSync(join(source, name));
    writeFileSync(join(source, "a/f"), "content");
    copy();
    renameSync(join(source, "a/f"), join(source, "f"));
    const file = { isDirectory: false };

    const first = await carry("a/f", "b/f", { ...file, at: pathFromText("f") });
    const second = await carry("b/f", "f", file);
    expect([first.outcome, second.outcome]).toEqual(["carried", "carried"]);
    expect(lstatSync(join(replica, "f")).ino).toBe(lstatSync(join(replica, "a/f")).ino);
    expect([...owed.keys()].sort()).toEqual(["", "b"]);
  });

  it("falls back where the target cannot, without trouble", async () => {
    const { source, copy, carry } = scene("plain");
    mkdirSync(join(source, "old"));
    copy();
    renameSync(join(source, "old"), join(source, "new"));
    const refused = await carry("old", "new");
    expect(refused.outcome).toBe("fallback");
    expect(refused.reason).toContain("refuse --link-dest");
    expect(refused.trouble).toBeUndefined();
    const gone = await carry("old", "nowhere");
    expect(gone).toMatchObject({ outcome: "fallback", sentBytes: 0 });
  });

  it("falls back without a word to the target where the name cannot be an argument", async () => {
    const { carry, source } = scene();
    mkdirSync(Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0xff])]));
    const to = "\xff" as RelativePath;
    const move = await carryMove(
      { from: pathFromText("old"), to, isDirectory: true },
      remotes[0]!,
      {
        root: source,
        at: to,
        replaces: false,
        deletes: true,
        filter: compileFilter([]),
        owe: () => undefined,
      },
    );
    expect(move).toMatchObject({ outcome: "fallback", sentBytes: 0 });
    expect(move.reason).toContain("not UTF-8");
    expect((await carry("x", "y")).outcome).toBe("fallback");
  });

  it("hands on the trouble of a target that fails on the way", async () => {
    const { source } = scene();
    mkdirSync(join(source, "new"));
    const trouble = troubleOf("refused", { kind: "local", path: "/x" });
    const steps: string[] = [];
    const remote = (failing: string) =>
      new Proxy({} as Remote, {
        get: (_, name: string) => () => {
          steps.push(name);
          return Promise.resolve(name === failing ? failedRun(trouble) : emptyRun());
        },
      });
    for (const failing of ["remove", "relocate", "compare"]) {
      const move = { from: pathFromText("old"), to: pathFromText("new"), isDirectory: true };
      const carried = await carryMove(move, remote(failing), {
        root: source,
        at: move.to,
        replaces: true,
        deletes: true,
        filter: compileFilter([]),
        owe: () => undefined,
      });
      expect(carried).toMatchObject({ outcome: "fallback", trouble: { kind: "refused" } });
    }
    expect(steps).toEqual(["remove", "remove", "relocate", "remove", "relocate", "compare"]);
  });
});

describe("walkNames()", () => {
  const root = makeTempDir("treecast-walk-");
  mkdirSync(join(root, "top/at/d/e"), { recursive: true });
  mkdirSync(join(root, "top/at/out/in"), { recursive: true });
  for (const file of ["top/at/f", "top/at/d/e/g", "top/at/out/in/h", "top/beside"]) {
    writeFileSync(join(root, file), "");
  }
  writeFileSync(Buffer.concat([Buffer.from(`${root}/top/at/`), Buffer.from([0xff, 0x0a])]), "");
  symlinkSync("d", join(root, "top/at/link"));
  const at = pathFromText("top/at");

  it("lists all below, as bytes, and enters neither links nor what is excluded", async () => {
    const asked: string[] = [];
    const names = await walkNames(root, at, (path, isDirectory) => {
      asked.push(`${path}${isDirectory ? "/" : ""}`);
      return path !== "top/at/out";
    });
    expect(names?.sort()).toEqual(["d", "d/e", "d/e/g", "f", "link", "\xff\n"]);
    expect(asked).toContain("top/at/d/e/");
    expect(asked).toContain("top/at/out/");
    expect(asked).not.toContain("top/at/out/in/");
  });

  it("says that there is nothing to list where there is no directory", async () => {
    const all = () => true;
    expect(await walkNames(root, pathFromText("nowhere"), all)).toBeUndefined();
    expect(await walkNames(root, pathFromText("top/at/f"), all)).toBeUndefined();
    expect(await walkNames(makeTempDir(), ROOT, all)).toEqual([]);
  });

  it("leaves the main thread free while it walks, and can be called off", async () => {
    const wide = makeTempDir("treecast-walk-");
    for (let index = 0; index < 6000; index++) writeFileSync(join(wide, String(index)), "");
    let turns = 0;
    let walking = true;
    const turn = () => {
      turns++;
      if (walking) setImmediate(turn);
    };
    setImmediate(turn);
    // Slow enough that several slices are needed.
    const slow = () => {
      const until = performance.now() + 0.01;
      while (performance.now() < until);
      return true;
    };
    expect(await walkNames(wide, ROOT, slow)).toHaveLength(6000);
    walking = false;
    expect(turns).toBeGreaterThan(5);

    const reason = new Error("enough");
    const stop = AbortSignal.abort(reason);
    await expect(walkNames(wide, ROOT, slow, stop)).rejects.toBe(reason);
  });
});

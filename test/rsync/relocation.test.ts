import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
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
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { pathFromText, type RelativePath } from "../../src/model/path.js";
import type { Remote } from "../../src/rsync/remote.js";
import { closeAll, KINDS, open, startTargets, through, type Tree } from "./targets.js";
import { snapshot } from "./snapshot.js";

const targets = await startTargets();
afterEach(closeAll);

/** The kinds of target, and a module whose daemon is not confined to it. */
const PLACES = [...KINDS, "module without a chroot"] as const;

function treeAt(place: (typeof PLACES)[number]): Tree {
  if (place !== "module without a chroot") return targets.tree(place);
  const tree = targets.tree("module");
  return { ...tree, settings: through(tree, "unconfined") };
}

/** Makes the replica equal to the source, behind everybody's back. */
function copy({ source, replica }: Tree): void {
  execFileSync("rsync", ["-aH", "--modify-window=-1", "--delete", `${source}/`, `${replica}/`]);
}

/** All that lies below a directory, as a caller would list it. */
function namesBelow(directory: string): RelativePath[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).map(pathFromText);
}

function moved(from: string, to: string, at = to) {
  return { from: pathFromText(from), to: pathFromText(to), at: pathFromText(at) };
}

const RANDOM = randomBytes(400_000);

function inode(...parts: string[]): number {
  return lstatSync(join(...parts)).ino;
}

describe.each(PLACES)("relocate() for a %s target", (place) => {
  it("links every kind of entry below a renamed directory, and transfers none", async () => {
    const tree = treeAt(place);
    const { source, replica, settings } = tree;
    mkdirSync(join(source, "old/deep/empty"), { recursive: true });
    writeFileSync(join(source, "old/file"), "file");
    writeFileSync(join(source, "old/deep/secret"), "secret", { mode: 0o600 });
    symlinkSync("file", join(source, "old/link"));
    execFileSync("mkfifo", [join(source, "old/fifo")]);
    chmodSync(join(source, "old"), 0o710);
    utimesSync(join(source, "old/deep"), 5, 5);
    copy(tree);
    renameSync(join(source, "old"), join(source, "new"));
    const names = namesBelow(join(source, "new"));

    const run = await open(settings).relocate({ ...moved("old", "new"), names });

    expect(run).toMatchObject({
      outcome: "done",
      stats: { literalBytes: 0, filesTransferred: 0 },
    });
    for (const name of ["file", "deep/secret", "link", "fifo"]) {
      expect(inode(replica, "new", name), name).toBe(inode(replica, "old", name));
    }
    expect(readdirSync(replica).sort()).toEqual(["new", "old"]);
    rmSync(join(replica, "old"), { recursive: true });
    expect(snapshot(replica)).toEqual(snapshot(source));
  });

  it("goes from any depth to any other", async () => {
    const tree = treeAt(place);
    const { source, replica, settings } = tree;
    mkdirSync(join(source, "a/b/old"), { recursive: true });
    mkdirSync(join(source, "x/y/z"), { recursive: true });
    writeFileSync(join(source, "a/b/old/f"), "f");
    copy(tree);
    const remote = open(settings);
    const names = [pathFromText("f")];

    renameSync(join(source, "a/b/old"), join(source, "x/y/z/new"));
    const down = await remote.relocate({ ...moved("a/b/old", "x/y/z/new"), names });
    expect(down).toMatchObject({ outcome: "done", stats: { filesTransferred: 0 } });
    renameSync(join(source, "x/y/z/new"), join(source, "top"));
    const up = await remote.relocate({ ...moved("x/y/z/new", "top"), names });
    expect(up).toMatchObject({ outcome: "done", stats: { filesTransferred: 0 } });
    expect(inode(replica, "top/f")).toBe(inode(replica, "a/b/old/f"));
  });

  it("sends what changed below, makes only what is named, and an empty directory too", async () => {
    const tree = treeAt(place);
    const { source, replica, settings } = tree;
    mkdirSync(join(source, "old"));
    mkdirSync(join(source, "bare"), { mode: 0o700 });
    for (const name of ["kept", "changed", "hidden"]) writeFileSync(join(source, "old", name), "1");
    copy(tree);
    renameSync(join(source, "old"), join(source, "new"));
    renameSync(join(source, "bare"), join(source, "bald"));
    writeFileSync(join(source, "new/changed"), "longer");
    writeFileSync(join(source, "new/added"), "added");
    const remote = open(settings);

    const names = ["kept", "changed", "added"].map(pathFromText);
    const run = await remote.relocate({ ...moved("old", "new"), names });
    expect(run).toMatchObject({ outcome: "done", stats: { filesTransferred: 2 } });
    expect(readdirSync(join(replica, "new")).sort()).toEqual(["added", "changed", "kept"]);
    expect(readFileSync(join(replica, "new/changed"), "utf8")).toBe("longer");
    expect(readFileSync(join(replica, "old/changed"), "utf8")).toBe("1");

    const empty = await remote.relocate({ ...moved("bare", "bald"), names: [] });
    expect(empty.outcome).toBe("done");
    expect(statSync(join(replica, "bald")).mode).toBe(0o40700);
    expect(readdirSync(join(replica, "bald"))).toEqual([]);
  });

  it("links what differs in content alone: that is for the caller to send", async () => {
    const tree = treeAt(place);
    const { source, replica, settings } = tree;
    mkdirSync(join(source, "old"));
    writeFileSync(join(source, "old/f"), "first");
    utimesSync(join(source, "old/f"), 1e9, 1e9);
    copy(tree);
    renameSync(join(source, "old"), join(source, "new"));
    writeFileSync(join(source, "new/f"), "other");
    utimesSync(join(source, "new/f"), 1e9, 1e9);
    const remote = open(settings);

    await remote.relocate({ ...moved("old", "new"), names: [pathFromText("f")] });
    expect(readFileSync(join(replica, "new/f"), "utf8")).toBe("first");
    await remote.send([pathFromText("new/f")], { profile: "content", deletes: false });
    expect(readFileSync(join(replica, "new/f"), "utf8")).toBe("other");
    expect(readFileSync(join(replica, "old/f"), "utf8")).toBe("first");
  });

  it("links a file that went to another directory under its name", async () => {
    const tree = treeAt(place);
    const { source, replica, settings } = tree;
    mkdirSync(join(source, "a"));
    mkdirSync(join(source, "b/c"), { recursive: true });
    writeFileSync(join(source, "a/f"), RANDOM);
    copy(tree);
    const remote = open(settings);
    for (const [from, to] of [
      ["a/f", "b/c/f"],
      ["b/c/f", "f"],
      ["f", "b/f"],
    ] as const) {
      renameSync(join(source, from), join(source, to));
      const run = await remote.relocate({ ...moved(from, to), names: undefined });
      expect(run).toMatchObject({ outcome: "done", stats: { literalBytes: 0 } });
      expect(inode(replica, to)).toBe(inode(replica, from));
    }
  });

  it("takes a file from where it has moved on to", async () => {
    const tree = treeAt(place);
    const { source, replica, settings } = tree;
    for (const directory of ["a", "b", "c"]) mkdirSync(join(source, directory));
    writeFileSync(join(source, "a/f"), RANDOM);
    copy(tree);
    renameSync(join(source, "a/f"), join(source, "c/later"));

    const relocation = { ...moved("a/f", "b/f", "c/later"), names: undefined };
    const run = await open(settings).relocate(relocation);

    expect(run).toMatchObject({ outcome: "done", stats: { literalBytes: 0 } });
    expect(readdirSync(join(replica, "b"))).toEqual(["f"]);
    expect(inode(replica, "b/f")).toBe(inode(replica, "a/f"));
  });

  it("carries names as they are, and says at once which it cannot", async () => {
    const tree = treeAt(place);
    const { source, replica, settings } = tree;
    const odd = ["*", "[a]", "b\\x", "sp ace", "new\nline", "grün 文件", "it's $(x)", "-dash", "~"];
    for (const name of odd) {
      mkdirSync(join(source, name));
      writeFileSync(join(source, name, "f"), name);
    }
    copy(tree);
    const remote = open(settings);
    for (const name of odd) {
      const to = `to ${name}`;
      renameSync(join(source, name), join(source, to));
      const run = await remote.relocate({ ...moved(name, to), names: [pathFromText("f")] });
      expect(run, name).toMatchObject({ outcome: "done", stats: { filesTransferred: 0 } });
      expect(inode(replica, to, "f"), name).toBe(inode(replica, name, "f"));
    }

    const latin = "\xff" as RelativePath;
    for (const relocation of [
      { ...moved("x", "y"), from: latin },
      { ...moved("x", "y"), to: latin },
      { ...moved("x", "y"), at: latin },
    ]) {
      const run = await remote.relocate({ ...relocation, names: [] });
      expect(run).toMatchObject({ outcome: "partial", status: null, suspects: [relocation.to] });
    }
  });

  it("leaves a directory that is a file by now to the normal way, and can be closed", async () => {
    const tree = treeAt(place);
    const { source, settings } = tree;
    mkdirSync(join(source, "old"));
    writeFileSync(join(source, "old/f"), "f");
    copy(tree);
    rmSync(join(source, "old"), { recursive: true });
    writeFileSync(join(source, "new"), "no directory any more");
    const remote = open(settings);
    const run = await remote.relocate({ ...moved("old", "new"), names: [pathFromText("f")] });
    expect(run).toMatchObject({ outcome: "partial", suspects: ["new"] });
    expect(run).not.toHaveProperty("trouble");
    await remote.close(100);
  });

  it("leaves what it cannot do to the normal way, and the target in good standing", async () => {
    const tree = treeAt(place);
    const { source, replica, settings } = tree;
    mkdirSync(join(source, "old"));
    mkdirSync(join(source, "made"));
    writeFileSync(join(source, "old/f"), "f");
    execFileSync("cp", ["-a", join(source, "old"), join(replica, "old")]);
    renameSync(join(source, "old"), join(source, "made/new"));
    const remote = open(settings);
    const names = [pathFromText("f")];
    const refused = (to: string) => ({ outcome: "partial", suspects: [to] });

    // The replica lacks the directory above.
    const orphan = await remote.relocate({ ...moved("old", "made/new"), names });
    expect(orphan).toMatchObject(refused("made/new"));
    expect(orphan.trouble).toBeUndefined();
    expect(orphan.errors.join()).toContain("mkdir");
    // The source has nothing there any more.
    const gone = await remote.relocate({ ...moved("old", "new", "nowhere"), names });
    expect(gone).toMatchObject(refused("new"));
    expect(gone.trouble).toBeUndefined();
    expect(readdirSync(replica)).toEqual(["old"]);
  });
});

describe.each(["module", "ssh"] as const)("relocate() for a %s target", (kind) => {
  it("sends no content of a file that has another name", async () => {
    const tree = targets.tree(kind);
    const { source, replica, settings } = tree;
    for (const directory of ["a", "b"]) mkdirSync(join(source, directory));
    writeFileSync(join(source, "a/one"), RANDOM);
    copy(tree);
    const remote: Remote = open(settings);

    for (const [from, to] of [
      ["a/one", "a/two"],
      ["a/two", "b/three"],
    ] as const) {
      renameSync(join(source, from), join(source, to));
      const run = await remote.relocate({ ...moved(from, to), names: undefined });
      expect(run).toMatchObject({ outcome: "done", stats: { literalBytes: 0 } });
      expect(run.stats.sentBytes).toBeLessThan(RANDOM.length / 50);
      expect(readFileSync(join(replica, to)).equals(RANDOM)).toBe(true);
      expect(statSync(join(replica, to)).mtimeMs).toBe(statSync(join(source, to)).mtimeMs);
      rmSync(join(replica, from));
    }
  });
});

describe("relocate()", () => {
  it("carries 5,500 files in more than one list, and sends nothing of them", async () => {
    const tree = targets.tree("module");
    const { source, replica, settings } = tree;
    mkdirSync(join(source, "old"));
    for (let directory = 0; directory < 11; directory++) {
      mkdirSync(join(source, `old/d${String(directory)}`));
      for (let file = 0; file < 500; file++) {
        writeFileSync(join(source, `old/d${String(directory)}/f${String(file)}`), `${file}`);
      }
    }
    copy(tree);
    renameSync(join(source, "old"), join(source, "new"));
    const names = namesBelow(join(source, "new"));

    const run = await open(settings).relocate({ ...moved("old", "new"), names });

    expect(run).toMatchObject({
      outcome: "done",
      stats: { literalBytes: 0, filesTransferred: 0 },
    });
    expect(run.stats.sentBytes).toBeLessThan(200_000);
    expect(inode(replica, "new/d10/f499")).toBe(inode(replica, "old/d10/f499"));
    rmSync(join(replica, "old"), { recursive: true });
    expect(snapshot(replica)).toEqual(snapshot(source));
  });

  it("is refused without harm by a module that refuses links", async () => {
    const tree = targets.tree("module");
    mkdirSync(join(tree.source, "new"));
    const remote = open(through(tree, "plain"));

    const run = await remote.relocate({ ...moved("old", "new"), names: [] });

    expect(run).toMatchObject({ outcome: "partial", suspects: ["new"] });
    expect(run.trouble).toBeUndefined();
    expect(run.errors.join()).toContain("refuse --link-dest");
  });

  it("reports a target that is away as that", async () => {
    const { source, settings } = targets.tree("module");
    mkdirSync(join(source, "new"));
    const endpoint = { ...settings.endpoint, port: 1 };
    const run = await open({ ...settings, endpoint }).relocate({
      ...moved("old", "new"),
      names: [],
    });
    expect(run).toMatchObject({ outcome: "failed", trouble: { kind: "refused" } });
  });

  it("does not link where --inplace would later write through the link", async () => {
    const { source, settings } = targets.tree("local");
    mkdirSync(join(source, "new"));
    const remote = open({ ...settings, options: ["--inplace"] });
    const run = await remote.relocate({ ...moved("old", "new"), names: [] });
    expect(run).toMatchObject({ outcome: "partial", status: null, suspects: ["new"] });
  });

  it("leaves a file of another name to the normal way where that costs no more", async () => {
    const { source, replica, settings } = targets.tree("local");
    writeFileSync(join(source, "new"), RANDOM);
    const run = await open(settings).relocate({ ...moved("old", "new"), names: undefined });
    expect(run).toMatchObject({ outcome: "partial", status: null, suspects: ["new"] });
    expect(readdirSync(replica)).toEqual([]);
  });
});

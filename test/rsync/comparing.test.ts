import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { compileFilter } from "../../src/filter/filter.js";
import { pathFromText, ROOT } from "../../src/model/path.js";
import type { Difference } from "../../src/rsync/remote.js";
import { snapshot } from "./snapshot.js";
import { closeAll, KINDS, open, startTargets, type Tree } from "./targets.js";

const targets = await startTargets();
afterEach(closeAll);

function names(...texts: string[]) {
  return texts.map(pathFromText);
}

/** Differences at every depth, extras among them. */
function furnish({ source, replica }: Tree): void {
  for (const directory of ["a/b/c", "sub", "same"]) {
    mkdirSync(join(source, directory), { recursive: true });
  }
  for (const file of ["top", "a/one", "a/b/two", "a/b/c/three", "same/f", "note.log"]) {
    writeFileSync(join(source, file), file);
  }
  symlinkSync("a", join(source, "link"));
  execFileSync("rsync", ["-a", "--modify-window=-1", `${source}/`, `${replica}/`]);
  for (const file of ["top", "a/one", "a/b/two", "a/b/c/three"]) {
    utimesSync(join(replica, file), 5, 5);
  }
  mkdirSync(join(replica, "a/extra/deep"), { recursive: true });
  writeFileSync(join(replica, "a/extra/deep/f"), "");
  writeFileSync(join(replica, "a/b/extra"), "");
  writeFileSync(join(replica, "stray"), "");
  writeFileSync(join(replica, "stray.log"), "");
  mkdirSync(join(source, "a/b/new/deep"), { recursive: true });
  for (const directory of ["", "a", "a/b", "a/b/c", "same"]) {
    for (const root of [source, replica]) utimesSync(join(root, directory), 9, 9);
  }
}

describe.each(KINDS)("compareDirectories() for a %s target", (kind) => {
  async function found(
    tree: Tree,
    paths: readonly string[],
    { deletes = true, checksum = false, rules = ["- *.log"] } = {},
  ): Promise<string[]> {
    const all: Difference[] = [];
    const run = await open(tree.settings).compareDirectories(names(...paths), {
      deletes,
      checksum,
      filter: compileFilter(rules),
      onDifference: (difference) => all.push(difference),
    });
    expect(run.outcome).toBe("done");
    return all
      .map(({ path, what, isDirectory }) => `${what} ${path}${isDirectory ? "/" : ""}`)
      .sort();
  }

  it("names what differs in each, and nothing above, below or beside", async () => {
    const tree = targets.tree(kind);
    furnish(tree);
    const before = snapshot(tree.replica);

    expect(await found(tree, ["a"])).toEqual(["content a/one", "extra a/extra/"]);
    expect(await found(tree, ["a/b", "same"])).toEqual([
      ...["content a/b/two", "extra a/b/extra", "missing a/b/new/"],
    ]);
    expect(await found(tree, [""])).toEqual(["content top", "extra stray"]);
    expect(await found(tree, ["", "a/b/c"])).toEqual([
      ...["content a/b/c/three", "content top", "extra stray"],
    ]);
    expect(await found(tree, [""], { deletes: false, rules: [] })).toEqual(["content top"]);
    expect(snapshot(tree.replica)).toEqual(before);
  });

  it("names the directory itself, and the replica's lack of it", async () => {
    const tree = targets.tree(kind);
    furnish(tree);
    utimesSync(join(tree.source, "same"), 10, 10);
    writeFileSync(join(tree.source, "a/b/new/f"), "");
    expect(await found(tree, ["same"])).toEqual(["attributes same/"]);
    expect(await found(tree, ["a/b/new"])).toEqual([
      ...["missing a/b/new/", "missing a/b/new/deep/", "missing a/b/new/f"],
    ]);
  });

  it("passes over what is no directory here", async () => {
    const tree = targets.tree(kind);
    furnish(tree);
    expect(await found(tree, ["top", "link", "nowhere", "top/below"])).toEqual([]);
    expect(await found(tree, ["nowhere", "same"])).toEqual([]);
  });

  it("reads what looks the same when it is told to", async () => {
    const tree = targets.tree(kind);
    furnish(tree);
    writeFileSync(join(tree.replica, "same/f"), "SAME/F");
    utimesSync(join(tree.replica, "same/f"), 3, 3);
    utimesSync(join(tree.source, "same/f"), 3, 3);
    expect(await found(tree, ["same"])).toEqual([]);
    expect(await found(tree, ["same"], { checksum: true })).toEqual(["content same/f"]);
  });

  it("takes 500 directories at once", async () => {
    const tree = targets.tree(kind);
    const many = Array.from({ length: 500 }, (_, index) => `d${String(index)}`);
    for (const root of [tree.source, tree.replica]) {
      for (const name of many) mkdirSync(join(root, name));
    }
    for (const name of many) {
      for (const root of [tree.source, tree.replica]) utimesSync(join(root, name), 1, 1);
    }
    mkdirSync(join(tree.replica, "d499/extra"));
    expect(await found(tree, many)).toEqual(["attributes d499/", "extra d499/extra/"]);
    expect(readdirSync(join(tree.replica, "d499"))).toEqual(["extra"]);
  });
});

describe("compare()", () => {
  it("says which properties differ", async () => {
    const { source, replica, settings } = targets.tree("local", { xattrs: true });
    const files = ["mode", "owner", "time", "size", "content", "xattr", "one", "two"];
    for (const name of files) writeFileSync(join(source, name), name);
    symlinkSync("x", join(source, "link"));
    execFileSync("ln", ["-f", join(source, "one"), join(source, "two")]);
    execFileSync("rsync", ["-aX", "--modify-window=-1", `${source}/`, `${replica}/`]);
    execFileSync("chmod", ["600", join(replica, "mode")]);
    execFileSync("chown", ["7:8", join(replica, "owner")]);
    utimesSync(join(replica, "time"), 5, 5);
    execFileSync("touch", ["-r", join(source, "size"), join(replica, "stamp")]);
    writeFileSync(join(replica, "size"), "longer than it was");
    execFileSync("touch", ["-r", join(replica, "stamp"), join(replica, "size")]);
    writeFileSync(join(replica, "content"), "CONTENT");
    execFileSync("touch", ["-r", join(source, "content"), join(replica, "content")]);
    execFileSync("setfattr", ["-n", "user.x", "-v", "1", join(replica, "xattr")]);
    execFileSync("ln", ["-sfn", "y", join(replica, "link")]);
    execFileSync("touch", ["-h", "-r", join(source, "link"), join(replica, "link")]);
    const found: Record<string, unknown> = {};

    await open(settings).compare(ROOT, {
      deletes: true,
      checksum: true,
      filter: compileFilter(["- stamp"]),
      onDifference: ({ path, properties }) => (found[path] = properties),
    });

    delete found[""];
    expect(found).toEqual({
      mode: ["mode"],
      owner: ["owner", "group"],
      time: ["time"],
      size: ["content", "size"],
      content: ["content"],
      xattr: ["xattr"],
      link: ["link"],
      two: ["link"],
    });
  });
});

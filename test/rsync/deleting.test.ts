import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { compileFilter } from "../../src/filter/filter.js";
import { pathFromText } from "../../src/model/path.js";
import {
  closeAll,
  KINDS,
  open,
  rsyncThatRejectsDeletions,
  startTargets,
  through,
  type Tree,
} from "./targets.js";
import { snapshot } from "./snapshot.js";

const targets = await startTargets();
afterEach(closeAll);

function names(...texts: string[]) {
  return texts.map(pathFromText);
}

/** Something that exists on both sides, with an excluded file in it, and things around it. */
function furnish({ source, replica }: Tree): void {
  for (const root of [source, replica]) {
    mkdirSync(join(root, "a/b/gone/deep"), { recursive: true });
    mkdirSync(join(root, "kept"));
    for (const file of ["a/b/gone/f", "a/b/gone/deep/x.log", "a/b/stays", "top*", "topper"]) {
      writeFileSync(join(root, file), file);
    }
  }
  mkdirSync(join(replica, "a/b/gone/deep/.treecast-partial"));
  writeFileSync(join(replica, "a/b/gone/deep/.treecast-partial/f"), "");
  utimesSync(join(replica, "a"), 5, 5);
}

describe.each([...KINDS, "local, deleting by filter"] as const)(
  "remove() for a %s target",
  (place) => {
    function tree(): Tree {
      const filter = compileFilter(["- *.log", "- .treecast-partial/"]);
      const trash = { keepMs: 1, overwritten: true };
      if (place !== "local, deleting by filter") return targets.tree(place, { filter, trash });
      return targets.tree("local", { filter, trash, program: rsyncThatRejectsDeletions() });
    }

    it("deletes what is named, excluded or not, although the source has it, and keeps no copy", async () => {
      const { source, replica, settings } = furnished();
      const before = snapshot(source);

      const run = await open(settings).remove(names("a/b/gone", "top*", "never/was", "nor"));

      expect(run).toMatchObject({ outcome: "done", suspects: [] });
      expect(Object.keys(snapshot(replica)).sort()).toEqual([
        ...["a", "a/b", "a/b/stays", "kept", "topper"],
      ]);
      expect(snapshot(source)).toEqual(before);
      // The directories on the way are not ours to change.
      expect(statSync(join(replica, "a"))).toMatchObject({ mode: 0o40755, mtimeMs: 5000 });
    });

    it("takes names as bytes", async () => {
      const { replica, settings } = tree();
      const odd = ["\xff", "new\nline", "[a]", "#", "-rf"].map((name) => `d/${name}`);
      mkdirSync(join(replica, "d"));
      for (const name of [...odd, "d/a"]) {
        writeFileSync(Buffer.concat([Buffer.from(`${replica}/`), Buffer.from(name, "latin1")]), "");
      }
      const run = await open(settings).remove(odd as ReturnType<typeof pathFromText>[]);
      expect(run.outcome).toBe("done");
      expect(readdirSync(join(replica, "d"))).toEqual(["a"]);
    });

    function furnished(): Tree {
      const made = tree();
      furnish(made);
      return made;
    }
  },
);

describe("remove()", () => {
  it("says so where the target refuses deletions", async () => {
    const tree = targets.tree("module");
    furnish(tree);
    const run = await open(through(tree, "undeletable")).remove(names("a"));
    expect(run).toMatchObject({ outcome: "failed", trouble: { kind: "deletes-refused" } });
    expect(readdirSync(tree.replica).sort()).toEqual(["a", "kept", "top*", "topper"]);
  });

  it("does nothing for no names", async () => {
    const { settings } = targets.tree("local");
    expect(await open(settings).remove([])).toMatchObject({ outcome: "done", tookMs: 0 });
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { pathFromText } from "../../src/model/path.js";
import { closeAll, KINDS, open, startTargets, type Tree } from "./targets.js";
import { makeTempDir } from "../support/temp.js";

const targets = await startTargets();
afterEach(closeAll);

const CONTENT = { profile: "content", deletes: false } as const;
const LARGE = { profile: "large", deletes: false } as const;
const DELETING = { profile: "attributes", deletes: true } as const;

function names(...texts: string[]) {
  return texts.map(pathFromText);
}

/** Whether this process may mount: not as an ordinary user, nor in most containers. */
const mayMount = ((): boolean => {
  const directory = makeTempDir();
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", directory]);
  if (mounted.status === 0) execFileSync("umount", ["-l", directory]);
  return mounted.status === 0;
})();

/** A target with two megabytes of room. */
function smallTree(kind: (typeof KINDS)[number]): Tree {
  const tree = targets.tree(kind);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "none", tree.replica]);
  onTestFinished(async () => {
    await closeAll();
    execFileSync("umount", ["-l", tree.replica]);
  });
  return tree;
}

const MEGABYTE = 1024 * 1024;

describe.skipIf(!mayMount).each(KINDS)(
  "a %s target whose disk is full (needs leave to mount)",
  (kind) => {
    it("is in trouble for later, names the file, and takes deletions, which make room", async () => {
      const { source, replica, settings } = smallTree(kind);
      const remote = open(settings);
      writeFileSync(join(source, "old"), Buffer.alloc(1.8 * MEGABYTE, 1));
      mkdirSync(join(source, "d"));
      writeFileSync(join(source, "d/new"), Buffer.alloc(MEGABYTE, 2));
      writeFileSync(join(source, "small"), Buffer.alloc(1000, 3));
      expect((await remote.send(names("old"), CONTENT)).outcome).toBe("done");

      const run = await remote.send(names("d/new"), CONTENT);
      expect(run).toMatchObject({
        outcome: "failed",
        trouble: { kind: "disk-full", retry: "later" },
        suspects: ["d/new"],
      });
      // Nothing of it is left, so what is smaller still finds room.
      expect((await remote.send(names("small"), CONTENT)).outcome).toBe("done");

      rmSync(join(source, "old"));
      expect((await remote.send(names("old"), DELETING)).outcome).toBe("done");
      expect((await remote.send(names("d/new"), CONTENT)).outcome).toBe("done");
      expect(readdirSync(replica).sort()).toEqual(["d", "small"]);
    });

    it("keeps no part of a large file that does not fit", async () => {
      const { source, replica, settings } = smallTree(kind);
      const remote = open(settings);
      mkdirSync(join(source, "d"));
      writeFileSync(join(source, "d/huge"), Buffer.alloc(4 * MEGABYTE, 1));
      writeFileSync(join(source, "d/small"), Buffer.alloc(MEGABYTE, 2));

      const run = await remote.send(names("d/huge"), LARGE);
      expect(run).toMatchObject({ trouble: { kind: "disk-full" }, suspects: ["d/huge"] });
      expect(existsSync(join(replica, "d/.treecast-partial"))).toBe(false);
      expect((await remote.send(names("d/small"), CONTENT)).outcome).toBe("done");
    });
  },
);

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { canUnshare, WatchChild } from "../support/watch-child.js";

/** Waits for the n-th gap, and gives the state then. */
async function untilGaps(child: WatchChild, count: number) {
  return await until(async () => {
    const state = await child.state({ scan: false });
    return state.gaps.length >= count ? state : undefined;
  });
}

describe.skipIf(!canUnshare())("a watch that is told of a change it did not hear", () => {
  it("scans all of a file system that is written to behind its back, and says so once", async () => {
    const base = makeTempDir();
    const root = join(base, "root");
    const upper = join(base, "layers/upper");
    for (const name of ["lower", "upper/d/deep", "work"]) {
      mkdirSync(join(base, "layers", name), { recursive: true });
    }
    mkdirSync(join(root, "place"), { recursive: true });
    mkdirSync(join(root, "beside"));
    await using child = new WatchChild({ namespaces: true });
    // An overlay's layers must not lie on an overlay, as /tmp may in a container.
    await child.run("mount", "-t", "tmpfs", "none", join(base, "layers"));
    await child.run("mkdir", "-p", join(upper, "d/deep"), join(base, "layers/lower"));
    await child.run("mkdir", join(base, "layers/work"));
    const layers = ["lower", "upper", "work"].map((n) => `${n}dir=${join(base, "layers", n)}`);
    await child.write(join(upper, "d/deep/file"), "one");
    const options = `${layers.join(",")},userxattr`;
    await child.run("mount", "-t", "overlay", "over", "-o", options, join(root, "place"));
    await child.start(root, 600_000);
    expect((await child.state()).coverage).toEqual({ watched: 5, unwatched: 0 });

    await child.write(join(upper, "d/deep/file"), "longer");
    expect((await child.state()).differences).toEqual(["stale place/d/deep/file"]);
    await child.unheard("place/d/deep/file");
    const caught = await untilGaps(child, 1);
    expect(caught.gaps).toMatchObject([{ path: "place", reason: "unheard" }]);
    expect(caught.differences).toEqual([]);
    expect(caught.coverage).toEqual({ watched: 2, unwatched: 3 });
    expect(caught.notices.map(({ kind }) => kind)).toEqual(["unheard"]);
    expect(caught.notices[0]?.text).toContain("place, on overlay, has changed without a sign");

    await child.write(join(upper, "d/deep/file"), "longer still");
    await child.write(join(upper, "d/new"), "x");
    // Without a scan nothing is promised there, and everything elsewhere.
    await child.write(join(root, "beside/file"), "x");
    const unscanned = await child.state({ scan: false });
    expect(unscanned.differences).toEqual(["stale place/d/deep/file", "missed place/d/new"]);
    const scanned = await child.state();
    expect(scanned.differences).toEqual([]);

    await child.unheard("place/d/new");
    await child.unheard("place/d/deep/file");
    const after = await child.state();
    expect([after.gaps.length, after.notices.length]).toEqual([1, 1]);
  });

  it("scans one directory on a local disk, where a link outside of the tree is written through", async () => {
    const base = makeTempDir();
    const root = join(base, "root");
    await using child = new WatchChild({ namespaces: true });
    await child.run("mount", "-t", "tmpfs", "none", base);
    await child.run("mkdir", "-p", join(root, "in/below"), join(root, "other"));
    await child.write(join(root, "in/file"), "one");
    await child.run("ln", join(root, "in/file"), join(base, "outside"));
    await child.start(root, 30);
    await child.write(join(base, "outside"), "longer");
    const before = await child.state();
    expect(before.differences).toEqual(["stale in/file"]);
    expect(before.coverage).toEqual({ watched: 4, unwatched: 0 });

    await child.unheard("in/file");
    const caught = await untilGaps(child, 1);
    expect(caught.gaps).toMatchObject([{ path: "in", reason: "unheard" }]);
    expect(caught.coverage).toEqual({ watched: 3, unwatched: 1 });
    expect(caught.notices).toMatchObject([{ kind: "unheard", level: "warn" }]);
    // From now on it is found without anybody asking.
    await child.write(join(base, "outside"), "longer still");
    await until(async () => (await child.state({ drain: false })).differences.length === 0);
    // New directories in it are scanned as well, and the rest is left alone.
    await child.run("mkdir", join(root, "in/new"), join(root, "other/new"));
    expect((await child.state()).coverage).toEqual({ watched: 4, unwatched: 2 });
  });
});

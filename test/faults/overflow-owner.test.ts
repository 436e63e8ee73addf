/** An owner that takes nothing for a while: what waits for it is bounded, and a gap heals the rest. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startMirror } from "../support/mirror.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

/** More names than a reader keeps for its owner (src/watch/delivery.ts). */
const NAMES = 300_000;

describe("a watch whose owner is blocked", () => {
  it("keeps a bounded number of paths, tells a gap, and is whole again", async () => {
    const root = makeTempDir();
    mkdirSync(join(root, "d"));
    writeFileSync(join(root, "f0"), "x");
    await using watched = await startMirror(root);
    const { mirror, watch } = watched;
    // One file bears all the names: much to tell, little to keep on the disk.
    for (let i = 0; i < NAMES; i++) renameSync(join(root, `f${i}`), join(root, `f${i + 1}`));
    mkdirSync(join(root, "d/new/deep"), { recursive: true });
    writeFileSync(join(root, "d/new/deep/file"), "x");
    await until(() => mirror.gaps.length > 0, { what: "a gap" });
    expect(await watched.differences()).toEqual([]);
    expect(mirror.gaps.map(({ path, reason }) => `${reason} at '${path}'`)).toEqual([
      "overflow at ''",
    ]);
    expect(mirror.told).toBeLessThan(NAMES);
    writeFileSync(join(root, "d/new/deep/after"), "x");
    expect(await watched.differences()).toEqual([]);
    expect(mirror.gaps).toHaveLength(1);
    expect(watch.coverage).toEqual({ watched: 4, unwatched: 0 });
  });
});

import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Watcher, watchers } from "../../bench/contestants/watchers.js";
import { measure } from "../../bench/questions/watching.js";
import { setStage } from "../../bench/stage.js";
import { plantDirectories } from "../../bench/tree.js";
import { startWatching } from "../../bench/watching-run.js";

const FILES = 300;

/** Ends before it watches anything. */
const broken: Watcher = {
  name: "broken",
  byInotify: true,
  version: () => "1",
  watch: () => ({ program: "ls", args: ["/nowhere"] }),
};

const present = watchers.filter((watcher) => watcher.version() !== undefined);

describe.each(present.map((watcher) => [watcher.name, watcher] as const))("%s", (_, watcher) => {
  it("is timed until it watches, its memory weighed, and asked for every event of a small storm", async () => {
    await using empty = await setStage({ road: "local" });
    await using full = await setStage({ road: "local" });
    const tree = plantDirectories(full.source, [10, 30]);
    const figures = await measure(watcher, { empty, full, tree, files: FILES, seed: 1 });
    expect(figures.start).toBeGreaterThan(0);
    expect(figures.start * 1000).toBeGreaterThanOrEqual(figures.setup);
    expect(figures.rss).toBeGreaterThan(1);
    expect(figures.missed).toBe(0);
    expect(figures.perSecond).toBeGreaterThan(FILES);
    expect(figures.each).toBeGreaterThan(0);
    expect(readdirSync(tree.leaves[0]!)).toEqual([]);
  });
});

describe("a watcher that does not start", () => {
  it("is told by what it said", async () => {
    await using stage = await setStage({ road: "local" });
    await expect(startWatching(broken, stage.source, stage.scratch("watcher"))).rejects.toThrow(
      /^broken does not watch: .*nowhere/s,
    );
  });
});

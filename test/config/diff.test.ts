import { describe, expect, it } from "vitest";
import type { Config } from "../../src/config/config.js";
import { diffConfigs, isUnchanged } from "../../src/config/diff.js";
import { load } from "./files.js";

const environment = { STATE_DIRECTORY: "/state" };
const before = () =>
  load("sources: [{ path: /a, targets: [/x, /y] }, { path: /b, targets: [/z] }]\n", environment);
const after = (text: string) => load(text, environment);
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

describe("diffConfigs()", () => {
  it("finds nothing between two readings of one text", async () => {
    const diff = diffConfigs(await before(), await before());
    expect(isUnchanged(diff)).toBe(true);
    expect(names(diff.kept)).toEqual(["a", "b"]);
  });

  it("tells sources that came and went by their names", async () => {
    const diff = diffConfigs(
      await before(),
      await after("sources: [{ path: /b, targets: [/z] }, { path: /c, targets: [/w] }]\n"),
    );
    expect(names(diff.added)).toEqual(["c"]);
    expect(names(diff.removed)).toEqual(["a"]);
    expect(names(diff.kept)).toEqual(["b"]);
    expect(diff.changed).toEqual([]);
    expect(isUnchanged(diff)).toBe(false);
  });

  it("leaves a source its watch where only its targets changed", async () => {
    const diff = diffConfigs(
      await before(),
      await after(
        "sources: [{ path: /a, targets: [{ to: /y, pace: 1s, compress: true }, /new] }, { path: /b, targets: [/z] }]\n",
      ),
    );
    expect(names(diff.kept)).toEqual(["b"]);
    const [change] = diff.changed;
    expect(change!.keys).toEqual([]);
    expect(names(change!.targets.added)).toEqual(["/new"]);
    expect(names(change!.targets.removed)).toEqual(["/x"]);
    expect(change!.targets.changed).toMatchObject([
      { before: { name: "/y", paceMs: 10 }, after: { name: "/y", paceMs: 1_000 } },
    ]);
    expect(change!.targets.changed[0]!.keys.toSorted()).toEqual(["compress", "paceMs"]);
  });

  it("names what changed of a source itself, its unchanged targets kept", async () => {
    const diff = diffConfigs(
      await before(),
      await after(
        "sources: [{ path: /a, filter: [], initial: none, targets: [/x, /y] }, { path: /b, targets: [/z] }]\n",
      ),
    );
    expect(diff.changed[0]!.keys.toSorted()).toEqual(["initial", "rules"]);
    expect(names(diff.changed[0]!.targets.kept)).toEqual(["/x", "/y"]);
  });

  it.each([
    ["guard", "guard: { deletes: { share: 60% } }"],
    ["guard", "guard: off"],
    ["passes", "passes: [{ every: 12h }]"],
    ["audit", "audit: off"],
    ["index", "index: off"],
    ["scanIntervalMs", "scanInterval: 1m"],
    ["watcher", "watcher: inotify"],
    ["events", "events: [close_write, delete]"],
    ["hooks", "hooks: [{ command: [deployed] }]"],
    ["first", "first: ['*.css']"],
    ["last", "last: ['*.html']"],
  ])("sees a change of %s in a source: %s", async (key, line) => {
    const text = `sources: [{ path: /a, ${line}, targets: [/x, /y] }, { path: /b, targets: [/z] }]\n`;
    const diff = diffConfigs(await before(), await after(text));
    expect(diff.changed.map(({ keys }) => keys)).toEqual([[key]]);
    expect(names(diff.changed[0]!.targets.kept)).toEqual(["/x", "/y"]);
    expect(isUnchanged(diffConfigs(await after(text), await after(text)))).toBe(true);
  });

  it.each([
    ["trash", "trash: {}"],
    ["identity", "identity: address"],
  ])("sees a change of %s in a target, which alone it touches: %s", async (key, line) => {
    const diff = diffConfigs(
      await before(),
      await after(
        `sources: [{ path: /a, targets: [{ to: /x, ${line} }, /y] }, { path: /b, targets: [/z] }]\n`,
      ),
    );
    expect(diff.changed.map(({ keys }) => keys)).toEqual([[]]);
    expect(diff.changed[0]!.targets.changed.map(({ keys }) => keys)).toEqual([[key]]);
  });

  it("sees a setting that appears and one that goes away", async () => {
    const limited = await after(
      "sources: [{ path: /a, targets: [{ to: 'h::m', bandwidth: 1K }] }]\n",
    );
    const free = await after("sources: [{ path: /a, targets: [h::m] }]\n");
    for (const diff of [diffConfigs(limited, free), diffConfigs(free, limited)]) {
      expect(diff.changed[0]!.targets.changed[0]!.keys).toEqual(["bandwidth"]);
    }
  });

  it("takes no note of the order of sources, nor of where the text came from", async () => {
    const turned = await after(
      "# moved\nsources: [{ path: /b, targets: [/z] }, { path: /a, targets: [/y, /x] }]\n",
    );
    const diff = diffConfigs(await before(), turned);
    expect(names(diff.kept).toSorted()).toEqual(["a", "b"]);
    expect(isUnchanged(diff)).toBe(true);
  });

  it("tells the log and the state directory apart", async () => {
    const config = await before();
    const other: Config = { ...config, log: { level: "debug", format: "auto" } };
    expect(diffConfigs(config, other)).toMatchObject({ log: true, stateDirectory: false });
    expect(diffConfigs(config, { ...config, stateDirectory: "/other" })).toMatchObject({
      log: false,
      stateDirectory: true,
    });
  });

  it("tells where metrics are told from all else", async () => {
    const config = await before();
    const other: Config = { ...config, metrics: { listen: { host: "127.0.0.1", port: 9420 } } };
    expect(diffConfigs(config, other)).toMatchObject({ metrics: true, log: false, changed: [] });
    expect(isUnchanged(diffConfigs(config, other))).toBe(false);
    expect(isUnchanged(diffConfigs(other, structuredClone(other)))).toBe(true);
  });
});

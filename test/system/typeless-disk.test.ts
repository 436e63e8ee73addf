/**
 * A disk that does not say whether an entry is a directory (xfs of before 2014, ext4 without filetype):
 * everybody who reads a directory must find out by himself.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { sourceFindings } from "../../src/cli/source-check.js";
import { compileFilter } from "../../src/filter/filter.js";
import { SourceRoot } from "../../src/transfer/source-root.js";
import { findLinks } from "../../src/verify/link-samples.js";
import { stage, startEngine, untilEqual } from "../support/engine.js";
import { hasImages, imageDisk } from "../support/own-disk.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { Harness } from "../watch/harness.js";

const WIDE = ["a", "b", "c", "d"];
/** The root, and three levels of four. */
const DIRECTORIES = 1 + 4 + 16 + 64;

let source: string;

beforeEach(() => {
  if (!hasImages) return;
  source = join(imageDisk({ typeless: true }), "source");
  for (const one of WIDE) {
    for (const two of WIDE) {
      for (const three of WIDE) mkdirSync(join(source, one, two, three), { recursive: true });
    }
  }
});

describe.skipIf(!hasImages)("a disk that does not say the types of entries", () => {
  it("is watched whole", () => {
    using harness = new Harness(source);
    harness.start();
    harness.settle();
    expect(harness.tree.entrance.coverage).toEqual({ watched: DIRECTORIES, unwatched: 0 });
    mkdirSync(join(source, "d/d/d/new/er"), { recursive: true });
    writeFileSync(join(source, "d/d/d/new/er/file"), "x");
    harness.settle();
    expect(harness.mirror.differences()).toEqual([]);
  });

  it("has a root that may be believed, and is seen to be empty", () => {
    const root = new SourceRoot(source);
    expect(root.verdict()).toEqual({ kind: "sound" });
    expect(root.heldEntries).toBe(true);
    root.close();
    const empty = new SourceRoot(join(source, "a/a/a"), true);
    expect(empty.verdict()).toMatchObject({ kind: "no-deletes" });
    empty.close();
  });

  it("is counted whole by check", () => {
    const [found] = sourceFindings([
      { name: "one", path: source, rules: [], watcher: "inotify", events: undefined },
    ]);
    expect(found?.text).toBe(`${source}: ${DIRECTORIES} directories to watch`);
  });

  it("has links that are found by an audit", () => {
    writeFileSync(join(source, "c/file"), "");
    symlinkSync("file", join(source, "c/link"));
    expect(findLinks(source, compileFilter([]), () => false)).toEqual({ relative: "c/link" });
  });

  it("is replicated, what is there and what comes", async () => {
    const { replica, state } = stage(makeTempDir());
    writeFileSync(join(source, "b/c/d/old"), "old");
    const engine = await startEngine(source, [replica], { state });
    await untilEqual(source, replica);
    await until(() => engine.daemon.status[0]?.index.state === "current", { what: "the index" });
    writeFileSync(join(source, "d/c/b/new"), "new");
    await untilEqual(source, replica);
    expect(readFileSync(join(replica, "d/c/b/new"), "utf8")).toBe("new");
  });
});

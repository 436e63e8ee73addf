import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { census, compare, differ, type Differences } from "../../bench/census.js";
import { churn } from "../../bench/churn.js";
import { untilEqual } from "../../bench/equality.js";
import { realtime } from "../../bench/realtime.js";
import { makeTempDir } from "../support/temp.js";

const none: Differences = { missing: [], extra: [], wrong: [], attributes: [] };

/** Two equal trees, then what `spoil` does to the second one. */
function differences(spoil: (replica: string) => void): Differences {
  const [source, replica] = [makeTempDir(), makeTempDir()];
  const time = new Date(1_700_000_000_000);
  for (const root of [source, replica]) {
    mkdirSync(join(root, "dir"));
    writeFileSync(join(root, "dir", "file"), "content");
    utimesSync(join(root, "dir", "file"), time, time);
    symlinkSync("dir/file", join(root, "link"));
    lutimesSync(join(root, "link"), time, time);
  }
  spoil(replica);
  return compare(census(source), census(replica), { contents: true });
}

describe("compare", () => {
  it("finds nothing between equal trees", () => {
    expect(differences(() => undefined)).toEqual(none);
  });

  it("tells missing, extra and wrong entries apart", () => {
    expect(differences((root) => rmSync(join(root, "dir/file"))).missing).toEqual(["dir/file"]);
    expect(differences((root) => writeFileSync(join(root, "new"), "")).extra).toEqual(["new"]);
    const relinked = differences((root) => {
      rmSync(join(root, "link"));
      symlinkSync("elsewhere", join(root, "link"));
    });
    expect(relinked.wrong).toEqual(["link"]);
    const replaced = differences((root) => {
      rmSync(join(root, "dir/file"));
      mkdirSync(join(root, "dir/file"));
    });
    expect(replaced.wrong).toEqual(["dir/file"]);
  });

  it("reads contents: the same size and the same time prove nothing", () => {
    const spoilt = differences((root) => {
      const file = join(root, "dir/file");
      const { atime, mtime } = statSync(file);
      writeFileSync(file, "CONTENT");
      utimesSync(file, atime, mtime);
    });
    expect(spoilt.wrong).toEqual(["dir/file"]);
  });

  it("counts a mode or a file's time as an attribute, not as a difference", () => {
    const spoilt = differences((root) => chmodSync(join(root, "dir/file"), 0o600));
    expect(spoilt.attributes).toEqual(["dir/file"]);
    expect(differ(spoilt)).toBe(0);
  });
});

describe("untilEqual", () => {
  it("tells the moment of the last change, not of the look that found it", async () => {
    const [source, replica] = [makeTempDir(), makeTempDir()];
    for (const root of [source, replica]) writeFileSync(join(root, "a"), "a");
    const changed = census(replica).changedAt;
    const { afterMs } = await untilEqual(source, replica, {
      since: changed - 250,
      patienceMs: 1_000,
      limitMs: 5_000,
    });
    expect(afterMs).toBe(250);
  });

  it("gives up on a replica that has come to rest unequal, and says what is left", async () => {
    const [source, replica] = [makeTempDir(), makeTempDir()];
    writeFileSync(join(source, "a"), "a");
    const { afterMs, left } = await untilEqual(source, replica, {
      since: realtime(),
      patienceMs: 100,
      limitMs: 5_000,
    });
    expect(afterMs).toBeNull();
    expect(left.missing).toEqual(["a"]);
  });
});

describe("churn", () => {
  it("does the same for the same seed, hostile names and all", async () => {
    const roots = [makeTempDir(), makeTempDir()] as const;
    for (const root of roots) await churn(root, { operations: 600, seed: 1 });
    const [one, other] = [census(roots[0]), census(roots[1])];
    expect(differ(compare(one, other, { contents: true }))).toBe(0);
    expect(one.entries.size).toBeGreaterThan(50);
    expect([...one.entries.keys()].some((path) => path.includes("\n"))).toBe(true);
    expect([...one.entries.keys()].some((path) => path.includes("\xff"))).toBe(true);
  });
});

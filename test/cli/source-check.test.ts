import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sourceFindings } from "../../src/cli/source-check.js";
import type { InotifyLimits } from "../../src/kernel/limits.js";
import { hasFanotify, ownDisk } from "../support/own-disk.js";
import { makeTempDir } from "../support/temp.js";

function limits(watches: number | undefined, instances: number | undefined): InotifyLimits {
  return {
    watches: { sysctl: "user.max_inotify_watches", value: watches },
    instances: { sysctl: "fs.inotify.max_user_instances", value: instances },
    queuedEvents: { sysctl: "fs.inotify.max_queued_events", value: 16_384 },
  };
}

function makeSource(name: string, directories: readonly string[]) {
  const path = makeTempDir();
  for (const each of directories) mkdirSync(join(path, each), { recursive: true });
  return { name, path, rules: ["- cache/"], watcher: "auto" as const, events: undefined };
}

describe("sourceFindings()", () => {
  it("counts the directories that would be watched", () => {
    const sources = [makeSource("one", ["a/b", "c", "cache/d/e"]), makeSource("two", [])] as const;
    writeFileSync(join(sources[1].path, "file"), "");
    expect(sourceFindings(sources, limits(5, 2))).toEqual([
      { level: "ok", source: "one", text: `${sources[0].path}: 4 directories to watch` },
      { level: "ok", source: "two", text: `${sources[1].path}: 1 directory to watch` },
    ]);
  });

  it("warns where the kernel allows fewer watches, with the sysctl that allows twice as many", () => {
    const sources = [makeSource("one", ["a", "b"]), makeSource("two", ["c"])];
    expect(sourceFindings(sources, limits(4, undefined)).slice(2)).toEqual([
      {
        level: "warning",
        text:
          "user.max_inotify_watches allows 4 watches to all programs of a user, and 5 are needed; " +
          "the other directories would be scanned. Raise it: sysctl -w user.max_inotify_watches=16",
      },
    ]);
  });

  it.skipIf(!hasFanotify)("needs no watch for what fanotify hears, and says so", () => {
    const disk = { ...makeSource("disk", []), path: ownDisk() };
    for (const each of ["a", "b"]) mkdirSync(join(disk.path, each));
    expect(sourceFindings([disk], limits(1, undefined))).toEqual([
      {
        level: "ok",
        source: "disk",
        text: `${disk.path}: heard as a whole file system, by fanotify`,
      },
    ]);
    const found = sourceFindings([{ ...disk, watcher: "inotify" }], limits(1, undefined));
    expect(found.map(({ level }) => level)).toEqual(["ok", "warning"]);
  });

  it("finds it an error where there are not enough instances", () => {
    const sources = [makeSource("one", []), makeSource("two", [])];
    expect(sourceFindings(sources, limits(undefined, 1)).slice(2)).toEqual([
      {
        level: "error",
        text: "fs.inotify.max_user_instances is 1, and 2 are needed. Raise it: sysctl -w fs.inotify.max_user_instances=4",
      },
    ]);
  });

  it("names sources that are missing or no directories, and counts the others", () => {
    const good = makeSource("good", []);
    const file = join(good.path, "file");
    writeFileSync(file, "");
    const found = sourceFindings(
      [
        { ...good, name: "missing", path: join(good.path, "x") },
        { ...good, name: "file", path: file },
        good,
      ],
      limits(undefined, undefined),
    );
    expect(found.map(({ level, source, text }) => [level, source, text])).toEqual([
      ["error", "missing", `Cannot watch '${good.path}/x': there is no such directory`],
      ["error", "file", `Cannot watch '${file}': expected a directory`],
      ["ok", "good", `${good.path}: 1 directory to watch`],
    ]);
  });
});

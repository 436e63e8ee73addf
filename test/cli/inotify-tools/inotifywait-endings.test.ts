/** Command lines that say no, or have nothing to tell: the real inotifywait and ours beside each other. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeTempDir } from "../../support/temp.js";
import { canUnshare } from "../../support/watch-child.js";
import { apart, type Case, hasInotifywait, start } from "./side-by-side.js";

/** Command lines that end by themselves; with what is wrong, or with what is not there. */
const ENDINGS: readonly (readonly string[])[] = [
  [],
  ["nothere"],
  ["-r", "nothere"],
  ["-q", "nothere"],
  ["w", "nothere"],
  ["-t", "1", "w"],
  ["-q", "-t", "1", "-m", "w"],
  ["-r", "-t1", "w/file"],
  ["--timeout=x", "w"],
  ["-t", "", "w"],
  ["-t", "99999999999999999999", "w"],
  ["-t", "1 ", "w"],
  ["-e", "foo", "w"],
  ["-e", "create,foo", "w"],
  ["-e"],
  ["--event"],
  ["-x", "w"],
  ["--nosuch", "w"],
  ["--csv=1", "w"],
  ["--in", "w"],
  ["--s", "-q", "-t", "1", "w"],
  ["--js", "w"],
  ["-f", "w"],
  ["-c", "--format", "%f", "w"],
  ["--no-newline", "w"],
  ["--timefmt", "%Y", "w"],
  ["--format", "%T", "w"],
  ["--format", "", "--no-newline", "w"],
  ["--exclude", "a", "--excludei", "b", "w"],
  ["--include", "a", "--includei", "b", "w"],
  ["--include", "a", "--exclude", "b", "w"],
  ["--exclude", "(", "w"],
  ["--includei", "[z-a]", "w"],
  ["-d", "w"],
  ["-d", "-o", "nothere", "w"],
  ["-o", "none/out", "w"],
  ["-o", "a", "-o", "b", "w"],
  ["--fromfile", "a", "--fromfile", "b"],
  ["--fromfile", "nothere"],
  ["--fromfile", "nothere", "-t", "1", "w"],
  ["--fromfile", "-", "-t", "1"],
  ["@w"],
  ["-c", "--format", "%f", "--nosuch", "w"],
];

describe.skipIf(!hasInotifywait)("inotifywait beside ours, when nothing happens", () => {
  it.concurrent.each(ENDINGS.map((args) => [args.join(" "), args] as const))(
    "ends alike with '%s'",
    async (_, args) => {
      const cwd = makeTempDir("treecast-side-");
      mkdirSync(join(cwd, "w"));
      writeFileSync(join(cwd, "w/file"), "");
      const stdin = "w\n\n@\n@w/file\nw/file";
      const ours = await start("ours", args, { cwd, stdin }).ended;
      const real = await start("real", args, { cwd, stdin }).ended;
      expect(ours).toEqual(real);
    },
  );
});

describe.skipIf(!hasInotifywait || !canUnshare())("inotifywait beside ours, under limits", () => {
  const prepared = (): string => {
    const cwd = makeTempDir("treecast-side-");
    mkdirSync(join(cwd, "w/a/b"), { recursive: true });
    return cwd;
  };

  it.each([
    ["max_inotify_watches", ["-r", "w"]],
    ["max_inotify_watches", ["w", "w/a", "w/a/b"]],
    ["max_inotify_instances", ["-q", "w"]],
  ])("complains alike of %s", async (limit, args) => {
    const under = [{ limit, value: limit === "max_inotify_watches" ? 2 : 0 }];
    const cwd = prepared();
    const ours = await start("ours", args, { cwd, under }).ended;
    const real = await start("real", args, { cwd, under }).ended;
    expect(ours).toEqual(real);
    expect(ours.status).toBe(1);
    expect(ours.stderr).toMatch(/upper limit|Try increasing/);
  });

  it("says alike which new directory cannot be watched", async () => {
    const under = [{ limit: "max_inotify_watches", value: 3 }];
    const each: Case = {
      args: ["-mr", "-e", "create", "-t", "3", "w"],
      prepare: (at) => mkdirSync(join(at, "w/a/b"), { recursive: true }),
      watches: 3,
      work: ({ at }) => mkdirSync(join(at, "w/new")),
      under,
    };
    const { ours, real } = await apart(each);
    expect(ours).toEqual(real);
    expect(ours.stderr).toContain("Couldn't watch new directory w/new/: No space left on device\n");
  });
});

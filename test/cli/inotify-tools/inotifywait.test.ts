import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeTempDir } from "../../support/temp.js";
import { canUnshare } from "../../support/watch-child.js";
import {
  apart,
  type Case,
  hasInotifywait,
  squashed,
  start,
  together,
  type Work,
} from "./side-by-side.js";

/** Every kind of event, in the watched directory `w`. */
function everything({ at }: Work): void {
  const w = join(at, "w");
  writeFileSync(join(w, "a"), "one");
  appendFileSync(join(w, "a"), "two");
  readFileSync(join(w, "a"));
  chmodSync(join(w, "a"), 0o600);
  utimesSync(join(w, "a"), 1, 1);
  renameSync(join(w, "a"), join(w, "b"));
  renameSync(join(w, "b"), join(at, "outside"));
  renameSync(join(at, "outside"), join(w, 'c,d "e" '));
  linkSync(join(w, 'c,d "e" '), join(w, " f"));
  symlinkSync("c", join(w, "link"));
  mkdirSync(join(w, "sub"));
  chmodSync(join(w, "sub"), 0o700);
  rmdirSync(join(w, "sub"));
  unlinkSync(join(w, " f"));
  writeFileSync(join(w, "new\nline"), "");
  writeFileSync(Buffer.concat([Buffer.from(`${w}/`), Buffer.from([0xff, 0xfe, 0x41])]), "");
  writeFileSync(join(w, "名前"), "");
  writeFileSync(join(w, "Upper.TXT"), "x");
  writeFileSync(join(w, "last"), "x");
}

/** `-t` ends each of them. */
const IN_ONE_DIRECTORY: readonly (readonly string[])[] = [
  ["-m"],
  ["-m", "-c"],
  ["-m", "--csv", "-e", "create,delete"],
  ["-m", "--format", "%w|%f|%e|%,e|%:e|%c|%%|%q|%n"],
  ["-m", "--format", "%w%f%0", "--no-newline"],
  ["-m", "--format", "%we %_e %5 100% %f"],
  ["-m", "--format", "%e %f%"],
  ["-m", "--format=%T %f", "--timefmt=%Y and %%"],
  ["-m", "--format", "%f"],
  ["-m", "-e", "create"],
  ["-m", "-e", "CLOSE_WRITE", "-e", "Moved_To,moved_from", "-edelete"],
  ["-m", "-e", "close"],
  ["-m", "-e", "move"],
  ["-m", "-e", "attrib,modify,access"],
  ["-m", "-e", "isdir,attrib"],
  ["-m", "-e", "create,"],
  ["-m", "-e", "all_events"],
  ["-m", "-e", "open,close_nowrite", "-P"],
  ["-m", "--exclude", "^w/(a|b)$"],
  ["-m", "--excludei", "upper|LAST"],
  ["-m", "--include", "[[:upper:]][a-z]+\\.TXT"],
  ["-m", "--includei", "\\.txt$"],
  ["-m", "--exclude", "x", "--exclude", "a"],
  ["-mr", "-e", "close_write,delete"],
  ["-mc", "-e", "moved_from"],
  ["-m", "-q"],
  ["-mqq"],
  ["-m", "-I"],
  ["-m", "-e", "unmount"],
  [],
  ["-c"],
  ["-e", "delete", "--format", "%w%f"],
  ["-q", "-r", "-e", "moved_to"],
  ["--mon", "--quie", "--form", "%f"],
];

describe.skipIf(!hasInotifywait)("inotifywait beside ours, in one directory", () => {
  it.concurrent.each(IN_ONE_DIRECTORY.map((args) => [args.join(" "), args] as const))(
    "prints the same with '%s'",
    async (_, args) => {
      const { ours, real } = await together({ args: [...args, "-t", "3", "w"], work: everything });
      expect(real.stdout.length > 0 || args.includes("-mqq") || args.includes("unmount")).toBe(
        true,
      );
      const end = args.includes("--no-newline") ? "\0" : "\n";
      expect(squashed(ours.stdout, end)).toEqual(squashed(real.stdout, end));
      expect({ ...ours, stdout: "" }).toEqual({ ...real, stdout: "" });
    },
  );
});

/** A tree that grows, is renamed, and goes. */
async function growing({ at, watches }: Work): Promise<void> {
  const w = join(at, "w");
  mkdirSync(join(w, "x"));
  await watches(3);
  writeFileSync(join(w, "x/one"), "1");
  mkdirSync(join(w, "x/y"));
  await watches(4);
  writeFileSync(join(w, "x/y/two"), "2");
  renameSync(join(w, "x"), join(w, "z"));
  writeFileSync(join(w, "z/y/three"), "3");
  renameSync(join(w, "z/y"), join(w, "old/y"));
  writeFileSync(join(w, "old/y/four"), "4");
  unlinkSync(join(w, "old/y/four"));
  rmSync(join(w, "z"), { recursive: true });
  writeFileSync(join(w, "last"), "");
}

const IN_A_TREE: readonly (readonly string[])[] = [
  ["-mr"],
  ["-mrc"],
  ["-mr", "-e", "close_write"],
  ["-mr", "-e", "create,delete,moved_to,moved_from", "--format", "%w %f %e"],
  ["-mr", "-e", "delete_self,move_self"],
  ["-mr", "-e", "close_write", "--exclude", "(two|/y/)"],
  ["-r", "-e", "close_write"],
];

function prepareTree(at: string): void {
  mkdirSync(join(at, "w/old"));
  writeFileSync(join(at, "w/old/file"), "");
}

describe.skipIf(!hasInotifywait)("inotifywait beside ours, in a tree", () => {
  it.concurrent.each(IN_A_TREE.map((args) => [args.join(" "), args] as const))(
    "prints the same with '%s'",
    async (_, args) => {
      const each: Case = {
        args: [...args, "-t", "3", "w"],
        prepare: prepareTree,
        watches: 2,
        // Without -m nothing new is watched.
        work: args.includes("-r")
          ? ({ at }) => writeFileSync(join(at, "w/old/file"), "x")
          : growing,
      };
      const both = await apart(each);
      expect(squashed(both.ours.stdout)).toEqual(squashed(both.real.stdout));
      expect({ ...both.ours, stdout: "" }).toEqual({ ...both.real, stdout: "" });
    },
  );
});

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

/** What is watched, and how it is named. */
const NAMED: readonly (readonly [args: readonly string[], stdin?: string])[] = [
  [["-m", "w/file"]],
  [["-m", "w/", "w/sub", "w/sub/"]],
  [["-m", "./w", "w"]],
  [["-m", "link"]],
  [["-m", "-P", "link"]],
  [["-m", "filelink"]],
  [["-m", "-P", "filelink"]],
  [["-mr", "link", "-e", "modify,create,delete"]],
  [["-mr", "w", "w/sub", "-e", "modify,create,delete"]],
  [["-mr", "w/file", "w/sub", "-e", "modify,create,delete"]],
  [["-mr", "@w/sub", "w", "-e", "modify,create,delete"]],
  [["-mr", "@w/sub/", "w", "-e", "modify,create,delete"]],
  [["-mr", "@./w/sub", "w", "-e", "modify,create,delete"]],
  [["-m", "@w/file", "w"]],
  [["-m", "--fromfile", "list"]],
  [["-mr", "--fromfile", "-", "-e", "modify,create"], "w\n@w/sub\n"],
  [["w/file", "-m", "--", "-odd"]],
];

describe.skipIf(!hasInotifywait)("inotifywait beside ours, of places", () => {
  it.concurrent.each(NAMED.map(([args, stdin]) => [args.join(" "), args, stdin] as const))(
    "names them alike with '%s'",
    async (_, args, stdin) => {
      const { ours, real } = await together({
        args: ["-t", "3", ...args],
        ...(stdin === undefined ? {} : { stdin }),
        prepare(at) {
          mkdirSync(join(at, "w/sub/deep"), { recursive: true });
          mkdirSync(join(at, "-odd"));
          writeFileSync(join(at, "w/file"), "");
          symlinkSync("w", join(at, "link"));
          symlinkSync("w/file", join(at, "filelink"));
          writeFileSync(join(at, "list"), "w/file\nw/sub\n");
        },
        work({ at }) {
          appendFileSync(join(at, "w/file"), "x");
          writeFileSync(join(at, "w/sub/in"), "x");
          writeFileSync(join(at, "w/sub/deep/in"), "x");
          writeFileSync(join(at, "-odd/in"), "x");
          unlinkSync(join(at, "link"));
          unlinkSync(join(at, "filelink"));
          unlinkSync(join(at, "w/sub/in"));
          renameSync(join(at, "w/file"), join(at, "w/other"));
          unlinkSync(join(at, "w/other"));
        },
      });
      expect(squashed(ours.stdout)).not.toEqual([]);
      expect(squashed(ours.stdout)).toEqual(squashed(real.stdout));
      expect({ ...ours, stdout: "" }).toEqual({ ...real, stdout: "" });
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

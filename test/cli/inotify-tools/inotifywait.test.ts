/** Events: the real inotifywait and ours beside each other, under the same work. */
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
import { apart, type Case, hasInotifywait, squashed, together, type Work } from "./side-by-side.js";

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
      const endsLine = args.some((each) => each.endsWith("%n")) ? "\n\n" : "\n";
      const end = args.includes("--no-newline") ? "\0" : endsLine;
      expect(squashed(ours.stdout, end)).toEqual(squashed(real.stdout, end));
      const others = (ended: typeof ours) => ({ ...ended, stdout: "", stderr: said(ended.stderr) });
      expect(others(ours)).toEqual(others(real));
    },
  );
});

/** Without what is said of a directory that has gone before it could be watched: that is a race. */
function said(stderr: string): string {
  return stderr.replace(/^Couldn't watch new directory .*: No such file or directory\n/gm, "");
}

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

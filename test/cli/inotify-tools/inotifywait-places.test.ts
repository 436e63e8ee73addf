/** What is watched and by which name: the real inotifywait and ours beside each other. */
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasInotifywait, squashed, together } from "./side-by-side.js";

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

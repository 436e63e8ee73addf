import { spawnSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { rawArguments } from "../../../src/cli/inotify-tools/raw-arguments.js";
import { makeTempDir } from "../../support/temp.js";

const line =
  (...words: string[]) =>
  () =>
    Buffer.from(words.map((word) => `${word}\0`).join(""), "latin1");

describe("rawArguments()", () => {
  it("encodes what Node could decode, and asks for nothing", () => {
    const words = rawArguments(["-e", "größe", ""], () => {
      throw new Error("asked");
    });
    expect(words).toEqual(["-e", "gr\u00c3\u00b6\u00c3\u009fe", ""]);
  });

  it("takes the bytes from the end of the command line", () => {
    const asked = line("node", "--no-warnings", "main.js", "wait", "", "a\xff", "\u00c3\u00b6");
    expect(rawArguments(["", "a\ufffd", "ö"], asked)).toEqual(["", "a\xff", "\u00c3\u00b6"]);
  });

  it("does not take words that are others'", () => {
    expect(rawArguments(["x", "a\ufffd"], line("node", "y", "a\xff"))).toEqual([
      ...["x", "a\u00ef\u00bf\u00bd"],
    ]);
    expect(rawArguments(["x", "a\ufffd"], line())).toHaveLength(2);
  });

  it("holds in a process, under Node's own options and through a link", () => {
    const directory = makeTempDir("raw-arguments-");
    const module = resolve(import.meta.dirname, "../../../dist/cli/inotify-tools/raw-arguments.js");
    const script = join(directory, "script.mjs");
    writeFileSync(
      script,
      `#!/usr/bin/env node
import { rawArguments } from ${JSON.stringify(module)};
process.stdout.write(JSON.stringify(rawArguments(process.argv.slice(2))));`,
      { mode: 0o755 },
    );
    symlinkSync(script, join(directory, "called-so"));
    // Only a shell's printf makes words that are no UTF-8 here: spawn takes text alone.
    for (const program of [
      `'${process.execPath}' --no-warnings '${script}'`,
      `'${directory}/called-so'`,
    ]) {
      const { stdout, stderr } = spawnSync(
        "sh",
        ["-c", `exec ${program} -r "$(printf 'a\\377b\\n\\376c')" '' '\u00f6'`],
        { encoding: "utf8" },
      );
      expect(JSON.parse(stdout || stderr)).toEqual(["-r", "a\xffb\n\xfec", "", "\u00c3\u00b6"]);
    }
  });
});

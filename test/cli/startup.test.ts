import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeTempDir } from "../support/temp.js";
import { MAIN } from "./treecast.js";

/** Files that a start loads, as URLs, noted by a hook on the loader. */
function loaded(args: readonly string[], ends = 0): string[] {
  const directory = makeTempDir("treecast-startup-");
  writeFileSync(
    join(directory, "hooks.mjs"),
    `import { writeSync } from "node:fs";
     export async function load(url, context, next) { writeSync(2, "loads " + url + "\\n"); return next(url, context); }`,
  );
  writeFileSync(
    join(directory, "register.mjs"),
    `import { register } from "node:module"; register("./hooks.mjs", import.meta.url);`,
  );
  const hook = `--import=${join(directory, "register.mjs")}`;
  const { status, stderr } = spawnSync(process.execPath, [hook, MAIN, ...args], {
    encoding: "utf8",
  });
  expect(status).toBe(ends);
  return stderr.split("\n").flatMap((line) => (line.startsWith("loads ") ? [line.slice(6)] : []));
}

describe("the start of treecast", () => {
  it.each(["--version", "--help", "help run", "run --help", "status --help"])(
    "loads nothing heavy for %s",
    (words) => {
      const urls = loaded(words.split(" "));
      expect(urls.some((url) => url.endsWith("/dist/cli/program.js"))).toBe(true);
      const heavy =
        /\/(?:zod|koffi|yaml|pino|prom-client|re2js|hono|@hono)\/|\/dist\/(?:daemon|control|watch|rsync|replicate|kernel)\//;
      expect(urls.filter((url) => heavy.test(url))).toEqual([]);
    },
  );

  it("loads for inotifywait's place nothing of the commands, and what reads expressions where one is", () => {
    const args = ["wait", "-q", "-t", "1", makeTempDir()];
    const urls = loaded(args, 2);
    const others = /\/dist\/cli\/(?:program|commands)|\/(?:commander|re2js)\//;
    expect(urls.some((url) => url.endsWith("/dist/watch/events/raw-watch.js"))).toBe(true);
    expect(urls.filter((url) => others.test(url))).toEqual([]);
    expect(loaded([...args, "--exclude", "x"], 2).some((url) => url.includes("/re2js/"))).toBe(
      true,
    );
  });
});

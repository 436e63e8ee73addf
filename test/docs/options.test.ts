import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, pages } from "./pages.js";

function output(program: string, args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(program, args, { cwd: ROOT, encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return stdout;
}

function optionsIn(text: string): Set<string> {
  return new Set(text.match(/(?<![\w-])--[a-z][a-z0-9-]*/g));
}

const TREECAST = join(ROOT, "dist/cli/main.js");

function treecastHelp(): string {
  const main = output(process.execPath, [TREECAST, "--help"]);
  const commands = [...main.matchAll(/^ {2}([a-z-]+) .*\[options\]/gm)].map(
    ([, name = ""]) => name,
  );
  expect(commands).toContain("run");
  return [
    main,
    ...commands.map((name) => output(process.execPath, [TREECAST, name, "--help"])),
  ].join("\n");
}

/** Other programs the pages call, with the options they are called with. */
const ELSEWHERE = [
  // rsync says these in its manual only: options of the daemon, and the negations.
  "--daemon",
  "--no-detach",
  "--no-perms",
  "--draw", // npm run layers
  "--now", // systemctl
  "--system", // sysctl
];

describe("the documentation's options", () => {
  const scripts = ["demo", "test", "bootstrap", "bench", "soak"].map((name) =>
    output(join(ROOT, "script", name), ["--help"]),
  );
  const ours = optionsIn([treecastHelp(), ...scripts].join("\n"));
  const rsync = optionsIn(output("rsync", ["--help"]));
  const known = new Set([...ours, ...rsync, ...ELSEWHERE]);

  it("README names some of ours", () => {
    const inReadme = optionsIn(pages().find(({ name }) => name === "README.md")!.text);
    expect([...inReadme].filter((option) => ours.has(option)).length).toBeGreaterThan(3);
  });

  it.each(pages().map((each) => [each.name, each.text]))(
    "%s names only options that exist",
    (_, text) => {
      expect([...optionsIn(text)].filter((option) => !known.has(option))).toEqual([]);
    },
  );
});

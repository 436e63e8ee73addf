/** inotifywatch 3.22 and ours over the same work, in the same run: the same bytes. */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeTempDir } from "../../support/temp.js";
import { asleep, ourTool, realTool, startTool } from "./tools.js";

const real = realTool("inotifywatch");

/** Both read the directories below, which is told of, too: it is left out where there are any. */
const NO_READING = "modify,attrib,close_write,move,move_self,create,delete,delete_self";
const RECURSIVE = ["-r", "-e", NO_READING];

interface Case {
  readonly args: readonly string[];
  readonly input?: string;
  readonly signal?: NodeJS.Signals;
  /** Ours alone is asked for no more than the other knows: what is inside a directory that moves in. */
  readonly strict?: true;
}

const CASES: readonly Case[] = [
  { args: ["t"] },
  { args: ["-z", "t"], signal: "SIGTERM" },
  { args: ["t/", "t/a/file", "t/c"] },
  { args: ["-e", "modify", "-e", "CREATE,delete", "t"], signal: "SIGHUP" },
  { args: ["-e", "close_write,", "t"] },
  { args: ["-t", "6", "t"] },
  { args: [...RECURSIVE, "t"] },
  { args: [...RECURSIVE, "-z", "t"] },
  { args: [...RECURSIVE, "-v", "t"] },
  { args: [...RECURSIVE, "-v", "t/a", "t/c", "-t", "6"] },
  { args: [...RECURSIVE, "-a", "total", "t"] },
  { args: [...RECURSIVE, "-a", "modify", "t"] },
  { args: [...RECURSIVE, "-d", "Create", "t"] },
  { args: [...RECURSIVE, "-z", "-d", "modify", "-d", "delete", "t"] },
  { args: [...RECURSIVE, "--exclude", "/(n|c)/", "t"] },
  { args: [...RECURSIVE, "--excludei", "\\<FILE\\>", "t"] },
  { args: [...RECURSIVE, "--include", "(file|/[az])$", "--zero", "t"] },
  { args: [...RECURSIVE, "--includei=FILE|/[AZ]$", "t"] },
  { args: [...RECURSIVE, "@t/a", "t"], strict: true },
  { args: [...RECURSIVE, "t", "@t/c/", "@", ""] },
  { args: [...RECURSIVE, "--fromfile", "list"] },
  { args: [...RECURSIVE, "--fromfile", "-", "t/c"], input: "t/a\n@t/a/b\n\n" },
  { args: ["link", "link/file"] },
  { args: ["-P", "link", "t"] },
];

/** The same in every directory, name for name and in the same order. */
function makeTree(): string {
  const cwd = makeTempDir("treecast-stats-");
  for (const each of ["t/a/b", "t/c", "t/q\u00e4"])
    mkdirSync(Buffer.from(`${cwd}/${each}`, "latin1"), { recursive: true });
  writeFileSync(join(cwd, "t/a/file"), "");
  symlinkSync("t/a", join(cwd, "link"));
  writeFileSync(join(cwd, "list"), "t/a\nt/c\n");
  return cwd;
}

/** Only what either knows of without being quick: nothing is made in a directory that is new. */
async function work(cwd: string, settled: () => Promise<void>): Promise<void> {
  const at = (path: string): string => join(cwd, "t", path);
  appendFileSync(at("a/file"), "more");
  readFileSync(at("a/file"));
  writeFileSync(Buffer.from(`${cwd}/t/q\u00e4/file`, "latin1"), "x");
  mkdirSync(at("n"));
  await settled();
  writeFileSync(at("n/x"), "1");
  renameSync(at("a/file"), at("c/File"));
  chmodSync(at("c/File"), 0o600);
  renameSync(at("a"), at("z"));
  await settled();
  writeFileSync(at("z/b/y"), "2");
  // Without a look into them, which would be told of as often as it is read at once, or not.
  unlinkSync(at("c/File"));
  rmdirSync(at("c"));
  unlinkSync(at("n/x"));
  rmdirSync(at("n"));
}

const STANDS = "Finished establishing watches, now collecting statistics.\n";

describe.skipIf(real === undefined)("inotifywatch and ours", () => {
  it.concurrent.each(CASES.map((each) => [each.args.join(" "), each] as const))(
    "count the same: %s",
    async (_, { args, input = "", signal = "SIGINT", strict }) => {
      const ours = strict === true ? [...args, "--strict-compat"] : args;
      const sides = (
        [
          [ourTool("inotifywatch"), ours],
          [real!, args],
        ] as const
      ).map(([program, words]) => {
        const cwd = makeTree();
        return { cwd, tool: startTool(program, words, { cwd, input }) };
      });
      for (const { tool } of sides) await tool.says(STANDS);
      for (const { cwd, tool } of sides) await work(cwd, () => asleep(tool.pid));
      for (const { tool } of sides) {
        if (args.includes("-t")) break;
        await asleep(tool.pid);
        tool.kill(signal);
      }
      const [counted, theirs] = await Promise.all(sides.map(({ tool }) => tool.ended));
      expect(counted).toEqual(theirs);
      expect(counted?.stdout).toMatch(/^total {2}.*filename\n./);
    },
    30_000,
  );
});

/** What is refused before anything is watched; the directory has `here` in it. */
const REFUSED: readonly (readonly string[])[] = [
  [],
  [""],
  ["@"],
  ["-x", "here"],
  ["-vx", "-e", "nope"],
  ["--foo=1", "here"],
  ["--in", "x", "here"],
  ["--strict", "here"],
  ["--zer=1", "here"],
  ["here", "-t"],
  ["--timeout"],
  ["-t", "x", "here"],
  ["-t", "", "here"],
  ["-t", "1s", "here"],
  ["-t", " ", "here"],
  ["-t", "99999999999999999999", "here"],
  ["-e", "nope", "here"],
  ["-e", "open,nope", "here"],
  ["-a", "nope", "here"],
  ["-d", "nope", "here"],
  ["-a", "move", "here"],
  ["-a", "Close", "here"],
  ["-a", "total", "-d", "modify", "here"],
  ["-a", "open", "-a", "open", "here"],
  ["-a", "open", "-e", "modify", "here"],
  ["-d", "unmount", "here"],
  ["-d", "open", "-e", "modify", "-x"],
  ["--exclude", "a", "--excludei", "b", "here"],
  ["--include", "a", "--includei", "b", "here"],
  ["--include", "a", "--excludei", "b", "here"],
  ["--exclude", "*", "here"],
  ["--includei", "[", "here"],
  ["missing"],
  ["-r", "missing"],
  ["-v", "missing"],
  ["-rv", "here", "missing", "here"],
  ["here/file/below"],
  ["-r", "here/file/below"],
  ["--fromfile", "missing"],
  ["--fromfile", "a", "--fromfile", "b"],
];

describe.skipIf(real === undefined)("inotifywatch and ours, where something is wrong", () => {
  it.concurrent.each(REFUSED.map((args) => [JSON.stringify(args), args] as const))(
    "say the same: %s",
    async (_, args) => {
      const cwd = makeTempDir("treecast-stats-");
      mkdirSync(join(cwd, "here"));
      writeFileSync(join(cwd, "here/file"), "");
      const tools = [ourTool("inotifywatch"), real!].map((each) => startTool(each, args, { cwd }));
      const [ours, theirs] = await Promise.all(tools.map(({ ended }) => ended));
      expect(ours).toEqual(theirs);
      expect(ours?.status).toBe(1);
    },
    30_000,
  );
});

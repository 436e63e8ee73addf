/** The real inotifywait beside ours: the same words, the same tree, the same work. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import { makeTempDir } from "../../support/temp.js";
import { until } from "../../support/until.js";
import { MAIN } from "../treecast.js";

const REAL = "/usr/bin/inotifywait";
const { stdout: version } = spawnSync(REAL, ["--help"], { encoding: "utf8" }) as {
  readonly stdout: string | null;
};

/** Nothing to compare with on this machine otherwise. */
export const hasInotifywait = version?.startsWith("inotifywait 3.22") === true;

export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** latin1. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface Waiting {
  readonly pid: number;
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves when at least so many watches are there, and "Watches established." where it is said. */
  watching(count: number): Promise<void>;
  readonly ended: Promise<Outcome>;
}

export type Who = "real" | "ours";

export interface StartOptions {
  readonly cwd: string;
  readonly stdin?: string;
  readonly link?: string;
  readonly stdout?: "pipe" | number;
  /** Sysctls below user. to be set in a user namespace of its own. */
  readonly under?: readonly Limit[];
}

export interface Limit {
  readonly limit: string;
  readonly value: number;
}

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

let links: string | undefined;

/** A directory with our program under the names that inotify-tools' programs have. */
export function ourLinks(): string {
  if (links !== undefined) return links;
  links = makeTempDir("treecast-links-");
  for (const name of ["inotifywait", "fsnotifywait"]) symlinkSync(MAIN, join(links, name));
  return links;
}

export function start(who: Who, args: readonly string[], options: StartOptions): Waiting {
  const { cwd, stdin, link = "inotifywait", stdout: out = "pipe" } = options;
  const [program, words] =
    who === "real" ? ["inotifywait", args] : [process.execPath, [join(ourLinks(), link), ...args]];
  const [whole, allWords] = limited(options.under ?? [], program, words);
  const child = spawn(whole, allWords, {
    cwd,
    env: { PATH: "/usr/bin:/bin", TZ: "UTC", LC_ALL: "C" },
    stdio: ["pipe", out, "pipe"],
  });
  running.add(child);
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(stdin === undefined ? "" : Buffer.from(stdin, "latin1"));
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const ended = new Promise<Outcome>((done) => {
    child.on("close", (status, signal) => {
      running.delete(child);
      done({ status, signal, stdout: stdout(), stderr: stderr() });
    });
  });
  const pid = child.pid ?? 0;
  return {
    pid,
    child,
    stdout,
    stderr,
    ended,
    async watching(count) {
      const isQuiet = args.some((word) => /^-[a-zA-Z]*q|^--quie/.test(word));
      const isReady = (): boolean => isQuiet || stderr().includes("Watches established.\n");
      await until(() => watchesOf(pid) >= count && isReady(), {
        what: () => `${count} watches; there are ${watchesOf(pid)}\n${stderr()}`,
      });
    },
  };
}

/** The program by way of a shell in a user namespace, which it takes the place of. */
function limited(
  under: readonly Limit[],
  program: string,
  words: readonly string[],
): [program: string, words: readonly string[]] {
  if (under.length === 0) return [program, words];
  const set = under.map(({ limit, value }) => `echo ${value} > /proc/sys/user/${limit}`);
  const script = [...set, 'exec "$0" "$@"'].join("; ");
  return ["unshare", ["-Urm", "sh", "-c", script, program, ...words]];
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const parts: Buffer[] = [];
  stream?.on("data", (part: Buffer) => parts.push(part));
  return () => Buffer.concat(parts).toString("latin1");
}

/** Inotify watches of a process, as /proc shows them. */
export function watchesOf(pid: number): number {
  let count = 0;
  try {
    for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
      const text = readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8");
      count += text.split("\n").filter((line) => line.startsWith("inotify wd:")).length;
    }
  } catch {
    // Ended, or a descriptor closed meanwhile.
  }
  return count;
}

export interface Work {
  /** The directory to work in, with `w` below it. */
  readonly at: string;
  /** Waits until whoever watches has so many watches. */
  readonly watches: (count: number) => Promise<void>;
}

export interface Case {
  readonly args: readonly string[];
  readonly prepare?: (at: string) => void;
  readonly work: (work: Work) => Promise<void> | void;
  /** Watches when all is established. */
  readonly watches?: number;
  readonly stdin?: string;
  readonly under?: readonly Limit[];
}

/** Both on one tree at the same time. `-t` ends them. */
export async function together(each: Case): Promise<Record<Who, Outcome>> {
  const at = makeTempDir("treecast-side-");
  mkdirSync(join(at, "w"));
  each.prepare?.(at);
  const options = { cwd: at, ...(each.stdin === undefined ? {} : { stdin: each.stdin }) };
  // Ours first: it takes longer to start, and `-t` counts from there on.
  const ours = start("ours", each.args, options);
  await ours.watching(each.watches ?? 1);
  const real = start("real", each.args, options);
  await real.watching(each.watches ?? 1);
  await each.work({
    at,
    watches: async (count) => {
      await ours.watching(count);
      await real.watching(count);
    },
  });
  return { ours: await ours.ended, real: await real.ended };
}

/** One after the other, each on a tree of its own: where one's own looking is seen by the other. */
export async function apart(each: Case): Promise<Record<Who, Outcome>> {
  const [ours, real] = await Promise.all([alone("ours", each), alone("real", each)]);
  return { ours, real };
}

async function alone(who: Who, each: Case): Promise<Outcome> {
  const at = makeTempDir("treecast-side-");
  mkdirSync(join(at, "w"));
  each.prepare?.(at);
  const stdin = each.stdin === undefined ? {} : { stdin: each.stdin };
  const under = each.under === undefined ? {} : { under: each.under };
  const one = start(who, each.args, { cwd: at, ...stdin, ...under });
  await one.watching(each.watches ?? 1);
  await each.work({ at, watches: (count) => one.watching(count) });
  return one.ended;
}

/** inotify itself puts equal events together when they are not read in between. */
export function squashed(text: string, end = "\n"): string[] {
  const lines = text.split(end).slice(0, -1);
  return lines.filter((line, at) => line !== lines[at - 1]);
}

/** A place with a directory `w` to watch. */
export function placeToWatch(): string {
  const at = makeTempDir("treecast-wait-");
  mkdirSync(join(at, "w"));
  return at;
}

/** Ours, when it watches. */
export async function startOurs(
  args: readonly string[],
  cwd: string,
  options: Partial<StartOptions> = {},
): Promise<Waiting> {
  const one = start("ours", args, { cwd, ...options });
  await one.watching(1);
  return one;
}

export function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

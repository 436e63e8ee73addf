/** The tools as children: ours through links in a directory of their own, and the real ones. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import { makeTempDir } from "../../support/temp.js";
import { until } from "../../support/until.js";
import { MAIN } from "../treecast.js";

export const LINK_NAMES = ["inotifywait", "inotifywatch", "fsnotifywait", "fsnotifywatch"] as const;
export type ToolName = (typeof LINK_NAMES)[number];

export interface EndedTool {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** latin1, as all of it. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningTool {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when stderr has this in it. */
  says(text: string): Promise<void>;
  readonly ended: Promise<EndedTool>;
}

const running = new Set<() => void>();
afterAll(async () => {
  for (const kill of running) kill();
  await until(() => running.size === 0);
});

let links: string | undefined;

/** A directory with links to the built program, by the names of the tools. */
export function linkDirectory(): string {
  if (links !== undefined) return links;
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run 'npm run build' first`);
  links = join(makeTempDir("treecast-links-"), "bin");
  mkdirSync(links);
  for (const name of LINK_NAMES) symlinkSync(MAIN, join(links, name));
  return links;
}

/** Where the real tool is; undefined where it is not installed, or of another version. */
export function realTool(name: ToolName): string | undefined {
  const { stdout, error } = spawnSync(name, ["-h"], { encoding: "latin1" });
  if (error !== undefined || !stdout.startsWith(`${name} 3.22.`)) return undefined;
  const directories = (process.env["PATH"] ?? "").split(":");
  return directories.map((each) => join(each, name)).find((each) => existsSync(each));
}

export function ourTool(name: ToolName): string {
  return join(linkDirectory(), name);
}

export interface ToolSurroundings {
  readonly cwd: string;
  readonly input?: string;
}

/** Starts it under its bare name; whatever still runs at the end of the test file is killed. */
export function startTool(
  program: string,
  args: readonly string[],
  { cwd, input = "" }: ToolSurroundings,
): RunningTool {
  const name = program.slice(program.lastIndexOf("/") + 1);
  const child = spawn(program, args, { cwd, argv0: name, stdio: ["pipe", "pipe", "pipe"] });
  const kill = (): void => void child.kill("SIGKILL");
  running.add(kill);
  let stdout = "";
  let stderr = "";
  child.stdin.on("error", () => undefined).end(Buffer.from(input, "latin1"));
  child.stdout.setEncoding("latin1").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("latin1").on("data", (text: string) => (stderr += text));
  let hasEnded = false;
  const ended = new Promise<EndedTool>((done) => {
    child.on("close", (status, signal) => {
      hasEnded = true;
      running.delete(kill);
      done({ status, signal, stdout, stderr });
    });
  });
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    kill: (signal) => void child.kill(signal),
    async says(text) {
      await until(() => hasEnded || stderr.includes(text), {
        what: () => `'${text}' in: ${stderr}`,
      });
      if (!stderr.includes(text)) throw new Error(`It ended without '${text}': ${stderr}`);
    },
    ended,
  };
}

/** Resolves when the process has gone to sleep and stays so: it has read all that there is. */
export async function asleep(pid: number): Promise<void> {
  let before = "";
  await until(
    () => {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const now = /^State:\s+S/m.test(status)
        ? (/^voluntary_ctxt_switches:.*$/m.exec(status)?.[0] ?? "")
        : "";
      const isSame = now !== "" && now === before;
      before = now;
      return isSame;
    },
    { everyMs: 40, what: `process ${pid} to be idle` },
  );
}

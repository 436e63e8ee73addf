/** The built program as a child process, in surroundings of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

export const MAIN = resolve(import.meta.dirname, "../../dist/cli/main.js");

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** The log's JSON lines so far. */
  log(): Record<string, unknown>[];
  /** Resolves with the first log line of this kind that fits. */
  logged(
    kind: string,
    fits?: (line: Record<string, unknown>) => boolean,
  ): Promise<Record<string, unknown>>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

export interface Surroundings {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const running = new Set<ChildProcess>();
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await until(() => running.size === 0);
});

/** Starts it; whatever is still running at the end of the test file is killed. */
export function startTreecast(
  args: readonly string[],
  { cwd, env = {} }: Surroundings = {},
): Running {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run 'npm run build' first`);
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...surroundings(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((done) => {
    child.on("close", (status, signal) => {
      running.delete(child);
      done({ status, signal, stdout, stderr });
    });
  });
  const log = () =>
    stderr
      .split("\n")
      .filter((line) => line.startsWith("{") && line.endsWith("}"))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    pid: child.pid ?? 0,
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    log,
    async logged(kind, fits = () => true) {
      const find = () => log().find((line) => line["kind"] === kind && fits(line));
      const found = await until(() => find() ?? (running.has(child) ? undefined : "ended"), {
        what: () => `a log line '${kind}' in:\n${stderr}`,
      });
      const line = found === "ended" ? find() : found;
      if (line === undefined) throw new Error(`It ended without a log line '${kind}':\n${stderr}`);
      return line;
    },
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** Runs it to its end. */
export function treecast(args: readonly string[], where: Surroundings = {}): Promise<Ended> {
  return startTreecast(args, where).ended;
}

let home: string | undefined;

/** Nothing of the user who runs the tests: no configuration, no state, no colours. */
function surroundings(): NodeJS.ProcessEnv {
  home ??= makeTempDir("treecast-home-");
  return {
    PATH: process.env["PATH"],
    HOME: home,
    STATE_DIRECTORY: join(home, "state"),
    LANG: "C.UTF-8",
  };
}

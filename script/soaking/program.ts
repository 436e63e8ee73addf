/** The built program, as its users run it, to be killed, stopped and started again. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { onLeaving } from "../../bench/leaving.js";
import { descendantsOf, type RunningProcess } from "../../test/support/processes.js";
import { until } from "../../test/support/until.js";

const HOME = resolve(import.meta.dirname, "../..");
/** TREECAST_MAIN names another build. */
export const MAIN = process.env["TREECAST_MAIN"] ?? resolve(HOME, "dist/cli/main.js");
const PUPPET = resolve(HOME, "test/support/puppet.mjs");

/** What the preloaded part understands. */
export type Order =
  | { readonly do: "end-thread"; readonly entry: string }
  | { readonly do: "step-clock"; readonly ms: number };

export interface ProgramPlan {
  readonly config: string;
  /** Appended to by every start. */
  readonly log: string;
  readonly home: string;
  readonly within: (argv: readonly [string, ...string[]]) => readonly [string, ...string[]];
  /** Another build's entry. */
  readonly main?: string;
}

/** One line of its log. */
export type LogLine = Readonly<Record<string, unknown>>;

const START_LIMIT_MS = 60_000;
/** Its own grace for what is in flight is ten seconds. */
const STOP_LIMIT_MS = 30_000;

export class Program {
  readonly #plan: ProgramPlan;
  #child: ChildProcess | undefined;
  /** Set while its end is what we want. */
  #ending = false;
  #fell: string | undefined;
  #clockMs = 0;
  readonly #lines: LogLine[] = [];
  /** Bytes of the log that were read, and a line of which the end is not. */
  #read = 0;
  #begun = "";

  constructor(plan: ProgramPlan) {
    this.#plan = plan;
    const main = plan.main ?? MAIN;
    if (!existsSync(main)) throw new Error(`${main} is missing: run 'npm run build' first`);
    onLeaving(() => void this.#child?.kill("SIGKILL"));
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  /** How it ended by itself, which it never should. */
  get fell(): string | undefined {
    return this.#fell;
  }

  /** Every start from now on finds the time of day to be another by so much. */
  setClock(ms: number): void {
    this.#clockMs = ms;
  }

  /** Does not wait for anything. */
  launch(): void {
    const { within, main = MAIN, config, home, log } = this.#plan;
    const [program, ...args] = within([
      process.execPath,
      "--import",
      PUPPET,
      main,
      "run",
      "-c",
      config,
    ]);
    const out = openSync(log, "a");
    const child = spawn(program, args, {
      stdio: ["ignore", out, out, "ipc"],
      env: {
        PATH: process.env["PATH"],
        HOME: home,
        LANG: "C.UTF-8",
        // Should it fall, it says where.
        TREECAST_DEBUG: "1",
        TREECAST_PUPPET_CLOCK_MS: String(this.#clockMs),
      },
    });
    closeSync(out);
    this.#child = child;
    this.#ending = false;
    child.once("exit", (status, signal) => {
      if (child === this.#child && !this.#ending) {
        this.#fell = `it ended with ${String(signal ?? status)}`;
      }
    });
    // An order that meets a child on its way out is no error.
    child.on("error", () => undefined);
  }

  /** Resolves when the source is watched. */
  async start(): Promise<void> {
    const before = this.log().length;
    this.launch();
    await until(() => this.#fell !== undefined || this.log().slice(before).some(saysWatching), {
      limitMs: START_LIMIT_MS,
      everyMs: 20,
      what: () => `the daemon to watch:\n${this.tail()}`,
    });
  }

  async kill(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.#ending = true;
    child.kill(signal);
    await until(() => child.exitCode !== null || child.signalCode !== null, {
      limitMs: STOP_LIMIT_MS,
      what: () => `the daemon's end after ${signal}:\n${this.tail()}`,
    });
  }

  signal(signal: "SIGSTOP" | "SIGCONT" | "SIGHUP"): void {
    this.#child?.kill(signal);
  }

  order(order: Order): void {
    this.#child?.send(order);
  }

  /** Clients of rsync and ssh that it runs now. */
  clients(): RunningProcess[] {
    return descendantsOf(this.pid);
  }

  /** What it printed over all its lives; what is new is read by the call. */
  log(): readonly LogLine[] {
    const { log } = this.#plan;
    const size = existsSync(log) ? statSync(log).size : 0;
    if (size === this.#read) return this.#lines;
    const fd = openSync(log, "r");
    const bytes = Buffer.alloc(size - this.#read);
    this.#read += readSync(fd, bytes, 0, bytes.length, this.#read);
    closeSync(fd);
    const lines = (this.#begun + bytes.toString("latin1")).split("\n");
    this.#begun = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("{") || !line.endsWith("}")) continue;
      this.#lines.push(JSON.parse(Buffer.from(line, "latin1").toString()) as LogLine);
    }
    return this.#lines;
  }

  /** Gaps of one reason that it told, over all its lives. */
  gaps(reason: string): number {
    return this.log().filter((line) => line["kind"] === "gap" && line["reason"] === reason).length;
  }

  /** What `treecast status` says of it, for messages. */
  status(): string {
    const { config, home, main = MAIN } = this.#plan;
    const { stdout, stderr } = spawnSync(process.execPath, [main, "status", "-c", config], {
      env: { PATH: process.env["PATH"], HOME: home },
      encoding: "utf8",
      timeout: 10_000,
    });
    return stdout + stderr;
  }

  /** The end of what it printed, for messages. */
  tail(lines = 40): string {
    if (!existsSync(this.#plan.log)) return "";
    const text = readFileSync(this.#plan.log, "utf8").split("\n");
    return text
      .slice(-lines)
      .map((line) => line.slice(0, 400))
      .join("\n");
  }
}

function saysWatching(line: LogLine): boolean {
  return line["kind"] === "source-state" && line["watched"] !== undefined;
}

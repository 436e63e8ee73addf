/**
 * A process that watches and mirrors one root, for tests that need a process of their own: one
 * that can be stopped, or that lives in its own namespaces. Speaks over the IPC channel.
 */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { WantedWatcher, WatcherChoice } from "../../src/model/watcher.js";
import type { Coverage, Gap } from "../../src/model/change.js";
import type { RelativePath } from "../../src/model/path.js";
import { startWatch } from "../../src/watch/watch.js";
import type { TreeWatch, WatchNotice } from "../../src/watch/watch.js";
import { Mirror } from "./mirror.js";

export interface WatchState {
  readonly differences: readonly string[];
  readonly gaps: readonly Gap[];
  readonly roots: readonly string[];
  readonly notices: readonly WatchNotice[];
  readonly coverage: Coverage;
  readonly watcher: WatcherChoice;
  readonly paths: readonly string[];
  readonly recent: readonly string[];
}

type Request =
  | {
      readonly do: "start";
      readonly root: string;
      readonly scanIntervalMs?: number;
      readonly source?: WantedWatcher;
    }
  /** Drains the watch first, if asked to; that also scans what is not watched. */
  | { readonly do: "state"; readonly drain: boolean; readonly scan: boolean }
  | { readonly do: "unheard"; readonly path: string }
  | { readonly do: "write"; readonly path: string; readonly text: string }
  | { readonly do: "run"; readonly argv: readonly string[] }
  | { readonly do: "close" };

type Reply = { readonly value: unknown } | { readonly error: string; readonly code?: string };

const THIS_FILE = fileURLToPath(import.meta.url);

/** True where this user may make namespaces; some containers forbid it. */
export function canUnshare(): boolean {
  return spawnSync("unshare", ["-Urm", "true"]).status === 0;
}

export class WatchChild implements AsyncDisposable {
  readonly #process: ChildProcess;
  #waiting: ((reply: Reply) => void)[] = [];

  constructor(options: { readonly namespaces?: boolean } = {}) {
    const node = [process.execPath, ...process.execArgv, THIS_FILE];
    const [program = "", ...args] =
      options.namespaces === true ? ["unshare", "-Urm", ...node] : node;
    this.#process = spawn(program, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#process.on("message", (reply) => this.#waiting.shift()?.(reply as Reply));
    this.#process.on("exit", () => {
      for (const answer of this.#waiting) answer({ error: "The child has ended" });
    });
  }

  async start(root: string, scanIntervalMs?: number, source?: WantedWatcher): Promise<void> {
    await this.#ask({
      do: "start",
      root,
      ...(scanIntervalMs === undefined ? {} : { scanIntervalMs }),
      ...(source === undefined ? {} : { source }),
    });
  }

  /** What the watch has told and what the mirror makes of it, after a drain unless told not to. */
  async state({ drain = true, scan = true } = {}): Promise<WatchState> {
    return (await this.#ask({ do: "state", drain, scan })) as WatchState;
  }

  /** Says that a difference was found at a path below the root that the watch did not tell. */
  async unheard(path: string): Promise<void> {
    await this.#ask({ do: "unheard", path });
  }

  async write(path: string, text: string): Promise<void> {
    await this.#ask({ do: "write", path, text });
  }

  /** Runs a program inside the child's namespaces; throws unless it ends with 0. */
  async run(...argv: string[]): Promise<void> {
    await this.#ask({ do: "run", argv });
  }

  /** Stops the process, as a machine that is too busy does, and lets it go on. */
  pause(): void {
    this.#process.kill("SIGSTOP");
  }

  resume(): void {
    this.#process.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.resume();
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    await this.#ask({ do: "close" });
    await ended;
  }

  #ask(request: Request): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push((reply) => {
        if ("value" in reply) resolve(reply.value);
        else reject(Object.assign(new Error(reply.error), { code: reply.code }));
      });
      this.#process.send(request);
    });
  }
}

/** The other side: one request at a time, answered in order. */
function serve(): void {
  let mirror: Mirror | undefined;
  let watch: TreeWatch | undefined;

  const handle = async (request: Request): Promise<unknown> => {
    switch (request.do) {
      case "start": {
        mirror = new Mirror(request.root);
        const { root, scanIntervalMs, source } = request;
        const settings = { root, rules: [], source };
        watch = await startWatch(
          scanIntervalMs === undefined ? settings : { ...settings, scanIntervalMs },
          mirror,
        );
        mirror.copyAll();
        return null;
      }
      case "state": {
        if (request.drain) await watch?.drain({ scan: request.scan });
        return {
          differences: mirror?.differences(),
          gaps: mirror?.gaps,
          roots: mirror?.roots,
          notices: mirror?.notices,
          coverage: watch?.coverage,
          watcher: watch?.watcher,
          paths: [...(mirror?.entries.keys() ?? [])],
          recent: await watch?.recent(),
        };
      }
      case "unheard":
        watch?.unheard(request.path as RelativePath);
        return null;
      case "write":
        writeFileSync(request.path, request.text);
        return null;
      case "run": {
        const [program = "", ...args] = request.argv;
        const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
        if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
        return null;
      }
      case "close":
        await watch?.close();
        return null;
    }
  };

  let last = Promise.resolve();
  process.on("message", (request: Request) => {
    last = last.then(async () => {
      let reply: Reply;
      try {
        reply = { value: await handle(request) };
      } catch (error) {
        const { message, code } = error as Error & { code?: string };
        reply = { error: message, ...(code === undefined ? {} : { code }) };
      }
      process.send?.(reply, () => {
        if (request.do === "close") process.disconnect();
      });
    });
  });
}

if (process.argv[1] === THIS_FILE && process.send !== undefined) serve();

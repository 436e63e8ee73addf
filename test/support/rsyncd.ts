/** A real rsync daemon on a free loopback port, with modules of the test's choosing. */
import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { ModuleEndpoint } from "../../src/model/endpoint.js";
import { freePort, listens } from "./ports.js";
import { descendantsOf, signalAll } from "./processes.js";
import { makeTempDir } from "./temp.js";
import { until } from "./until.js";

/** Parameters of one module as rsyncd.conf(5) names them; `path` is made when it is missing. */
export type ModuleParameters = Readonly<Record<string, string>>;

export interface RsyncdOptions {
  readonly modules: Readonly<Record<string, ModuleParameters>>;
  /** name → password, for modules with `auth users`. */
  readonly users?: Readonly<Record<string, string>>;
}

export interface Rsyncd {
  readonly port: number;
  /** Holds its configuration, log and secrets. */
  readonly directory: string;
  readonly pid: number;
  log(): string;
  endpoint(module: string, more?: Partial<ModuleEndpoint>): ModuleEndpoint;
  /** A password file as rsync wants it: mode 600, one line. */
  passwordFile(password: string): string;
  /** Ends the listening daemon, and its sessions unless told to spare them. */
  stop(options?: { spareSessions?: boolean }): Promise<void>;
  /** Starts it again on the same port, with other modules where they are given. */
  start(modules?: RsyncdOptions["modules"]): Promise<void>;
}

const started: Rsyncd[] = [];
// At the level of the file: within a test vitest takes no notice of it.
afterAll(() => Promise.all(started.map((each) => each.stop())));

/** Stops by itself when the test file has run. */
export async function startRsyncd(options: RsyncdOptions): Promise<Rsyncd> {
  const directory = makeTempDir("treecast-rsyncd-");
  const file = (name: string) => join(directory, name);
  const port = await freePort();
  let daemon: ChildProcess | undefined;
  let modules = options.modules;
  let passwordFiles = 0;

  const rsyncd: Rsyncd = {
    port,
    directory,
    get pid() {
      return daemon?.pid ?? 0;
    },
    log: () => (existsSync(file("log")) ? readFileSync(file("log"), "latin1") : ""),
    endpoint: (module, more = {}) => ({
      kind: "module",
      host: "127.0.0.1",
      port,
      module,
      path: "",
      ...more,
    }),
    passwordFile(password) {
      const path = file(`password-${String(passwordFiles++)}`);
      writeFileSync(path, `${password}\n`, { mode: 0o600 });
      return path;
    },
    async stop({ spareSessions = false } = {}) {
      const ending = daemon;
      if (ending?.pid === undefined) return;
      daemon = undefined;
      const sessions = spareSessions ? [] : descendantsOf(ending.pid);
      const gone = new Promise((resolve) => ending.once("exit", resolve));
      if (ending.exitCode === null && ending.signalCode === null) {
        process.kill(ending.pid, "SIGKILL");
        await gone;
      }
      signalAll(sessions, "SIGKILL");
      await until(async () => !(await listens(port)), { what: "the rsync daemon's end" });
    },
    async start(changed) {
      modules = changed ?? modules;
      writeConfiguration();
      daemon = spawn(
        "rsync",
        [
          "--daemon",
          "--no-detach",
          "--address=127.0.0.1",
          `--port=${String(port)}`,
          `--config=${file("rsyncd.conf")}`,
        ],
        { stdio: "ignore", detached: true },
      );
      await until(() => listens(port), { what: () => `rsync --daemon to listen: ${rsyncd.log()}` });
    },
  };
  started.push(rsyncd);
  await rsyncd.start();
  return rsyncd;

  function writeConfiguration(): void {
    const users = Object.entries(options.users ?? {});
    writeFileSync(file("secrets"), users.map(([name, word]) => `${name}:${word}\n`).join(""));
    chmodSync(file("secrets"), 0o600);
    const sections = Object.entries(modules).map(([name, parameters]) => {
      const { path } = parameters;
      if (path !== undefined) mkdirSync(path, { recursive: true });
      return [
        `[${name}]`,
        ...Object.entries(parameters).map(([key, value]) => `${key} = ${value}`),
      ];
    });
    const globals = [
      `log file = ${file("log")}`,
      `lock file = ${file("lock")}`,
      `secrets file = ${file("secrets")}`,
      "reverse lookup = no",
      "read only = no",
      // As root: a chroot keeps symbolic links as they are.
      "use chroot = yes",
      "uid = 0",
      "gid = 0",
    ];
    writeFileSync(file("rsyncd.conf"), [...globals, ...sections.flat(), ""].join("\n"));
  }
}

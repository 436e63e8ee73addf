/** A real sshd on a free loopback port, with host and user keys of its own; no configuration of the
 * machine or the user is read. */
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { SshEndpoint } from "../../src/model/endpoint.js";
import { freePort, listens } from "./ports.js";
import { descendantsOf, signalAll } from "./processes.js";
import { makeTempDir } from "./temp.js";
import { until } from "./until.js";

export interface Sshd {
  readonly port: number;
  readonly directory: string;
  /** What the client needs; fits the `ssh` of the rsync settings. */
  readonly client: {
    readonly program: string;
    readonly identity: string;
    readonly knownHosts: string;
    readonly config: string;
    readonly options: readonly string[];
  };
  log(): string;
  /** Logins that succeeded so far. */
  logins(): number;
  /** Processes of sessions and connections at work now. */
  connections(): number;
  endpoint(path: string, more?: Partial<SshEndpoint>): SshEndpoint;
  /** Ends it with all its connections. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

const started: Sshd[] = [];
// At the level of the file: within a test vitest takes no notice of it.
afterAll(() => Promise.all(started.map((each) => each.stop())));

/** Stops by itself when the test file has run. `name` becomes part of its directory's name. */
export async function startSshd({ name = "treecast-sshd-" } = {}): Promise<Sshd> {
  const directory = makeTempDir(name);
  const file = (leaf: string) => join(directory, leaf);
  const port = await freePort();
  for (const key of ["host-key", "user-key"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(key)]);
  }
  copyFileSync(file("user-key.pub"), file("authorized"));
  const [type = "", key = ""] = readFileSync(file("host-key.pub"), "utf8").split(" ");
  writeFileSync(file("known-hosts"), `[127.0.0.1]:${String(port)} ${type} ${key}\n`);
  writeFileSync(
    file("config"),
    [
      `Port ${String(port)}`,
      "ListenAddress 127.0.0.1",
      `HostKey "${file("host-key")}"`,
      "PidFile none",
      `AuthorizedKeysFile "${file("authorized")}"`,
      "StrictModes no",
      "UsePAM no",
      "PermitRootLogin yes",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "LogLevel VERBOSE",
      // A login shell would read, and wait for, whatever the user's own start-up files do.
      `SetEnv HOME="${directory}"`,
      "",
    ].join("\n"),
  );
  // sshd as root wants it for its unprivileged part.
  if (!existsSync("/run/sshd")) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  let daemon: ReturnType<typeof spawn> | undefined;

  const sshd: Sshd = {
    port,
    directory,
    client: {
      program: "ssh",
      identity: file("user-key"),
      knownHosts: file("known-hosts"),
      config: "none",
      options: [],
    },
    log: () => (existsSync(file("log")) ? readFileSync(file("log"), "latin1") : ""),
    logins: () => [...sshd.log().matchAll(/^Accepted publickey /gm)].length,
    connections: () => (daemon?.pid === undefined ? 0 : descendantsOf(daemon.pid).length),
    endpoint: (path, more = {}) => ({ kind: "ssh", host: "127.0.0.1", port, path, ...more }),
    async stop() {
      const ending = daemon;
      if (ending?.pid === undefined) return;
      daemon = undefined;
      const below = descendantsOf(ending.pid);
      const gone = new Promise((resolve) => ending.once("exit", resolve));
      process.kill(ending.pid, "SIGKILL");
      await gone;
      signalAll(below, "SIGKILL");
      await until(async () => !(await listens(port)), { what: "sshd's end" });
    },
    async start() {
      daemon = spawn("/usr/sbin/sshd", ["-D", "-f", file("config"), "-E", file("log")], {
        stdio: "ignore",
        detached: true,
      });
      await until(() => listens(port), { what: () => `sshd to listen: ${sshd.log()}` });
    },
  };
  started.push(sshd);
  await sshd.start();
  return sshd;
}

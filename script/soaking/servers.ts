/** Receiving ends that can be stopped, frozen and set to read-only: rsync daemons and an sshd. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { onLeaving } from "../../bench/leaving.js";
import { descendantsOf, signalAll, type RunningProcess } from "../../test/support/processes.js";
import { until } from "../../test/support/until.js";

type Argv = readonly [string, ...string[]];

export class Server {
  readonly port: number;
  readonly #argv: () => Argv;
  #child: ChildProcess | undefined;

  /** `argv` must stay in the foreground and listen on the port. */
  constructor(port: number, argv: () => Argv) {
    this.port = port;
    this.#argv = argv;
    onLeaving(() => {
      signalAll(this.#all(), "SIGKILL");
    });
  }

  /** Repeating it is harmless. */
  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const [program, ...args] = this.#argv();
    const child = spawn(program, args, { stdio: "ignore", detached: true });
    this.#child = child;
    await until(() => listensIn(child.pid ?? 0, this.port), {
      what: `${args.join(" ")} to listen on port ${this.port}`,
    });
  }

  /** Ends it with all its sessions. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const all = this.#all();
    this.#child = undefined;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    signalAll(all, "SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await ended;
  }

  /** It takes connections and answers nothing, as a machine that hangs. */
  freeze(): void {
    signalAll(this.#all(), "SIGSTOP");
  }

  thaw(): void {
    signalAll(this.#all(), "SIGCONT");
  }

  sessions(): RunningProcess[] {
    return descendantsOf(this.#child?.pid ?? -1);
  }

  #all(): Pick<RunningProcess, "pid">[] {
    const pid = this.#child?.pid;
    return pid === undefined ? [] : [{ pid }, ...descendantsOf(pid)];
  }
}

/** The table of the process's own network, wherever that is; 0A is LISTEN. */
function listensIn(pid: number, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  try {
    return readFileSync(`/proc/${pid}/net/tcp`, "latin1")
      .split("\n")
      .some((line) => new RegExp(`^ *\\d+: [0-9A-F]{8}:${hex} [0-9A-F:]+ 0A `).test(line));
  } catch {
    return false;
  }
}

export interface RsyncdPlan {
  /** For its configuration, secrets and log; it is made. */
  readonly directory: string;
  readonly replica: string;
  readonly port: number;
  readonly address: string;
  readonly within: (argv: Argv) => Argv;
}

export interface Rsyncd {
  readonly server: Server;
  readonly passwordFile: string;
  /** rsync reads its configuration again for each session, so those at work are not touched. */
  readonly allowWriting: (allowed: boolean) => void;
}

export const USER = "soak";
export const MODULE = "replica";

export function makeRsyncd({ directory, replica, port, address, within }: RsyncdPlan): Rsyncd {
  mkdirSync(directory, { recursive: true });
  const file = (name: string) => join(directory, name);
  writeFileSync(file("secrets"), `${USER}:not-a-secret\n`, { mode: 0o600 });
  writeFileSync(file("password"), "not-a-secret\n", { mode: 0o600 });
  const allowWriting = (allowed: boolean) =>
    writeFileSync(
      file("rsyncd.conf"),
      [
        `log file = ${file("log")}`,
        `lock file = ${file("lock")}`,
        "reverse lookup = no",
        `[${MODULE}]`,
        `path = ${replica}`,
        // Only a chroot keeps symbolic links as they are.
        `use chroot = ${process.getuid?.() === 0 ? "yes" : "no"}`,
        ...(process.getuid?.() === 0 ? ["uid = 0", "gid = 0"] : []),
        `read only = ${allowed ? "no" : "yes"}`,
        `auth users = ${USER}`,
        `secrets file = ${file("secrets")}`,
        "",
      ].join("\n"),
    );
  allowWriting(true);
  const server = new Server(port, () =>
    within([
      "rsync",
      "--daemon",
      "--no-detach",
      `--address=${address}`,
      `--port=${port}`,
      `--config=${file("rsyncd.conf")}`,
    ]),
  );
  return { server, passwordFile: file("password"), allowWriting };
}

export interface Sshd {
  readonly server: Server;
  /** As the configuration's `ssh` takes them. */
  readonly client: { readonly identity: string; readonly knownHosts: string };
}

export function makeSshd(
  directory: string,
  port: number,
  within: (argv: Argv) => Argv,
): Sshd | undefined {
  const program = "/usr/sbin/sshd";
  if (!existsSync(program)) return undefined;
  mkdirSync(directory, { recursive: true });
  const file = (name: string) => join(directory, name);
  for (const key of ["host-key", "user-key"]) {
    const made = spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(key)]);
    if (made.status !== 0) throw new Error(`Cannot make an ssh key: ${made.stderr.toString()}`);
  }
  copyFileSync(file("user-key.pub"), file("authorized"));
  chmodSync(file("authorized"), 0o600);
  const [type = "", key = ""] = readFileSync(file("host-key.pub"), "utf8").split(" ");
  writeFileSync(file("known-hosts"), `[127.0.0.1]:${port} ${type} ${key}\n`);
  writeFileSync(
    file("config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey "${file("host-key")}"`,
      "PidFile none",
      `AuthorizedKeysFile "${file("authorized")}"`,
      "StrictModes no",
      // What the user's own shell does at a login is not ours to try.
      `SetEnv HOME=${directory}`,
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "MaxStartups 100",
      "MaxSessions 100",
      "",
    ].join("\n"),
  );
  // sshd as root wants it for its unprivileged part.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const server = new Server(port, () =>
    within([program, "-D", "-f", file("config"), "-E", file("log")]),
  );
  return { server, client: { identity: file("user-key"), knownHosts: file("known-hosts") } };
}

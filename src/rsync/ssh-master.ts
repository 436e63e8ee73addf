/**
 * The one ssh connection to a target, which all its sessions share (ssh_config, ControlMaster).
 *
 * It is made when first needed and made anew when it died. ssh itself holds it in the background and
 * gives it up when no session has used it for a while: so nothing stays even when we are killed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../model/clock.js";
import type { SshEndpoint } from "../model/endpoint.js";
import { ask, BoundedOutput, startChild, terminate } from "./child.js";
import { childEnvironment } from "./secret.js";
import type { RsyncSettings } from "./settings.js";
import { sshWords } from "./ssh-arguments.js";
import type { Trouble } from "./trouble.js";
import { classify, troubleOf } from "./trouble.js";

export type SshConnection = { readonly controlPath: string } | { readonly trouble: Trouble };

/** A Unix socket's path holds 107 bytes, and ssh adds 17 while it makes the socket. */
const LONGEST_SOCKET_PATH = 107 - 17;

export class SshMaster {
  readonly #settings: RsyncSettings;
  readonly #endpoint: SshEndpoint;
  readonly #clock: Clock;
  #directory: string | undefined;
  #connecting: Promise<SshConnection> | undefined;

  constructor(settings: RsyncSettings, endpoint: SshEndpoint, clock: Clock) {
    this.#settings = settings;
    this.#endpoint = endpoint;
    this.#clock = clock;
  }

  /** A connection that stands; callers at the same moment share one attempt. */
  connect(): Promise<SshConnection> {
    this.#connecting ??= this.#reuseOrMake().finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  async close(): Promise<void> {
    await this.#connecting;
    if (this.#directory === undefined) return;
    if (await answers(this.#controlPath)) await this.#tellToExit();
    await rm(this.#directory, { recursive: true, force: true });
    this.#directory = undefined;
  }

  get #controlPath(): string {
    return join(this.#directory ?? "", "s");
  }

  async #reuseOrMake(): Promise<SshConnection> {
    if (this.#directory !== undefined && (await answers(this.#controlPath))) {
      return { controlPath: this.#controlPath };
    }
    this.#directory ??= await makePrivateDirectory();
    // A socket nobody answers on would keep ssh from making a new one.
    await rm(this.#controlPath, { force: true });
    return await this.#make();
  }

  async #make(): Promise<SshConnection> {
    const [program = "ssh", ...options] = this.#words(true);
    const stderr = new BoundedOutput(64 * 1024);
    const child = startChild(program, [...options, "-f", "-N", ...this.#login()], {
      env: childEnvironment({}),
      onStderr: (chunk) => stderr.append(chunk),
    });
    const limit = { passed: false };
    // ssh's own limit is for each address and each step; this one is for the whole.
    const callOff = this.#clock.after(this.#settings.connectTimeoutMs * 2, () => {
      limit.passed = true;
      void terminate(child, 500, this.#clock);
    });
    // With -f it ends when the login has succeeded, and leaves the connection in the background.
    const { status, error } = await child.left;
    callOff();
    if (status === 0 && (await answers(this.#controlPath))) {
      return { controlPath: this.#controlPath };
    }
    if (error !== undefined)
      return { trouble: troubleOf("ssh-failed", this.#endpoint, error.message) };
    await child.exited;
    if (limit.passed) return { trouble: troubleOf("timeout", this.#endpoint) };
    const trouble =
      classify(status === 0 ? 255 : status, stderr.text(), this.#endpoint) ??
      troubleOf("ssh-failed", this.#endpoint, stderr.text());
    return { trouble };
  }

  async #tellToExit(): Promise<void> {
    const [program = "ssh", ...options] = this.#words(false);
    await ask(program, [...options, "-O", "exit", ...this.#login()], {
      env: childEnvironment({}),
      limitMs: 5000,
      clock: this.#clock,
    });
  }

  #words(master: boolean): string[] {
    return sshWords(this.#settings, this.#endpoint, { controlPath: this.#controlPath, master });
  }

  #login(): string[] {
    const { user, host } = this.#endpoint;
    return [...(user === undefined ? [] : ["-l", user]), "--", host];
  }
}

/** True when somebody listens on the socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** For this user alone (mkdtemp makes it 0700), and short enough for a socket's name. */
async function makePrivateDirectory(): Promise<string> {
  const name = "treecast-ssh-";
  const runtime = process.env["XDG_RUNTIME_DIR"];
  const fits = (base: string) => join(base, `${name}XXXXXX`, "s").length <= LONGEST_SOCKET_PATH;
  const bases = [...(runtime === undefined ? [] : [runtime]), tmpdir(), "/tmp"].filter(fits);
  for (const base of bases) {
    try {
      return await mkdtemp(join(base, name));
    } catch {
      // Not ours to write to: the next one.
    }
  }
  return await mkdtemp(join("/tmp", name));
}

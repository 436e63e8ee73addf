/**
 * Opens sessions to one target and has them carry lists: password, ssh connection and environment
 * are its business. How many sessions there are, and what follows from an outcome, is not.
 */
import { realpathSync } from "node:fs";
import { rsyncArguments } from "../filter/filter.js";
import type { Clock } from "../model/clock.js";
import type { RelativePath } from "../model/path.js";
import { argumentText, destination } from "./destination.js";
import type { Ending, Run } from "./run.js";
import { runFrom } from "./run.js";
import { childEnvironment, passwordEnvironment } from "./secret.js";
import { Session } from "./session.js";
import type { RsyncSettings } from "./settings.js";
import { SshMaster, type SshConnection } from "./ssh-master.js";
import type { Trouble } from "./trouble.js";

export type Opened = { readonly session: Session } | { readonly trouble: Trouble };

export interface OpenOptions {
  /** Where the list begins; the source unless it is said. */
  readonly cwd?: string;
  readonly silenceLimitMs?: number;
  readonly onReady?: () => void;
  readonly onLine?: (line: string) => boolean;
}

export class Courier {
  readonly settings: RsyncSettings;
  readonly #clock: Clock;
  readonly #cwd: string;
  /** The source as rsync calls it in its messages: by its real path. */
  readonly #shownSource: string;
  readonly #master: SshMaster | undefined;
  readonly #sparesExcluded: boolean;

  /** Throws a Fault where the settings name something no program can be given. */
  constructor(settings: RsyncSettings, clock: Clock) {
    const { endpoint, source, filter } = settings;
    this.settings = settings;
    this.#clock = clock;
    this.#cwd = argumentText(source);
    this.#shownSource = realPathOf(source);
    destination(settings);
    this.#master = endpoint.kind === "ssh" ? new SshMaster(settings, endpoint, clock) : undefined;
    this.#sparesExcluded = filter !== undefined && rsyncArguments(filter).length > 0;
  }

  /** The shared ssh connection; undefined for other targets. */
  async connect(): Promise<SshConnection | undefined> {
    return await this.#master?.connect();
  }

  async open(
    args: (controlPath: string | undefined) => string[],
    { cwd, silenceLimitMs, ...listeners }: OpenOptions = {},
  ): Promise<Opened> {
    const { endpoint, program, connectTimeoutMs, timeoutMs } = this.settings;
    const connection = await this.connect();
    if (connection !== undefined && "trouble" in connection) return connection;
    const password = await passwordEnvironment(this.settings);
    if ("trouble" in password) return password;
    const session = new Session(
      {
        program,
        args: args(connection?.controlPath),
        env: childEnvironment(password.environment),
        cwd: cwd ?? this.#cwd,
        endpoint,
        // A little more than rsync's own limit, whose words say more.
        openLimitMs: connectTimeoutMs + 2000,
        silenceLimitMs: silenceLimitMs ?? timeoutMs * 1.5 + 2000,
        ...listeners,
      },
      this.#clock,
    );
    return { session };
  }

  /** Runs a list on a session; an abort kills the session before it rejects. */
  async carry(
    session: Session,
    names: readonly RelativePath[],
    signal: AbortSignal | undefined,
  ): Promise<Ending> {
    const stop = () => void session.kill("killed");
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted === true) stop();
    const ending = await session.run(names);
    signal?.removeEventListener("abort", stop);
    signal?.throwIfAborted();
    return ending;
  }

  /**
   * `names` are those that error lines may speak of. What is excluded survives the deletion of a
   * directory around it, unless that is said to be otherwise.
   */
  judge(
    ending: Ending,
    names: readonly RelativePath[],
    { sparesExcluded = this.#sparesExcluded } = {},
  ): Run {
    return runFrom(ending, names, {
      endpoint: this.settings.endpoint,
      source: this.#shownSource,
      sparesExcluded,
    });
  }

  async close(): Promise<void> {
    await this.#master?.close();
  }
}

function realPathOf(path: string): string {
  try {
    return realpathSync(Buffer.from(path, "latin1"), { encoding: "latin1" });
  } catch {
    return path; // it is gone: every run will say so
  }
}

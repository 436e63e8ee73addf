/**
 * One rsync process, opened before it is needed: connected, authenticated, waiting for its list.
 *
 * Law: a session carries one list. An empty list retires it; a list that was begun is either written
 * to its end or the process is killed, because half a name would be another name.
 */
import { existsSync, readFileSync } from "node:fs";
import type { Clock } from "../model/clock.js";
import type { Endpoint } from "../model/endpoint.js";
import type { RelativePath } from "../model/path.js";
import type { Child } from "./child.js";
import { BoundedOutput, startChild, terminate } from "./child.js";
import type { Ending } from "./run.js";
import { startTrouble } from "./run.js";
import type { Trouble } from "./trouble.js";
import { troubleOf } from "./trouble.js";

export interface SessionOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The source root as the system knows it. */
  readonly cwd: string;
  readonly endpoint: Endpoint;
  readonly openLimitMs: number;
  /** A running session that shows no sign of life for so long is ended. */
  readonly silenceLimitMs: number;
  /** Sees each line of standard output (latin1); true where it is taken and need not be kept. */
  onLine?(line: string): boolean;
  onReady?(): void;
}

/**
 * A daemon without `socket options = TCP_NODELAY` keeps its last words of the opening back until ours
 * are acknowledged, which the kernel does after 40 ms; a list handed over before waits as long.
 */
const SETTLING_MS = 45;

export type SessionState = "opening" | "ready" | "running" | "ended";

/** What rsync prints when it turns to its list: the sign that everything before has succeeded. */
const READY = /^(?:building file list|sending incremental file list)/;

/** Some thousands of error lines: enough for every name of a batch. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

const TERM_GRACE_MS = 2000;

/** A connection that slept for so long may have been forgotten by something on the way … */
const LONG_SLEEP_MS = 20_000;
/** … and then the first answer, which takes milliseconds otherwise, is not waited for longer. */
const FIRST_WORD_MS = 15_000;

export class Session {
  readonly openedAt: number;
  /** ms from start to readiness; undefined before. */
  openTookMs: number | undefined;
  /** Resolves when it stands ready, or has ended before. */
  readonly opened: Promise<void>;
  /** How it ended; never rejects. */
  readonly ended: Promise<Ending>;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #child: Child;
  readonly #stdout = new BoundedOutput(MAX_OUTPUT_BYTES);
  readonly #stderr = new BoundedOutput(MAX_OUTPUT_BYTES);
  #state: SessionState = "opening";
  #listAt: number | undefined;
  #trouble: Trouble | undefined;
  #partialLine = "";
  #markOpened: () => void = () => undefined;
  #callOffWatch: () => void;
  /** True as long as the other end has said nothing to the list. */
  #listIsUnread: (moved: BytesMoved) => boolean = () => false;

  constructor(options: SessionOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.openedAt = clock.now();
    this.opened = new Promise((resolve) => (this.#markOpened = resolve));
    this.#child = startChild(options.program, options.args, {
      cwd: options.cwd,
      env: options.env,
      stdin: "pipe",
      onStdout: (chunk) => this.#hear(chunk),
      onStderr: (chunk) => this.#stderr.append(chunk),
    });
    // rsync has its own limit for connecting; ours is for what that one does not cover.
    this.#callOffWatch = clock.after(options.openLimitMs, () => this.#giveUp());
    this.ended = this.#child.exited.then(({ status, signal, error }) => {
      this.#callOffWatch();
      this.#state = "ended";
      if (this.#partialLine !== "") this.#keep(this.#partialLine);
      this.#markOpened();
      const trouble =
        error === undefined || this.#child.pid !== undefined
          ? this.#trouble
          : startTrouble(error, existsSync(options.cwd), options.endpoint);
      return {
        status,
        signal,
        ...(trouble === undefined ? {} : { trouble }),
        stdout: this.#stdout.text(),
        stderr: this.#stderr.text(),
        cut: this.#stderr.cut || this.#stdout.cut,
        tookMs: clock.now() - (this.#listAt ?? this.openedAt),
      };
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Hands over the list. An opening session takes it, too: it is read when the way is open. */
  run(names: readonly RelativePath[]): Promise<Ending> {
    this.#listAt = this.#clock.now();
    if (this.#state === "ended") return this.ended;
    // It may have announced itself and not be called ready yet.
    const hasOpened = this.openTookMs !== undefined;
    this.#state = "running";
    // Every name begins with ./ so that none is taken for a comment (# and ;) or an option.
    const list = names.map((name) => `./${name}\0`).join("");
    if (hasOpened && this.#listAt - this.openedAt > LONG_SLEEP_MS) {
      const answeredAbove = bytesMoved(this.#child.pid).read + list.length;
      this.#listIsUnread = ({ read }) => read <= answeredAbove;
    }
    this.#child.stdin?.end(Buffer.from(list, "latin1"));
    if (hasOpened) this.#watchSilence();
    return this.ended;
  }

  /** Lets a waiting session go: an empty list ends it with 0. */
  retire(): void {
    if (this.#state === "ended" || this.#state === "running") return;
    void this.run([]);
  }

  /** Ends it and all its processes now. */
  async kill(kind?: "timeout" | "killed"): Promise<void> {
    if (kind !== undefined) this.#trouble ??= troubleOf(kind, this.#options.endpoint);
    await terminate(this.#child, TERM_GRACE_MS, this.#clock);
  }

  #hear(chunk: Buffer): void {
    const lines = (this.#partialLine + chunk.toString("latin1")).split("\n");
    this.#partialLine = lines.pop() ?? "";
    for (const line of lines) this.#keep(line);
    // The announcement may stand alone, its line to be ended when the list has been read.
    if (READY.test(this.#partialLine)) this.#announce();
  }

  #keep(line: string): void {
    if (READY.test(line)) this.#announce();
    else if (this.#options.onLine?.(line) !== true) {
      this.#stdout.append(Buffer.from(`${line}\n`, "latin1"));
    }
  }

  #announce(): void {
    if (this.openTookMs !== undefined) return;
    this.openTookMs = this.#clock.now() - this.openedAt;
    this.#callOffWatch();
    this.#markOpened();
    if (this.#state === "opening") {
      const settlingMs = this.#options.endpoint.kind === "module" ? SETTLING_MS : 0;
      this.#clock.after(settlingMs, () => this.#stand());
    } else if (this.#state === "running") {
      this.#watchSilence();
    }
  }

  /** The other end can read a list at once. */
  #stand(): void {
    if (this.#state !== "opening") return;
    this.openTookMs = this.#clock.now() - this.openedAt;
    this.#state = "ready";
    this.#options.onReady?.();
  }

  /** Ends a running session when nothing has come from its other end for too long. */
  #watchSilence(): void {
    const { silenceLimitMs } = this.#options;
    const untouched = this.#listIsUnread;
    let last = bytesMoved(this.#child.pid);
    let since = this.#clock.now();
    const look = (): void => {
      if (this.#state !== "running") return;
      const now = this.#clock.now();
      const moved = bytesMoved(this.#child.pid);
      if (isProgress(last, moved)) {
        last = moved;
        since = now;
      }
      const limitMs = untouched(moved) ? FIRST_WORD_MS : silenceLimitMs;
      if (now - since >= Math.min(limitMs, silenceLimitMs)) this.#giveUp();
      else this.#callOffWatch = this.#clock.after(everyMs, look);
    };
    const everyMs = Math.min(silenceLimitMs, FIRST_WORD_MS) / 4;
    this.#callOffWatch = this.#clock.after(everyMs, look);
  }

  #giveUp(): void {
    void this.kill("timeout");
  }
}

interface BytesMoved {
  /** From files and from the other end. */
  readonly read: number;
  readonly written: number;
}

/**
 * rsync's own time-out takes its own signs of life for progress, so it never ends a run whose other
 * end went silent after everything was written. Such a sign is 4 bytes, twice within the time-out; so
 * a little writing proves nothing, while every byte read does.
 */
function isProgress(before: BytesMoved, now: BytesMoved): boolean {
  return now.read > before.read || now.written > before.written + 256;
}

/** Of the process itself (proc_pid_io(5)); zeros when it is gone. */
function bytesMoved(pid: number | undefined): BytesMoved {
  try {
    const text = readFileSync(`/proc/${pid ?? 0}/io`, "latin1");
    const [, read, written] = /rchar: (\d+)\nwchar: (\d+)/.exec(text) ?? [];
    return { read: Number(read ?? 0), written: Number(written ?? 0) };
  } catch {
    return { read: 0, written: 0 };
  }
}

/**
 * Watches a directory tree: every change below a root, told in batches, with gaps where something
 * was lost. What was there before is not told; whoever starts a watch compares afterwards.
 *
 * It works in a thread of its own, so that a busy owner loses nothing. When the thread dies it is
 * started again, and the gap is told.
 */
import { extname } from "node:path";
import type { Changes, Coverage, Gap } from "../model/change.js";
import { systemClock } from "../model/clock.js";
import { Fault } from "../model/fault.js";
import type { FaultCode } from "../model/fault.js";
import type { RelativePath } from "../model/path.js";
import type { WantedWatcher, WatcherChoice } from "../model/watcher.js";
import type { WatchEvent } from "./counted-events.js";
import type { ReaderCommand, ReaderMessage, WatchNotice } from "./messages.js";
import { ReaderThread } from "./reader-thread.js";
import type { RootIdentity } from "./root-guard.js";
import { watcherNotice } from "./watcher-notice.js";

export { WATCH_EVENTS } from "./counted-events.js";
export type { WatchEvent } from "./counted-events.js";
export type { WatchNotice } from "./messages.js";
export type { RootIdentity } from "./root-guard.js";
export type { WantedWatcher, WatcherChoice } from "../model/watcher.js";

export interface WatchSettings {
  /** Absolute, latin1. */
  readonly root: string;
  /** Filter rules as text; what they exclude is neither watched nor told. */
  readonly rules: readonly string[];
  /**
   * A directory that is renamed within the tree is told as a `Move`, where that is known for
   * certain, and not what lies in it; a file besides. False: it is told as new with everything in
   * it. Standard: true.
   */
  readonly moves?: boolean;
  /**
   * Which events count; what is left out is not told, and a directory whose arrival is left out is
   * not watched. A gap is for everything, and so is what a scan finds. Standard: all.
   */
  readonly events?: readonly WatchEvent[] | undefined;
  /**
   * Who hears the tree. `fanotify` hears the whole file system and starts at once, whatever the size
   * of the tree; it falls back to inotify where it does not serve. `auto` takes it only where the
   * root is a file system of its own. Standard: auto.
   */
  readonly source?: WantedWatcher | undefined;
  /**
   * The shortest pause between scans of what cannot be watched. It grows with what a scan costs,
   * and while scans find nothing.
   */
  readonly scanIntervalMs?: number;
}

export const defaultScanIntervalMs = 5_000;

/** Called on the owner's thread, in the order things were noticed. */
export interface WatchListener {
  changes(changes: Changes): void;
  /** Told when the tree below is watched again, so that a comparison started now misses nothing. */
  gap(gap: Gap): void;
  /**
   * Lost: gone, replaced by another directory, or unmounted. Deletions seen together with the loss
   * are not told. After "returned" the tree is watched anew and a gap "root-returned" follows.
   */
  root(state: "lost" | "returned", reason: string): void;
  /** After the start, and when it has changed, once a second at most. */
  coverage(coverage: Coverage): void;
  /** Who hears the tree: at the start, and whenever its root is entered anew. */
  watcher?(choice: WatcherChoice): void;
  /** Something a person should know. */
  notice?(notice: WatchNotice): void;
}

export interface DrainOptions {
  /** Also scan what cannot be watched. Standard: true. */
  readonly scan?: boolean;
}

export interface TreeWatch extends AsyncDisposable {
  /** Who hears the tree now, and why; undefined before it is heard for the first time. */
  readonly watcher: WatcherChoice | undefined;
  readonly coverage: Coverage;
  /** The directory that is watched; another one after the root was lost and has returned. */
  readonly rootIdentity: RootIdentity;
  /**
   * Resolves when everything that happened before the call, gaps included, has been told to the
   * listener, and `coverage` is of that moment.
   *
   * With `scan`, what is not watched or not heard has been scanned after the call, so this holds
   * for all of the tree. Without, it holds for what is watched and heard, and nothing is promised
   * where `coverage.unwatched` counts: what was seen there by looking may not have been told yet,
   * and will be by a later scan. It waits for a scan that is under way, but starts none.
   */
  drain(options?: DrainOptions, signal?: AbortSignal): Promise<void>;
  /**
   * The owner has found a difference at this path that the watch was silent about after a drain.
   * The place is scanned from now on: the whole of a file system that lies on others or that we do
   * not know, on a local disk the directory alone (a memory map, another hard link). A gap "unheard"
   * follows once for each, when its first scan is done. Repeating it is harmless.
   */
  unheard(path: RelativePath): void;
  /** The last raw events, oldest first, for bug reports. */
  recent(): Promise<string[]>;
  /** Resolves when nothing more is told and everything is released. Repeating it is harmless. */
  close(): Promise<void>;
}

/**
 * Resolves when the whole tree is watched; changes that happen meanwhile are told already. The
 * signal gives up the start. Rejects with a Fault: ROOT_MISSING, or WATCH_LIMIT when no inotify
 * instance is left.
 */
export async function startWatch(
  settings: WatchSettings,
  listener: WatchListener,
  signal?: AbortSignal,
): Promise<TreeWatch> {
  return await startWatchWith(ENTRY, settings, listener, signal);
}

/** The file beside this one, and of its kind: built, or a source that is run as it is. */
const ENTRY = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

/** The same with another thread's entry. */
export async function startWatchWith(
  entry: URL,
  settings: WatchSettings,
  listener: WatchListener,
  signal?: AbortSignal,
): Promise<TreeWatch> {
  signal?.throwIfAborted();
  const watch = new RunningWatch(entry, settings, listener);
  try {
    await watch.start(signal);
    return watch;
  } catch (error) {
    await watch.close();
    throw error;
  }
}

/** The pause before a dead reader is started again, doubled each time. */
const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 5_000;
/** A reader that lived this long is healthy: the next death starts from the first pause. */
const HEALTHY_MS = 10_000;

/** More than a reader takes; see reader.ts. */
const MAX_UNHEARD = 1024;

interface Waiting {
  readonly command: ReaderCommand;
  readonly resolve: (lines: readonly string[]) => void;
  readonly reject: (error: unknown) => void;
}

class RunningWatch implements TreeWatch {
  readonly #entry: URL;
  readonly #settings: WatchSettings;
  readonly #listener: WatchListener;
  /** Requests without an answer; a new reader is asked them again. */
  readonly #waiting = new Map<number, Waiting>();
  /** What the owner has found out; a new reader is told it again. */
  readonly #unheard = new Set<RelativePath>();
  readonly #closing = new AbortController();
  #thread: ReaderThread | undefined;
  #startedAt = 0;
  #restartMs = FIRST_RESTART_MS;
  #lastId = 0;
  #coverage: Coverage = { watched: 0, unwatched: 0 };
  #watcher: WatcherChoice | undefined;
  #identity: RootIdentity = { dev: 0n, ino: 0n };
  /** What the running reader said before it ended. */
  #lastFault: Fault | undefined;
  /** Ends the start, either way; undefined when it has ended. */
  #starting: { resolve(): void; reject(error: unknown): void } | undefined;

  constructor(entry: URL, settings: WatchSettings, listener: WatchListener) {
    this.#entry = entry;
    this.#settings = settings;
    this.#listener = listener;
  }

  get coverage(): Coverage {
    return this.#coverage;
  }

  get rootIdentity(): RootIdentity {
    return this.#identity;
  }

  get watcher(): WatcherChoice | undefined {
    return this.#watcher;
  }

  async start(signal: AbortSignal | undefined): Promise<void> {
    const abort = () => this.#starting?.reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.#starting = { resolve, reject };
        this.#startThread(false);
      });
    } finally {
      this.#starting = undefined;
      signal?.removeEventListener("abort", abort);
    }
    this.#listener.coverage(this.#coverage);
  }

  async drain({ scan = true }: DrainOptions = {}, signal?: AbortSignal): Promise<void> {
    await this.#ask((id) => ({ kind: "drain", id, scan }), signal);
  }

  async recent(): Promise<string[]> {
    return [...(await this.#ask((id) => ({ kind: "recent", id })))];
  }

  unheard(path: RelativePath): void {
    if (this.#unheard.size < MAX_UNHEARD) this.#unheard.add(path);
    this.#thread?.command({ kind: "unheard", path });
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("The watch was closed"));
    this.#thread?.stop();
    await this.#thread?.ended;
    for (const { reject } of this.#waiting.values()) reject(this.#closing.signal.reason);
    this.#waiting.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #startThread(isRestart: boolean): void {
    const { root, rules, moves = true, events, source: watcher = "auto" } = this.#settings;
    const { scanIntervalMs = defaultScanIntervalMs } = this.#settings;
    this.#startedAt = systemClock.now();
    this.#thread = new ReaderThread(
      { entry: this.#entry, root, rules, moves, events, watcher, scanIntervalMs, isRestart },
      {
        message: (message) => this.#take(message),
        ended: (error) => this.#threadEnded(error),
      },
    );
    for (const path of this.#unheard) this.#thread.command({ kind: "unheard", path });
    for (const { command } of this.#waiting.values()) this.#thread.command(command);
  }

  #take(message: ReaderMessage): void {
    switch (message.kind) {
      case "changes":
        this.#listener.changes(message.changes);
        break;
      case "gap":
        this.#listener.gap(message.gap);
        break;
      case "coverage":
        this.#coverage = message.coverage;
        this.#listener.coverage(message.coverage);
        break;
      case "watcher":
        this.#takeWatcher(message.choice);
        break;
      case "notice":
        this.#listener.notice?.(message.notice);
        break;
      case "root-lost":
        this.#listener.root("lost", message.reason);
        break;
      case "root-returned":
        this.#identity = message.identity;
        this.#listener.root("returned", message.reason);
        break;
      case "ready":
        this.#takeReady(message.identity, message.coverage);
        break;
      case "failed":
        this.#failed(message.code, message.message, message.hint);
        break;
      case "drained":
        this.#answer(message.id, []);
        break;
      case "recent":
        this.#answer(message.id, message.lines);
        break;
    }
  }

  #takeWatcher(choice: WatcherChoice): void {
    const notice = watcherNotice(choice, this.#watcher, this.#settings.source ?? "auto");
    this.#watcher = choice;
    this.#listener.watcher?.(choice);
    if (notice !== undefined) this.#listener.notice?.(notice);
  }

  #takeReady(identity: RootIdentity, coverage: Coverage): void {
    this.#coverage = coverage;
    this.#identity = identity;
    if (this.#starting === undefined) this.#listener.coverage(coverage);
    else this.#starting.resolve();
  }

  #failed(code: FaultCode, text: string, hint: string | undefined): void {
    const fault = new Fault(code, text, hint === undefined ? {} : { hint });
    if (this.#starting === undefined) this.#lastFault = fault;
    else this.#starting.reject(fault);
  }

  #threadEnded(error: Error | undefined): void {
    if (this.#closing.signal.aborted) return;
    if (this.#starting !== undefined) {
      this.#starting.reject(error ?? new Error("The reader's thread ended before it was ready"));
      return;
    }
    if (systemClock.now() - this.#startedAt > HEALTHY_MS) this.#restartMs = FIRST_RESTART_MS;
    const pauseMs = this.#restartMs;
    const reason = (error ?? this.#lastFault)?.message ?? "no reason given";
    this.#lastFault = undefined;
    this.#restartMs = Math.min(LONGEST_RESTART_MS, 2 * this.#restartMs);
    this.#listener.notice?.({
      kind: "reader-restarted",
      level: "error",
      text:
        `The thread that reads the kernel's events ended: ${reason}. ` +
        `It is started again in ${pauseMs} ms, and the source compared`,
    });
    this.#restartAfter(pauseMs);
  }

  #restartAfter(pauseMs: number): void {
    systemClock.sleep(pauseMs, this.#closing.signal).then(
      () => {
        try {
          this.#startThread(true);
        } catch (error) {
          // No inotify instance is left just now: as good as dead at once.
          this.#threadEnded(error instanceof Error ? error : new Error(String(error)));
        }
      },
      () => undefined,
    );
  }

  #ask(
    commandWith: (id: number) => ReaderCommand,
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    const { signal: closing } = this.#closing;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      closing.throwIfAborted();
      const id = ++this.#lastId;
      const abort = () => {
        this.#waiting.delete(id);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's
        reject(signal?.reason);
      };
      const finish = () => signal?.removeEventListener("abort", abort);
      signal?.addEventListener("abort", abort, { once: true });
      const command = commandWith(id);
      this.#waiting.set(id, {
        command,
        resolve: (lines) => {
          finish();
          resolve(lines);
        },
        reject: (error) => {
          finish();
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- always an Error
          reject(error);
        },
      });
      this.#thread?.command(command);
    });
  }

  #answer(id: number, lines: readonly string[]): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.resolve(lines);
  }
}

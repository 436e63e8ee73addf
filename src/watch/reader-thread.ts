/**
 * One life of a reader: its descriptors, its thread, the port between. When the thread has ended,
 * however it ended, all of it is released.
 */
import { MessageChannel, Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { openEventfd, wake } from "../kernel/eventfd.js";
import { openFanotify } from "../kernel/fanotify.js";
import { openInotify } from "../kernel/inotify.js";
import { closeLater, Errno, libc } from "../kernel/libc.js";
import type { WantedWatcher } from "../model/watcher.js";
import type { WatchEvent } from "./counted-events.js";
import { Control, CONTROL_BYTES } from "./messages.js";
import type { ReaderCommand, ReaderMessage, ReaderSetup } from "./messages.js";

export interface ThreadSettings {
  readonly root: string;
  readonly rules: readonly string[];
  readonly moves: boolean;
  readonly watcher: WantedWatcher;
  readonly events: readonly WatchEvent[] | undefined;
  readonly scanIntervalMs: number;
  readonly isRestart: boolean;
  /** The module the thread runs. */
  readonly entry: URL;
}

export interface ThreadListener {
  message(message: ReaderMessage): void;
  /** Called once, last. An error is what the thread died of; none when it ended by itself. */
  ended(error: Error | undefined): void;
}

/**
 * `process.exit()` joins every thread, and one that sleeps in poll(2) would never come: they are
 * all told to stop before.
 */
const running = new Set<ReaderThread>();
let stopsAtExit = false;

export class ReaderThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #control: Int32Array;
  readonly #inotify: number;
  /** Negative where there is none. */
  readonly #fanotify: number;
  readonly #eventfd: number;
  readonly #ended: Promise<void>;
  #isReleased = false;

  /** Throws a Fault (WATCH_LIMIT) when no inotify instance is to be had. */
  constructor(settings: ThreadSettings, listener: ThreadListener) {
    const control = new SharedArrayBuffer(CONTROL_BYTES);
    this.#control = new Int32Array(control);
    this.#inotify = openInotify();
    // What cannot be had is no fault: inotify serves in its place.
    this.#fanotify = settings.watcher === "inotify" ? -Errno.EPERM : openFanotify();
    this.#eventfd = openEventfdBeside([this.#inotify, this.#fanotify]);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const { entry, ...rest } = settings;
    const setup: ReaderSetup = {
      ...rest,
      inotify: this.#inotify,
      fanotify: this.#fanotify,
      eventfd: this.#eventfd,
      port: port2,
      control,
    };
    this.#port.on("message", (message: ReaderMessage) => {
      if (message.kind === "changes") Atomics.add(this.#control, Control.TAKEN, 1);
      listener.message(message);
    });
    // The port closes when its other end has gone with the thread; messages on the way come first.
    const portClosed = new Promise<void>((resolve) => this.#port.once("close", resolve));
    this.#worker = new Worker(entry, {
      workerData: setup,
      transferList: [port2],
      name: "treecast-watch",
    });
    running.add(this);
    stopAllAtExit();
    this.#ended = this.#untilEnd(listener, portClosed);
  }

  /** Commands are answered in order; those given after the thread's end never are. */
  command(command: ReaderCommand): void {
    this.#port.postMessage(command);
    this.#wake();
  }

  /** Asks the thread to end; changes it holds are delivered before. Repeating it is harmless. */
  stop(): void {
    Atomics.store(this.#control, Control.STOP, 1);
    this.#wake();
  }

  /** Resolves when the thread has ended and everything is released. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Its number may belong to another file by now: to write there would destroy what is in it. */
  #wake(): void {
    if (!this.#isReleased) wake(this.#eventfd);
  }

  async #untilEnd(listener: ThreadListener, portClosed: Promise<void>): Promise<void> {
    let cause: Error | undefined;
    this.#worker.on("error", (error: unknown) => {
      cause ??= error instanceof Error ? error : new Error(String(error));
    });
    await new Promise<void>((resolve) => {
      this.#worker.once("exit", (status) => {
        if (status !== 0) cause ??= new Error(`The reader's thread ended with ${status}`);
        resolve();
      });
    });
    running.delete(this);
    await portClosed;
    this.#isReleased = true;
    libc.close(this.#eventfd);
    listener.ended(cause);
    // A descriptor with 100,000 watches takes a tenth of a second to close.
    await closeLater(this.#inotify);
    if (this.#fanotify >= 0) await closeLater(this.#fanotify);
  }
}

function openEventfdBeside(others: readonly number[]): number {
  try {
    return openEventfd();
  } catch (error) {
    for (const descriptor of others) if (descriptor >= 0) libc.close(descriptor);
    throw error;
  }
}

function stopAllAtExit(): void {
  if (stopsAtExit) return;
  stopsAtExit = true;
  process.on("exit", () => {
    for (const thread of running) thread.stop();
  });
}

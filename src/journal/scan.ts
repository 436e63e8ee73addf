/**
 * One scan, seen from its owner: threads that compare the tree with the index, and the directories
 * handed from those that have many to those that have none.
 *
 * It begins with one thread; more are started when there is something to hand on.
 */
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { RelativePath } from "../model/path.js";
import type { ScanOptions, ScanProgress, ScanResult } from "./journal.js";
import { Scan, SCAN_BYTES } from "./messages.js";
import type { ScannerCommand, ScannerMessage, ScannerSetup } from "./messages.js";
import { fromPlain } from "./plain-error.js";
// Loaded here first: the library that its threads call into must outlive them.
import "../kernel/libc.js";

export interface ScanSettings {
  /** The journal's database. */
  readonly file: string;
  readonly rules: readonly string[];
  /** Takes the end of a channel on which a thread writes rows. */
  readonly serveRows: (port: MessagePort) => void;
  /** The files were found to be damaged. */
  readonly damaged: (reason: string) => void;
  /** How many entries are likely to be found. */
  readonly expected: () => Promise<number>;
}

const PROGRESS_MS = 200;
/** Beyond a few threads the kernel's own locks are what takes time. */
const MOST_THREADS = 4;

const ENTRY = new URL(`./scanner-thread${extname(import.meta.url)}`, import.meta.url);

/** The signal ends it soon; it rejects with its reason when all threads have ended. */
export async function runScan(
  settings: ScanSettings,
  path: RelativePath,
  options: ScanOptions,
  signal: AbortSignal,
): Promise<ScanResult> {
  signal.throwIfAborted();
  const startedAt = performance.now();
  const threads = new ScanThreads(settings, options);
  const abort = () => threads.fail(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const endProgress = reportProgress(threads, settings.expected, options);
  try {
    const { differences, unread } = await threads.run(path);
    const tookMs = performance.now() - startedAt;
    return { seen: threads.seen, differences, unread, tookMs };
  } finally {
    endProgress();
    signal.removeEventListener("abort", abort);
  }
}

function reportProgress(
  threads: ScanThreads,
  expecting: () => Promise<number>,
  options: ScanOptions,
): () => void {
  if (options.onProgress === undefined) return () => undefined;
  let expected = 0;
  expecting().then(
    (count) => (expected = count),
    () => undefined,
  );
  const report = () =>
    options.onProgress?.({ seen: threads.seen, expected } satisfies ScanProgress);
  const timer = setInterval(report, PROGRESS_MS);
  return () => {
    clearInterval(timer);
    report();
  };
}

interface Thread {
  readonly port: MessagePort;
  readonly ended: Promise<void>;
  isIdle: boolean;
}

interface Totals {
  differences: number;
  unread: number;
}

class ScanThreads {
  readonly #settings: ScanSettings;
  readonly #options: ScanOptions;
  readonly #shared = new SharedArrayBuffer(SCAN_BYTES);
  readonly #numbers = new Int32Array(this.#shared);
  readonly #threads: Thread[] = [];
  readonly #most = Math.min(MOST_THREADS, availableParallelism());
  /** Directories for threads without work. */
  readonly #spare: RelativePath[] = [];
  readonly #totals: Totals = { differences: 0, unread: 0 };
  readonly #finished: Promise<void>;
  #finish: () => void = () => undefined;
  #failure: { readonly reason: unknown } | undefined;
  /** One batch of differences is told at a time. */
  #telling: Promise<void> = Promise.resolve();

  constructor(settings: ScanSettings, options: ScanOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#finished = new Promise((resolve) => (this.#finish = resolve));
    // Threads that are not started yet have nothing to do either.
    Atomics.store(this.#numbers, Scan.IDLE, this.#most);
  }

  get seen(): number {
    return Atomics.load(this.#numbers, Scan.SEEN);
  }

  get #isStopped(): boolean {
    return Atomics.load(this.#numbers, Scan.STOP) !== 0;
  }

  async run(path: RelativePath): Promise<Totals> {
    this.#start({ kind: "begin", path });
    await this.#finished;
    Atomics.store(this.#numbers, Scan.STOP, 1);
    for (const { port } of this.#threads) command(port, { kind: "stop" });
    await Promise.all(this.#threads.map(({ ended }) => ended));
    if (this.#failure !== undefined) throw this.#failure.reason;
    return this.#totals;
  }

  /** The first cause is the cause. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#finish();
  }

  #start(work: ScannerCommand): void {
    const { file, rules } = this.#settings;
    const { port1: port, port2 } = new MessageChannel();
    const rows = new MessageChannel();
    this.#settings.serveRows(rows.port1);
    const setup: ScannerSetup = {
      file,
      root: this.#options.root,
      rules,
      fill: this.#options.fill,
      port: port2,
      rows: rows.port2,
      shared: this.#shared,
    };
    const worker = new Worker(ENTRY, {
      workerData: setup,
      transferList: [port2, rows.port2],
      name: "treecast-scan",
    });
    worker.on("error", (error) => this.fail(error));
    const ended = new Promise<void>((resolve) => {
      worker.once("exit", () => {
        if (!this.#isStopped) this.fail(new Error("A scanning thread has ended"));
        resolve();
      });
    });
    const thread: Thread = { port, ended, isIdle: false };
    this.#threads.push(thread);
    port.on("message", (message: ScannerMessage) => this.#take(thread, message));
    Atomics.sub(this.#numbers, Scan.IDLE, 1);
    command(port, work);
  }

  #take(thread: Thread, message: ScannerMessage): void {
    switch (message.kind) {
      case "differences":
        this.#tell(thread, message.paths, message.kinds);
        break;
      case "spare":
        for (const path of message.paths) this.#spare.push(path);
        this.#handOn();
        break;
      case "idle":
        thread.isIdle = true;
        this.#totals.differences += message.differences;
        this.#totals.unread += message.unread;
        Atomics.add(this.#numbers, Scan.IDLE, 1);
        this.#handOn();
        if (this.#threads.every(({ isIdle }) => isIdle)) this.#finish();
        break;
      case "failed":
        if (message.isDamage) this.#settings.damaged(message.error.message);
        this.fail(fromPlain(message.error));
        break;
    }
  }

  #handOn(): void {
    const idle = this.#threads.filter(({ isIdle }) => isIdle);
    let takers = idle.length + (this.#most - this.#threads.length);
    while (this.#spare.length > 0 && takers > 0) {
      const paths = this.#spare.splice(0, Math.ceil(this.#spare.length / takers--));
      const thread = idle.pop();
      if (thread === undefined) this.#start({ kind: "directories", paths });
      else {
        thread.isIdle = false;
        command(thread.port, { kind: "directories", paths });
      }
    }
  }

  #tell(thread: Thread, paths: ScannerTold["paths"], kinds: ScannerTold["kinds"]): void {
    this.#telling = this.#telling
      .then(async () => {
        if (this.#failure === undefined) await this.#options.onDifferences?.(paths, kinds);
      })
      .then(
        () => command(thread.port, { kind: "taken" }),
        (error: unknown) => this.fail(error),
      );
  }
}

type ScannerTold = Extract<ScannerMessage, { kind: "differences" }>;

function command(port: MessagePort, what: ScannerCommand): void {
  port.postMessage(what);
}

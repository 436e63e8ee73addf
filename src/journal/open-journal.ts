/**
 * A journal in use, seen from its owner's thread, which only sends messages: see journal.ts for what
 * it promises. Should its writing thread die, another one takes its place.
 */
import { join } from "node:path";
import { systemClock } from "../model/clock.js";
import type { RelativePath } from "../model/path.js";
import type {
  Counted,
  Debt,
  DebtChange,
  Journal,
  JournalSettings,
  Memories,
  Origin,
  ScanOptions,
  ScanResult,
  Sighting,
} from "./journal.js";
import type { Opened, RequestKind, Requests } from "./messages.js";
import { JOURNAL_FILE } from "./opening.js";
import { runScan, type ScanSettings } from "./scan.js";
import { threadGone, WriterHandle } from "./writer-handle.js";

/**
 * Opens the journal of a source, or begins it. Rejects with a Fault (STATE_UNUSABLE) where none can
 * be had.
 */
export async function openJournal(settings: JournalSettings): Promise<Journal> {
  const journal = new RunningJournal(settings);
  try {
    await journal.open();
    return journal;
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/** The pause before a dead thread is started again, doubled each time it fails. */
const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 30_000;
/** A thread that lived this long is healthy: the next death starts from the first pause. */
const HEALTHY_MS = 60_000;

type TroubleListener = Parameters<Journal["onTrouble"]>[0];

class RunningJournal implements Journal {
  readonly #settings: JournalSettings;
  readonly #closing = new AbortController();
  readonly #scans = new Set<Promise<unknown>>();
  readonly #troubleListeners: TroubleListener[] = [];
  readonly #resetListeners: (() => void)[] = [];
  /** Undefined while a dead one is not replaced yet. */
  #writer: WriterHandle | undefined;
  #opened: Opened | undefined;
  #hasIndex: boolean;
  /** How often the journal was begun anew since it was opened. */
  #epoch = 0;
  /** Aborted when what was read so far is worth nothing. */
  #life = new AbortController();
  #restartMs = FIRST_RESTART_MS;
  #startedAt = 0;
  #restarting: Promise<void> = Promise.resolve();

  constructor(settings: JournalSettings) {
    this.#settings = settings;
    this.#hasIndex = settings.index;
  }

  async open(): Promise<void> {
    this.#opened = await this.#start(false);
  }

  get origin(): Origin {
    return this.#known.origin;
  }

  get memories(): Memories {
    return this.#known.memories;
  }

  get owedAtStart(): ReadonlyMap<string, number> {
    return this.#known.owed;
  }

  get hasIndex(): boolean {
    return this.#hasIndex;
  }

  onTrouble(listener: TroubleListener): void {
    this.#troubleListeners.push(listener);
  }

  onReset(listener: () => void): void {
    this.#resetListeners.push(listener);
  }

  async look(
    root: string,
    paths: readonly RelativePath[],
    subtrees: readonly RelativePath[],
  ): Promise<Sighting> {
    return await this.#ask<"look">({ kind: "look", root, paths, subtrees });
  }

  async commit(debts: readonly DebtChange[], memories: Memories = {}): Promise<void> {
    await this.#ask<"commit">({ kind: "commit", epoch: this.#epoch, debts, memories });
  }

  async discard(): Promise<void> {
    await this.#ask<"discard">({ kind: "discard" });
  }

  async scan(path: RelativePath, options: ScanOptions, signal?: AbortSignal): Promise<ScanResult> {
    const { directory, rules } = this.#settings;
    const epoch = this.#epoch;
    const settings: ScanSettings = {
      file: join(directory, JOURNAL_FILE),
      rules,
      serveRows: (port) => {
        // A closed port tells the scanning thread, which ends the scan.
        this.#ask<"serve">({ kind: "serve", port }, [port]).catch(() => port.close());
      },
      damaged: (reason) => {
        this.#ask<"damaged">({ kind: "damaged", epoch, reason }).catch(() => undefined);
      },
      expected: async () => (await this.count([path])).each[0] ?? 0,
    };
    const ends = [this.#life.signal, this.#closing.signal];
    const scope = AbortSignal.any(signal === undefined ? ends : [signal, ...ends]);
    const scan = runScan(settings, path, options, scope);
    this.#scans.add(scan);
    try {
      return await scan;
    } finally {
      this.#scans.delete(scan);
    }
  }

  async debts(
    replica: string,
    after: RelativePath | undefined,
    limit: number,
  ): Promise<readonly Debt[]> {
    return await this.#ask<"debts">({ kind: "debts", replica, after, limit });
  }

  async count(paths: readonly RelativePath[]): Promise<Counted> {
    return await this.#ask<"count">({ kind: "count", paths });
  }

  async directories(after: RelativePath | undefined, limit: number) {
    return await this.#ask<"directories">({ kind: "directories", after, limit });
  }

  async close(): Promise<void> {
    this.#closing.abort(threadGone("it was closed"));
    await Promise.allSettled([...this.#scans, this.#restarting]);
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #known(): Opened {
    if (this.#opened === undefined) throw threadGone("it was never opened");
    return this.#opened;
  }

  #ask<K extends RequestKind>(
    request: Requests[K]["ask"],
    transfer: Parameters<WriterHandle["ask"]>[1] = [],
  ): Promise<Requests[K]["answer"]> {
    if (this.#writer === undefined) return Promise.reject(threadGone("not started again yet"));
    return this.#writer.ask<K>(request, transfer);
  }

  async #start(isRestart: boolean): Promise<Opened> {
    const { directory, source, rules, index } = this.#settings;
    const setup = { directory, source, rules, index, epoch: this.#epoch, isRestart };
    let isOpen = false;
    this.#startedAt = systemClock.now();
    const writer = new WriterHandle(setup, {
      trouble: (text) => this.#tellTrouble(text),
      reset: (hasIndex) => this.#reset(hasIndex),
      died: (reason) => {
        if (isOpen) this.#died(reason);
      },
    });
    this.#writer = writer;
    try {
      const opened = await writer.ask<"open">({ kind: "open" });
      isOpen = true;
      return opened;
    } catch (error) {
      this.#writer = undefined;
      await writer.close();
      throw error;
    }
  }

  #died(reason: string): void {
    this.#writer = undefined;
    if (systemClock.now() - this.#startedAt > HEALTHY_MS) this.#restartMs = FIRST_RESTART_MS;
    this.#tellTrouble(threadGone(reason).message);
    this.#restarting = this.#restart();
  }

  async #restart(): Promise<void> {
    for (let pauseMs = this.#restartMs; ; pauseMs = Math.min(LONGEST_RESTART_MS, 2 * pauseMs)) {
      this.#restartMs = Math.min(LONGEST_RESTART_MS, 2 * pauseMs);
      try {
        await systemClock.sleep(pauseMs, this.#closing.signal);
        await this.#start(true);
        this.#tellTrouble(undefined);
        return;
      } catch {
        // The thread, or whoever asks for anything meanwhile, has said why.
        if (this.#closing.signal.aborted) return;
      }
    }
  }

  #reset(hasIndex: boolean): void {
    this.#hasIndex = hasIndex;
    this.#epoch++;
    this.#life.abort(threadGone("its files were damaged, and it was begun anew"));
    this.#life = new AbortController();
    for (const listener of this.#resetListeners) listener();
  }

  #tellTrouble(text: string | undefined): void {
    const trouble = text === undefined ? undefined : { text };
    for (const listener of this.#troubleListeners) listener(trouble);
  }
}

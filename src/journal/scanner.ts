/**
 * What one scanning thread does: it compares directories, deepest first, hands some of those that
 * wait to threads without work, and stops while what it has found is not taken.
 */
import type { MessagePort } from "node:worker_threads";
import { compileFilter } from "../filter/filter.js";
import { readStatus } from "../kernel/statx.js";
import { Kind, type Kinds } from "../model/change.js";
import { ancestorsOf, baseName, parentOf, ROOT } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import {
  absolutePath,
  compareDirectory,
  type ComparisonSettings,
  ENTRIES_AT_ONCE,
  type Findings,
  GONE_ERRORS,
  rootMissing,
} from "./comparison.js";
import type { Database } from "./database.js";
import { IndexReader } from "./index-reader.js";
import { Scan, type RowsAnswer } from "./messages.js";
import type { ScannerCommand, ScannerMessage, ScannerSetup } from "./messages.js";
import { type Appearance, doubtful, isDirectory, isRacy, kindOf, readAppearance } from "./print.js";
import { fromPlain } from "./plain-error.js";
import { RowsInHand } from "./rows-in-hand.js";

/** So many differences are told at a time. */
const DIFFERENCES_AT_ONCE = 2_000;
/** So many rows are written in one transaction: about 15 ms, as a commit may wait for it. */
const ROWS_AT_ONCE = 5_000;
/** So many of those may be under way: one being written while the next is gathered. */
const MOST_ROWS_MESSAGES = 2;
/** A scan that ends sooner needs no second thread: to start one takes about as long. */
const ALONE_MS = 50;

export class Scanner {
  readonly #setup: ScannerSetup;
  readonly #shared: Int32Array;
  readonly #settings: ComparisonSettings;
  readonly #findings: Findings;
  readonly #startedAt = performance.now();
  /** Directories to be compared; the last first, so that few wait at a time. */
  readonly #waiting: RelativePath[] = [];
  #begin: RelativePath | undefined;
  #wake: (() => void) | undefined;
  #failure: Error | undefined;
  #differences = 0;
  #unread = 0;
  #paths: RelativePath[] = [];
  #kinds: Kinds[] = [];
  /** A batch of differences that its taker has not come to the end of. */
  #isTelling = false;
  readonly #rows = new RowsInHand();
  #rowsMessages = 0;

  constructor(setup: ScannerSetup, database: Database) {
    this.#setup = setup;
    this.#shared = new Int32Array(setup.shared);
    const filter = compileFilter(setup.rules);
    const excludes = filter.rules.some(({ action }) => action === "exclude");
    this.#settings = {
      root: setup.root,
      index: new IndexReader(database),
      filter: excludes ? filter : undefined,
    };
    this.#findings = {
      found: (path, now, was) => this.#found(path, now, was),
      gone: (path, was) => this.#gone(path, was),
      excluded: (path) => this.#rows.gone.push(path),
      unread: () => this.#unread++,
      directory: (path) => this.#waiting.push(path),
    };
    setup.port.on("message", (command: ScannerCommand) => this.#take(command));
    this.#follow(setup.rows);
  }

  /** Resolves when it was told to stop; rejects when it cannot go on. */
  async run(): Promise<void> {
    await this.#until(() => this.#hasWork);
    while (!this.#isStopped) {
      const begin = this.#begin;
      this.#begin = undefined;
      if (begin !== undefined) this.#lookAt(begin);
      const directory = this.#waiting.pop();
      if (directory === undefined) await this.#idle();
      else {
        await this.#compare(directory);
        this.#share();
      }
    }
  }

  get #isStopped(): boolean {
    return Atomics.load(this.#shared, Scan.STOP) !== 0;
  }

  get #hasWork(): boolean {
    return this.#waiting.length > 0 || this.#begin !== undefined;
  }

  #take(command: ScannerCommand): void {
    if (command.kind === "begin") this.#begin = command.path;
    else if (command.kind === "directories") this.#waiting.push(...command.paths);
    else if (command.kind === "taken") this.#isTelling = false;
    this.#wake?.();
  }

  #follow(rows: MessagePort): void {
    rows.on("message", (answer: RowsAnswer) => {
      this.#rowsMessages--;
      if (answer !== undefined) this.#failure ??= fromPlain(answer);
      this.#wake?.();
    });
    rows.on("close", () => {
      this.#failure ??= new Error("The journal's writing thread has ended");
      this.#wake?.();
    });
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.#isStopped) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #idle(): Promise<void> {
    await this.#tell();
    await this.#until(() => !this.#isTelling);
    await this.#write();
    await this.#until(() => this.#rowsMessages === 0);
    if (this.#hasWork || this.#isStopped) return;
    this.#say({ kind: "idle", differences: this.#differences, unread: this.#unread });
    this.#differences = 0;
    this.#unread = 0;
    await this.#until(() => this.#hasWork);
    Atomics.sub(this.#shared, Scan.IDLE, 1);
  }

  async #compare(directory: RelativePath): Promise<void> {
    this.#rows.enter(directory);
    const steps = compareDirectory(this.#settings, directory, this.#findings);
    while (true) {
      const step = steps.next();
      if (this.#paths.length >= DIFFERENCES_AT_ONCE - ENTRIES_AT_ONCE) await this.#tell();
      if (this.#rows.count >= ROWS_AT_ONCE) await this.#write();
      if (step.done === true) {
        Atomics.add(this.#shared, Scan.SEEN, step.value);
        return;
      }
      if (this.#isStopped) {
        steps.return(0);
        return;
      }
    }
  }

  /** Hands the uppermost directories on: most lies below them. */
  #share(): void {
    if (this.#waiting.length < 2 || Atomics.load(this.#shared, Scan.IDLE) === 0) return;
    if (performance.now() - this.#startedAt < ALONE_MS) return;
    const paths = this.#waiting.splice(0, this.#waiting.length >> 1);
    this.#say({ kind: "spare", paths });
  }

  /** The entry at which a scan begins: it, and whether it can be reached at all. */
  #lookAt(path: RelativePath): void {
    const { root, index, filter } = this.#settings;
    const was = index.entry(path);
    for (const at of path === ROOT ? [ROOT] : [ROOT, ...ancestorsOf(path), path]) {
      const error = readStatus(absolutePath(root, at));
      if (error !== 0 && at === ROOT) throw rootMissing(root);
      if (error !== 0 && !GONE_ERRORS.has(error)) {
        this.#unread++;
        return;
      }
      const now = error === 0 ? readAppearance(baseName(at)) : undefined;
      if (now === undefined || (at !== path && !isDirectory(now.body))) {
        if (was !== undefined) this.#gone(path, was);
        return;
      }
      if (filter?.keepsEntry(at, isDirectory(now.body)) === false) {
        if (was !== undefined) this.#rows.gone.push(path);
        return;
      }
      if (at !== path) continue;
      this.#rows.enter(path === ROOT ? undefined : parentOf(path));
      Atomics.add(this.#shared, Scan.SEEN, 1);
      if (now.print !== was?.print) {
        this.#found(path, isRacy(Date.now()) ? doubtful(kindOf(now.body)) : now, was);
      }
      if (isDirectory(now.body)) this.#waiting.push(path);
    }
  }

  #found(path: RelativePath, now: Appearance, was: Appearance | undefined): void {
    this.#differences++;
    if (this.#setup.fill) {
      this.#rows.add(path, now);
      return;
    }
    this.#paths.push(path);
    if (!isDirectory(now.body)) this.#kinds.push(Kind.Content);
    else if (was === undefined || !isDirectory(was.body)) {
      this.#kinds.push(Kind.Content | Kind.Directory);
    } else this.#kinds.push(Kind.Attributes | Kind.Directory);
  }

  #gone(path: RelativePath, was: Appearance): void {
    this.#differences++;
    if (this.#setup.fill) this.#rows.gone.push(path);
    else {
      this.#paths.push(path);
      this.#kinds.push(isDirectory(was.body) ? Kind.Gone | Kind.Directory : Kind.Gone);
    }
  }

  /** Sends the differences in hand when those before them are taken. */
  async #tell(): Promise<void> {
    if (this.#paths.length === 0) return;
    await this.#until(() => !this.#isTelling);
    if (this.#isStopped) return;
    this.#isTelling = true;
    this.#say({ kind: "differences", paths: this.#paths, kinds: this.#kinds });
    this.#paths = [];
    this.#kinds = [];
  }

  async #write(): Promise<void> {
    if (this.#rows.isEmpty) return;
    await this.#until(() => this.#rowsMessages < MOST_ROWS_MESSAGES);
    if (this.#isStopped) return;
    this.#rowsMessages++;
    this.#setup.rows.postMessage(this.#rows.take());
  }

  #say(message: ScannerMessage): void {
    this.#setup.port.postMessage(message);
  }
}

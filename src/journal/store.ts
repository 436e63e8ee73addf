/**
 * The open database of a journal with all its tables, and what becomes of it when it turns out to be
 * damaged: it is set aside, and an empty one takes its place.
 */
import { type Database, isDamage } from "./database.js";
import { DebtTable } from "./debt-table.js";
import { IndexReader } from "./index-reader.js";
import { IndexWriter } from "./index-writer.js";
import type { Memories, Origin } from "./journal.js";
import type { WriterSetup } from "./messages.js";
import { openJournalFile, setAside } from "./opening.js";

interface Tables {
  readonly database: Database;
  readonly reader: IndexReader;
  readonly writer: IndexWriter;
  readonly debts: DebtTable;
}

export class Store {
  readonly origin: Origin;
  /** As they were when it was opened. */
  readonly memories: Memories = {};
  readonly owed: ReadonlyMap<string, number> = new Map();
  readonly #setup: WriterSetup;
  /** Undefined after damage, while not even an empty one can be had. */
  #tables: Tables | undefined;
  /** Where the damaged files lie for which there are no new ones yet. */
  #movedTo: string | undefined;

  /** Throws what SQLite or the file system says. */
  constructor(setup: WriterSetup) {
    this.#setup = setup;
    this.origin = this.#open();
    try {
      // Nobody can work without these: where they cannot be read it is known at once.
      this.memories = this.tables.debts.memories();
      this.owed = this.tables.debts.counts();
    } catch (error) {
      if (!isDamage(error)) throw error;
      const reason = (error as Error).message;
      this.origin = { kind: "set-aside", movedTo: this.beginAnew(), reason };
    }
  }

  get isOpen(): boolean {
    return this.#tables !== undefined;
  }

  /** Throws while there is none. */
  get tables(): Tables {
    if (this.#tables === undefined) throw new Error("it was damaged, and none can be begun");
    return this.#tables;
  }

  /** Everything `work` writes, or nothing. */
  write(work: (tables: Tables) => void): void {
    const { tables } = this;
    let wasCommitted = false;
    try {
      tables.database.transaction(() => {
        work(tables);
        tables.writer.writeCount();
      });
      wasCommitted = true;
    } finally {
      tables.writer.ended(wasCommitted);
    }
  }

  /**
   * Sets the files aside and begins with empty ones; answers where the old ones lie. Throws what
   * SQLite or the file system says, and is not open then.
   */
  beginAnew(): string {
    try {
      this.#tables?.database.close();
    } catch {
      // It is given up anyway.
    }
    this.#tables = undefined;
    this.#movedTo ??= setAside(this.#setup.directory);
    this.#open();
    const movedTo = this.#movedTo;
    this.#movedTo = undefined;
    return movedTo;
  }

  close(): void {
    this.#tables?.database.close();
    this.#tables = undefined;
  }

  #open(): Origin {
    const { directory, source, index } = this.#setup;
    const { database, origin } = openJournalFile(directory, source, index);
    try {
      const reader = new IndexReader(database);
      const writer = new IndexWriter(database, reader);
      this.#tables = { database, reader, writer, debts: new DebtTable(database) };
    } catch (error) {
      database.close();
      throw error;
    }
    return origin;
  }
}

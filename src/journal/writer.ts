/**
 * What a journal's writing thread does: it answers requests in their order, and is the only one that
 * writes the database. A look gives way to other requests now and then.
 */
import { join } from "node:path";
import type { MessagePort } from "node:worker_threads";
import { compileFilter, type Filter } from "../filter/filter.js";
import { Fault } from "../model/fault.js";
import { displayPath } from "../model/path.js";
import type { ComparisonSettings } from "./comparison.js";
import { isDamage } from "./database.js";
import type { Sighting } from "./journal.js";
import { Look } from "./looking.js";
import type {
  Opened,
  Request,
  Requests,
  RowsAnswer,
  RowsMessage,
  WriterMessage,
  WriterSetup,
} from "./messages.js";
import { JOURNAL_FILE } from "./opening.js";
import { toPlain } from "./plain-error.js";
import { Sightings } from "./sightings.js";
import { Store } from "./store.js";
import { Unwritten } from "./unwritten.js";

/** While nothing can be written so many sightings are kept; without them rows are only older. */
const MOST_SIGHTINGS = 200_000;

/** A look works for so long at a stretch. */
const STRETCH_MS = 20;

export class Writer {
  readonly #setup: WriterSetup;
  readonly #tell: (message: WriterMessage) => void;
  readonly #filter: Filter | undefined;
  readonly #sightings = new Sightings();
  readonly #unwritten = new Unwritten();
  #opened: Store | undefined;
  /** A look that was begun before the sightings were last forgotten has seen nothing. */
  #lookEpoch = 0;
  /** How often the journal was begun anew. */
  #epoch: number;
  #isTroubled = false;

  constructor(setup: WriterSetup, tell: (message: WriterMessage) => void) {
    this.#setup = setup;
    this.#tell = tell;
    this.#epoch = setup.epoch;
    const filter = compileFilter(setup.rules);
    this.#filter = filter.rules.some(({ action }) => action === "exclude") ? filter : undefined;
  }

  async answer(request: Request): Promise<Requests[Request["kind"]]["answer"]> {
    switch (request.kind) {
      case "open":
        return this.#open();
      case "look":
        return await this.#look(request);
      case "commit":
        this.#commit(request);
        return undefined;
      case "discard":
        this.#forgetSightings();
        return undefined;
      case "debts": {
        const { replica, after, limit } = request;
        return this.#reading(({ debts }) => debts.page(replica, after, limit));
      }
      case "count":
        return this.#reading(({ reader, writer: { count: all } }) => ({
          each: reader.countEach(request.paths, all),
          all,
        }));
      case "directories":
        return this.#reading(({ reader }) => reader.directories(request.after, request.limit));
      case "serve":
        this.#serve(request.port);
        return undefined;
      case "damaged":
        // Several threads may find the same damage.
        if (request.epoch === this.#epoch) this.#beginAnew(request.reason);
        return undefined;
      case "close":
        this.#opened?.close();
        return undefined;
    }
  }

  get #store(): Store {
    if (this.#opened === undefined) throw new Error("it is not open");
    return this.#opened;
  }

  #open(): Opened {
    try {
      this.#opened = new Store(this.#setup);
      const { origin, memories, owed } = this.#opened;
      if (this.#setup.isRestart && origin.kind !== "kept") this.#tellReset();
      return { origin, memories, owed };
    } catch (error) {
      throw this.#unusable("open", error);
    }
  }

  async #look({ root, paths, subtrees }: Requests["look"]["ask"]): Promise<Sighting> {
    if (!this.#setup.index || !this.#store.isOpen) return { rewritten: 0, indexed: 0, racy: [] };
    const epoch = this.#lookEpoch;
    const { reader: index, writer } = this.#store.tables;
    const settings: ComparisonSettings = { root, index, filter: this.#filter };
    const look = new Look(settings, this.#sightings);
    const indexed = writer.count;
    let until = performance.now() + STRETCH_MS;
    for (const steps = look.run(paths, subtrees); ;) {
      if (this.#guarded(() => steps.next().done === true)) break;
      if (performance.now() < until) continue;
      await new Promise(setImmediate);
      if (epoch !== this.#lookEpoch) break;
      until = performance.now() + STRETCH_MS;
    }
    if (epoch === this.#lookEpoch) {
      this.#sightings.forgetBelow(look.walked);
      this.#sightings.take(look.sightings);
    }
    return { rewritten: look.rewritten, indexed, racy: [...look.racy] };
  }

  #commit({ epoch, debts, memories }: Requests["commit"]["ask"]): void {
    if (!this.#store.isOpen) this.#beginAnew("none could be begun");
    if (epoch !== this.#epoch) throw this.#unusable("write", "it was begun anew meanwhile");
    this.#unwritten.add(debts, memories);
    try {
      this.#writing((tables) => {
        this.#sightings.write(tables.writer);
        for (const change of this.#unwritten.debts()) tables.debts.apply(change);
        tables.debts.remember(this.#unwritten.memories);
      });
    } catch (error) {
      if (this.#sightings.size > MOST_SIGHTINGS) this.#forgetSightings();
      throw error;
    }
    this.#sightings.clear();
    this.#unwritten.clear();
  }

  #serve(port: MessagePort): void {
    port.on("message", ({ rows, gone }: RowsMessage) => {
      let answer: RowsAnswer;
      try {
        if (this.#setup.index) {
          this.#writing(({ writer }) => {
            for (const each of rows) writer.putRows(each);
            for (const path of gone) writer.remove(path);
          });
        }
      } catch (error) {
        answer = toPlain(error);
      }
      port.postMessage(answer);
    });
  }

  #reading<T>(read: (tables: Store["tables"]) => T): T {
    return this.#guarded(() => read(this.#store.tables));
  }

  #guarded<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof Fault) throw error;
      if (isDamage(error)) this.#beginAnew(textOf(error));
      throw this.#unusable("read", error);
    }
  }

  #writing(write: (tables: Store["tables"]) => void): void {
    try {
      this.#store.write(write);
    } catch (error) {
      const fault = this.#unusable("write", error);
      if (isDamage(error)) this.#beginAnew(textOf(error));
      else if (!this.#isTroubled) this.#trouble(fault.message);
      throw fault;
    }
    if (this.#isTroubled) this.#trouble(undefined);
  }

  /** The files are damaged: what they held is lost, and so is what relied on it. */
  #beginAnew(reason: string): void {
    const store = this.#store;
    const wasAway = !store.isOpen;
    this.#forgetSightings();
    this.#unwritten.clear();
    let text = `The journal of '${displayPath(this.#setup.source)}' is damaged (${reason}). `;
    let movedTo: string | undefined;
    try {
      movedTo = store.beginAnew();
      text += `It was set aside as '${movedTo}', and a new one begun: all replicas are compared`;
    } catch (error) {
      text += `A new one cannot be begun: ${textOf(error)}`;
    }
    // One that stays away is told once.
    if (wasAway && movedTo === undefined) return;
    this.#tellReset();
    this.#trouble(text);
  }

  #tellReset(): void {
    this.#epoch++;
    this.#tell({ kind: "reset", hasIndex: this.#store.isOpen && this.#setup.index });
  }

  #forgetSightings(): void {
    this.#sightings.clear();
    this.#lookEpoch++;
  }

  #trouble(text: string | undefined): void {
    this.#isTroubled = text !== undefined;
    this.#tell({ kind: "trouble", text });
  }

  #unusable(verb: "open" | "read" | "write", error: unknown): Fault {
    const file = join(this.#setup.directory, JOURNAL_FILE);
    return new Fault("STATE_UNUSABLE", `Cannot ${verb} the journal '${file}': ${textOf(error)}`, {
      cause: error,
      hint: "Look at the room and the rights in the state directory; `state:` or --state names another.",
    });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

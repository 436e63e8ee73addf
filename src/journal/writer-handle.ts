/** One life of a journal's writing thread: requests, their answers, and its end. */
import { extname } from "node:path";
import { type MessagePort, Worker } from "node:worker_threads";
import { Fault } from "../model/fault.js";
import type { RequestKind, Requests, WriterMessage, WriterSetup } from "./messages.js";
import { fromPlain } from "./plain-error.js";
// Loaded here first: the library that its thread calls into must outlive it.
import "../kernel/libc.js";

export interface WriterListener {
  trouble(text: string | undefined): void;
  /** What the files held is lost. */
  reset(hasIndex: boolean): void;
  /** Called once, last, unless it was closed. */
  died(reason: string): void;
}

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

const ENTRY = new URL(`./writer-thread${extname(import.meta.url)}`, import.meta.url);

export class WriterHandle {
  readonly #worker: Worker;
  readonly #listener: WriterListener;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #lastId = 0;
  #isClosing = false;
  #cause: string | undefined;

  constructor(setup: WriterSetup, listener: WriterListener) {
    this.#listener = listener;
    this.#worker = new Worker(ENTRY, { workerData: setup, name: "treecast-journal" });
    this.#worker.on("message", (message: WriterMessage) => this.#take(message));
    this.#worker.on("error", (error: unknown) => {
      this.#cause ??= error instanceof Error ? error.message : String(error);
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.once("exit", (status) => {
        this.#end(status);
        resolve();
      });
    });
  }

  ask<K extends RequestKind>(
    request: Requests[K]["ask"],
    transfer: readonly MessagePort[] = [],
  ): Promise<Requests[K]["answer"]> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, request }, transfer);
    });
  }

  /** Resolves when it has ended and the files are closed. */
  async close(): Promise<void> {
    this.#isClosing = true;
    // One that dies of it has ended as well.
    await this.ask<"close">({ kind: "close" }).catch(() => undefined);
    await this.#ended;
  }

  #take(message: WriterMessage): void {
    switch (message.kind) {
      case "answer":
        this.#waiting.get(message.id)?.resolve(message.answer as never);
        this.#waiting.delete(message.id);
        break;
      case "refused":
        this.#waiting.get(message.id)?.reject(fromPlain(message.error));
        this.#waiting.delete(message.id);
        break;
      case "trouble":
        this.#listener.trouble(message.text);
        break;
      case "reset":
        this.#listener.reset(message.hasIndex);
        break;
    }
  }

  #end(status: number): void {
    const reason = this.#cause ?? `it ended with ${status}`;
    for (const { reject } of this.#waiting.values()) reject(threadGone(reason));
    this.#waiting.clear();
    if (!this.#isClosing) this.#listener.died(reason);
  }
}

export function threadGone(reason: string): Fault {
  return new Fault("STATE_UNUSABLE", `Cannot use the journal: its thread is gone (${reason})`, {
    hint: "It is started again by itself; what is owed is kept in memory until then.",
  });
}

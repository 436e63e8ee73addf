/** What the journal's threads and their owner say to each other. Plain data. */
import type { MessagePort } from "node:worker_threads";
import type { FaultCode } from "../model/fault.js";
import type { Kinds } from "../model/change.js";
import type { RelativePath } from "../model/path.js";
import type { RowsOf } from "./index-writer.js";
import type { Counted, Debt, DebtChange, Memories, Origin, Sighting } from "./journal.js";
import type { IndexedDirectory } from "./index-reader.js";

/** What a writer is started with. */
export interface WriterSetup {
  readonly directory: string;
  readonly source: string;
  readonly rules: readonly string[];
  readonly index: boolean;
  /** How often the journal was begun anew so far. */
  readonly epoch: number;
  /** A thread before this one died: that nothing is there any more has to be told. */
  readonly isRestart: boolean;
}

/** What a writer can be asked; each is answered once, and only `look` lets others pass it. */
export interface Requests {
  open: { ask: { readonly kind: "open" }; answer: Opened };
  look: {
    ask: {
      readonly kind: "look";
      readonly root: string;
      readonly paths: readonly RelativePath[];
      readonly subtrees: readonly RelativePath[];
    };
    answer: Sighting;
  };
  commit: {
    ask: {
      readonly kind: "commit";
      /** How often the journal had been begun anew when this was put together. */
      readonly epoch: number;
      readonly debts: readonly DebtChange[];
      readonly memories: Memories;
    };
    answer: undefined;
  };
  discard: { ask: { readonly kind: "discard" }; answer: undefined };
  debts: {
    ask: {
      readonly kind: "debts";
      readonly replica: string;
      readonly after: RelativePath | undefined;
      readonly limit: number;
    };
    answer: readonly Debt[];
  };
  count: {
    ask: { readonly kind: "count"; readonly paths: readonly RelativePath[] };
    answer: Counted;
  };
  directories: {
    ask: {
      readonly kind: "directories";
      readonly after: RelativePath | undefined;
      readonly limit: number;
    };
    answer: readonly IndexedDirectory[];
  };
  /** A scanning thread writes through this port. */
  serve: { ask: { readonly kind: "serve"; readonly port: MessagePort }; answer: undefined };
  /** A scanning thread has found the files damaged. */
  damaged: {
    ask: { readonly kind: "damaged"; readonly epoch: number; readonly reason: string };
    answer: undefined;
  };
  close: { ask: { readonly kind: "close" }; answer: undefined };
}

export type RequestKind = keyof Requests;
export type Request = Requests[RequestKind]["ask"];

export interface Opened {
  readonly origin: Origin;
  readonly memories: Memories;
  readonly owed: ReadonlyMap<string, number>;
}

export interface PlainError {
  readonly code?: FaultCode | undefined;
  readonly message: string;
  readonly hint?: string | undefined;
}

export type WriterMessage =
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly kind: "refused"; readonly id: number; readonly error: PlainError }
  | { readonly kind: "trouble"; readonly text: string | undefined }
  /** The files were damaged: the journal is empty now, or is not kept until it can be. */
  | { readonly kind: "reset"; readonly hasIndex: boolean };

/** What a scan has found to be written at once. */
export interface RowsMessage {
  readonly rows: readonly RowsOf[];
  /** Entries to be forgotten with all below them. */
  readonly gone: readonly RelativePath[];
}

/** The answer to one `RowsMessage`: an error, or undefined. */
export type RowsAnswer = PlainError | undefined;

/** What a scanning thread is started with. */
export interface ScannerSetup {
  /** The journal's database. */
  readonly file: string;
  readonly root: string;
  readonly rules: readonly string[];
  readonly fill: boolean;
  readonly port: MessagePort;
  /** Leads to the writer. */
  readonly rows: MessagePort;
  /** `Scan` numbers, shared by all threads of one scan. */
  readonly shared: SharedArrayBuffer;
}

/** Places in the shared numbers. */
export const Scan = {
  /** Not 0: all threads shall end. */
  STOP: 0,
  /** How many threads have nothing to do. */
  IDLE: 1,
  /** Entries looked at. */
  SEEN: 2,
} as const;

export const SCAN_BYTES = 3 * Int32Array.BYTES_PER_ELEMENT;

export type ScannerCommand =
  /** Compare the entry itself, and all below it. */
  | { readonly kind: "begin"; readonly path: RelativePath }
  /** Compare these directories, and all below them. */
  | { readonly kind: "directories"; readonly paths: readonly RelativePath[] }
  /** The differences that were sent are taken. */
  | { readonly kind: "taken" }
  /** Wakes a thread that waits, so that it sees STOP. */
  | { readonly kind: "stop" };

export type ScannerMessage =
  | {
      readonly kind: "differences";
      readonly paths: readonly RelativePath[];
      readonly kinds: readonly Kinds[];
    }
  /** Directories for threads that have nothing to do. */
  | { readonly kind: "spare"; readonly paths: readonly RelativePath[] }
  /** It has nothing left to do; all it has found was sent and taken before. */
  | { readonly kind: "idle"; readonly differences: number; readonly unread: number }
  | { readonly kind: "failed"; readonly error: PlainError; readonly isDamage: boolean };

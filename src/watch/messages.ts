/** What the reader's thread and its owner say to each other. Plain data; many paths a message. */
import type { MessagePort } from "node:worker_threads";
import type { Changes, Coverage, Gap } from "../model/change.js";
import type { FaultCode } from "../model/fault.js";
import type { RelativePath } from "../model/path.js";
import type { WantedWatcher, WatcherChoice } from "../model/watcher.js";
import type { WatchEvent } from "./counted-events.js";
import type { RootIdentity } from "./root-guard.js";

/** What a reader is started with. It closes none of the descriptors. */
export interface ReaderSetup {
  /** Absolute, latin1. */
  readonly root: string;
  readonly rules: readonly string[];
  readonly moves: boolean;
  /** Undefined for all. */
  readonly events: readonly WatchEvent[] | undefined;
  readonly scanIntervalMs: number;
  readonly watcher: WantedWatcher;
  readonly inotify: number;
  /** A fanotify group; where it was not wanted or not to be had, an error number, its sign changed. */
  readonly fanotify: number;
  /** Wakes the reader; commands wait in the port by then. */
  readonly eventfd: number;
  readonly port: MessagePort;
  /** `Control` numbers, shared between the threads. */
  readonly control: SharedArrayBuffer;
  /** A reader before this one died: waits for a lost root rather than failing. */
  readonly isRestart: boolean;
}

/** Places in the shared numbers. */
export const Control = {
  /** Not 0: the reader shall end. */
  STOP: 0,
  /** Messages with changes that the owner has taken. */
  TAKEN: 1,
} as const;

export const CONTROL_BYTES = 2 * Int32Array.BYTES_PER_ELEMENT;

export type ReaderCommand =
  | { readonly kind: "drain"; readonly id: number; readonly scan: boolean }
  /** Differences were found at a path that nobody told of; not answered. */
  | { readonly kind: "unheard"; readonly path: RelativePath }
  | { readonly kind: "recent"; readonly id: number };

export type ReaderMessage =
  | { readonly kind: "changes"; readonly changes: Changes }
  | { readonly kind: "gap"; readonly gap: Gap }
  | { readonly kind: "coverage"; readonly coverage: Coverage }
  | { readonly kind: "notice"; readonly notice: WatchNotice }
  | { readonly kind: "watcher"; readonly choice: WatcherChoice }
  | { readonly kind: "root-lost"; readonly reason: string }
  | { readonly kind: "root-returned"; readonly reason: string; readonly identity: RootIdentity }
  /** The whole tree is watched. */
  | { readonly kind: "ready"; readonly identity: RootIdentity; readonly coverage: Coverage }
  /** It cannot be begun; the thread ends. */
  | {
      readonly kind: "failed";
      readonly code: FaultCode;
      readonly message: string;
      readonly hint: string | undefined;
    }
  | { readonly kind: "drained"; readonly id: number }
  | { readonly kind: "recent"; readonly id: number; readonly lines: readonly string[] };

/** Something a person should know; said once for each change of state. */
export interface WatchNotice {
  readonly kind:
    /** No more watches are to be had: the rest is scanned. */
    | "limit-reached"
    /** Watches are to be had again. */
    | "limit-over"
    /** A place where others write unheard, by its type or as it has shown: it is scanned. */
    | "unheard"
    /** fanotify hears the tree; or it does not, and that was expected. */
    | "watcher"
    /** The reader died and was started again. */
    | "reader-restarted";
  readonly level: "info" | "warn" | "error";
  readonly text: string;
  /** What to do about it, as one sentence. */
  readonly hint?: string;
  /** With `limit-reached`: which sysctl to raise, and what it is now. */
  readonly sysctl?: string;
  readonly value?: number | undefined;
}

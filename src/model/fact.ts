/**
 * Facts: what stages state about themselves as they work. Logs, metrics and pages listen; nobody
 * who states a fact waits for a listener or is harmed by one.
 */
import type { Coverage, Gap, Kinds } from "./change.js";
import type { Hold, HoldEnd, HoldKind } from "./hold.js";
import type { RelativePath } from "./path.js";

export type SourceState =
  | { readonly state: "starting" }
  | { readonly state: "watching"; readonly coverage: Coverage; readonly tookMs: number }
  /** Deletes are held; nothing is sent until the root is back. */
  | { readonly state: "root-lost"; readonly reason: string }
  | { readonly state: "failed"; readonly reason: string };

export type TargetState =
  | { readonly state: "connecting" }
  /** A full pass is under way; live changes are sent beside it. */
  | { readonly state: "catching-up" }
  | { readonly state: "live" }
  /** Left alone until `retryAt` (ms since the epoch); everything stays owed. */
  | { readonly state: "down"; readonly reason: string; readonly retryAt: number };

export type Fact =
  | ({ readonly kind: "source-state"; readonly source: string } & SourceState)
  | { readonly kind: "coverage"; readonly source: string; readonly coverage: Coverage }
  | { readonly kind: "gap"; readonly source: string; readonly gap: Gap }
  | ({
      readonly kind: "target-state";
      readonly source: string;
      readonly target: string;
    } & TargetState)
  | { readonly kind: "held"; readonly source: string; readonly hold: Hold }
  | {
      readonly kind: "hold-ended";
      readonly source: string;
      readonly hold: HoldKind;
      readonly how: HoldEnd;
    }
  | SourceScanned
  | TargetAudited
  | BatchDelivered
  | PathFailed
  | PassFinished
  | HookTold
  | {
      /** Said once where a target refuses deletions: nothing is deleted there from now on. */
      readonly kind: "deletes-refused";
      readonly source: string;
      readonly target: string;
    }
  | {
      /** Anything a person should know that changes no state. */
      readonly kind: "note";
      readonly level: "info" | "warn" | "error";
      readonly source?: string;
      readonly target?: string;
      readonly text: string;
    };

/** The tree, or a part of it, was compared with the index. */
export interface SourceScanned {
  readonly kind: "scan";
  readonly source: string;
  readonly path: RelativePath;
  readonly reason: "start" | "first" | "gap";
  readonly seen: number;
  readonly differences: number;
  readonly tookMs: number;
}

/** An audit has been once around the tree, or has found a difference. */
export interface TargetAudited {
  readonly kind: "audit";
  readonly source: string;
  readonly target: string;
  /** Entries that were found to differ since the round began. */
  readonly drift: number;
  readonly sample: readonly RelativePath[];
  readonly repairs: boolean;
  /** True at the end of a round. */
  readonly complete: boolean;
}

/** A batch arrived: rsync ended with 0. */
export interface BatchDelivered {
  readonly kind: "batch";
  readonly source: string;
  readonly target: string;
  readonly entries: readonly DeliveredEntry[];
  /** Bytes on the wire towards the replica. */
  readonly bytes: number;
  readonly tookMs: number;
}

export interface DeliveredEntry {
  readonly path: RelativePath;
  readonly deleted: boolean;
  readonly directory: boolean;
  /** What was seen of it since it was last delivered. */
  readonly kinds: Kinds;
  /** From the first news of the change to the proof of delivery (the end of rsync). */
  readonly delayMs: number;
}

/** A path that rsync could not deliver although the target works; it is tried again at `retryAt`. */
export interface PathFailed {
  readonly kind: "path-failed";
  readonly source: string;
  readonly target: string;
  readonly path: RelativePath;
  readonly reason: string;
  readonly attempts: number;
  readonly retryAt: number;
}

/** A full pass, or the comparison of a subtree, came to its end. */
export interface PassFinished {
  readonly kind: "pass";
  readonly source: string;
  readonly target: string;
  readonly path: RelativePath;
  readonly differences: number;
  /** Entries that exist only on the replica and were left there; a few of them by name. */
  readonly kept: number;
  readonly keptSample: readonly RelativePath[];
  readonly tookMs: number;
}

/** What became of one run of a hook, or of what waited for it. */
export interface HookTold {
  readonly kind: "hook";
  readonly source: string;
  readonly hook: string;
  /**
   * `told`: the other side has taken it. `failed`: it is tried again. `gave-up`: tried as often as is
   * allowed. `dropped`: more waited than is kept, and what came later was not taken in.
   */
  readonly outcome: "told" | "failed" | "gave-up" | "dropped";
  /** Events it was about. */
  readonly events: number;
  /** Of a run. */
  readonly tookMs?: number | undefined;
  /** Why, where it was not told. */
  readonly reason?: string | undefined;
}

export type FactListener = (fact: Fact) => void;

/** What becomes of what a hook is to tell: one thing at a time, and in all. */
import type { HookAction } from "./settings.js";

/** What became of a run, or of what never came to one; counts are of events. */
export type HookOutcome =
  | {
      readonly kind: "told";
      readonly count: number;
      readonly tookMs: number;
      readonly attempts: number;
    }
  | {
      readonly kind: "failed";
      readonly count: number;
      readonly tookMs: number;
      readonly attempts: number;
      readonly reason: string;
      readonly retryInMs: number;
    }
  /** Failed for the last time: these events are lost to the hook. */
  | {
      readonly kind: "gave-up";
      readonly count: number;
      readonly attempts: number;
      readonly reason: string;
    }
  /** There is no room; told once until there is plenty again. */
  | { readonly kind: "dropped"; readonly count: number };

/** Counts are of events; `failed` is of runs. */
export interface HookStatus {
  readonly name: string;
  readonly kind: HookAction["kind"];
  /** Not told yet, without those that are being told. */
  readonly waiting: number;
  /** Being told. */
  readonly running: number;
  /** Told since the start. */
  readonly done: number;
  readonly failed: number;
  /** Lost since the start: no room, or tried in vain for the last time. */
  readonly dropped: number;
  /** Why the last run failed; gone when one goes well. */
  readonly lastError?: string | undefined;
  /** ms since the epoch. */
  readonly lastDoneAt?: number | undefined;
}

/** What all lanes of one source share: the root, the filter, the journal, and where facts go. */
import type { Filter } from "../filter/filter.js";
import type { Journal, Memories } from "../journal/journal.js";
import type { SourceState } from "../journal/source-state.js";
import type { Clock } from "../model/clock.js";
import type { FactListener } from "../model/fact.js";
import type { RelativePath } from "../model/path.js";
import type { Semaphore } from "../schedule/semaphore.js";
import type { SourceRoot } from "../transfer/source-root.js";
import type { Holds } from "./holds.js";
import type { AuditSettings } from "./settings.js";

export interface LaneSource {
  readonly name: string;
  readonly root: SourceRoot;
  readonly filter: Filter;
  readonly longestWaitMs: (path: RelativePath) => number;
  readonly rankOf: ((path: RelativePath) => -1 | 0 | 1) | undefined;
  readonly state: SourceState;
  readonly journal: Journal;
  /** What the journal remembered when it was opened; nothing for a lane that was begun later. */
  readonly memories: Memories;
  readonly holds: Holds;
  /** Entries in the index. */
  readonly indexed: () => number;
  readonly audit: AuditSettings | undefined;
  readonly initial: "full" | "none";
  /** So many debts of a target that is away are kept in memory; the others in the journal alone. */
  readonly debtsInMemory: number;
  readonly clock: Clock;
  /** Comparisons read two whole trees: a few at a time, for all sources together. */
  readonly comparisons: Semaphore;
  readonly facts: FactListener;
  /** Called by whoever notices first that the root is gone or another one. */
  readonly rootLost: (reason: string) => void;
  /** Resolves when all that happened before the call was told to the lanes. */
  readonly caughtUp: (signal: AbortSignal) => Promise<void>;
  /** The disk is being compared with the index: what is gone has not all been told yet. */
  readonly isScanning: () => boolean;
  /** Something is to be written to the journal in a moment. */
  readonly wakeJournal: () => void;
  /** A replica was found to differ here although nothing was owed: the watch may hear nothing there. */
  readonly suspect: (paths: readonly RelativePath[]) => void;
  /** A first comparison of this target's replica found that it lacks a path: that is no change of it. */
  readonly lackedAtFirst: (target: string, path: RelativePath) => void;
  /** This source and those that its own tree is a replica of. */
  readonly origins: () => readonly string[];
}

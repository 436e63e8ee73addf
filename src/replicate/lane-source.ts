/** What all lanes of one source share: the root, the filter, and where facts go. */
import type { Filter } from "../filter/filter.js";
import type { SourceState } from "../journal/source-state.js";
import type { Clock } from "../model/clock.js";
import type { FactListener } from "../model/fact.js";
import type { RelativePath } from "../model/path.js";
import type { Semaphore } from "../schedule/semaphore.js";
import type { SourceRoot } from "../transfer/source-root.js";

export interface LaneSource {
  readonly name: string;
  readonly root: SourceRoot;
  readonly filter: Filter;
  readonly longestWaitMs: (path: RelativePath) => number;
  readonly state: SourceState;
  readonly clock: Clock;
  /** Comparisons read two whole trees: a few at a time, for all sources together. */
  readonly comparisons: Semaphore;
  readonly facts: FactListener;
  /** Called by whoever notices first that the root is gone or another one. */
  readonly rootLost: (reason: string) => void;
}

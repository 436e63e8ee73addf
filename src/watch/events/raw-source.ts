/** Where raw events come from, and what they are about: inotify or fanotify. */
import type { RawEvent } from "./raw-event.js";

export interface RawSource {
  /** Readable in poll(2) when there is something to read. */
  readonly descriptor: number;
  /** What is watched now: files and directories, or whole file systems. */
  readonly watched: number;
  /** Something is to be had by `read` although the descriptor may not be readable. */
  readonly hasMore: boolean;
  /** Every place that is watched, as a number; what lies inside another before that. */
  places(): number[];
  /** What a place is called now; undefined where it is not watched any more. */
  nameOf(place: number): string | undefined;
  /** How long to wait for the descriptor before `read` has work of its own: `limitMs` at most. */
  waitAtMost(limitMs: number): number;
  /**
   * The next events, after waiting for them for at most `limitMs` (-1 for as long as it takes). It may
   * come back sooner with none.
   */
  read(limitMs: number): readonly RawEvent[];
  close(): void;
}

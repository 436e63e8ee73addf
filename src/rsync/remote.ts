/**
 * One target, as the rest of the program sees it: names go in, an outcome comes out.
 *
 * Law: sending twice is harmless; calls may overlap; after a failure the remote is still usable.
 * It never decides what to send, when to try again, or what is owed. See create-remote.ts.
 */
import type { Filter } from "../filter/filter.js";
import type { RelativePath } from "../model/path.js";
import type { Difference } from "./itemize.js";
import type { Run } from "./run.js";
import type { Profile } from "./settings.js";
import type { Trouble } from "./trouble.js";

export type { Difference } from "./itemize.js";
export type { Run, RunStats } from "./run.js";
export type { Trouble, TroubleKind } from "./trouble.js";

export interface Remote extends AsyncDisposable {
  /** Warm sessions that stand waiting for a list. */
  ready(profile: Profile): number;
  /** Measured time of one session's whole cycle, from its start to its end, without waiting; ms. */
  readonly cycleMs: number;
  /** How many warm sessions are wanted from now on, within the settings; ends a halt after trouble. */
  want(count: number): void;
  /** Called whenever the number of ready sessions grew. */
  onReady(listener: () => void): void;
  /** Called when the other end let go of a session by itself: it may be another one from now on. */
  onBroken(listener: () => void): void;
  /** Called once when sessions cannot be opened any more; then nothing is tried until `want` or `probe`. */
  onTrouble(listener: (trouble: Trouble) => void): void;
  /**
   * Sends entries by name, without what lies below. Missing ones become deletions unless `deletes`
   * is off. Takes a warm session, else starts a cold one. Rejects only with the signal's reason.
   */
  send(names: readonly RelativePath[], options: SendOptions, signal?: AbortSignal): Promise<Run>;
  /**
   * A dry run over a subtree ("" is everything): each difference at or below `path` by name. Never
   * changes the replica. Where the outcome is not `done`, differences may be missing.
   */
  compare(path: RelativePath, options: CompareOptions, signal?: AbortSignal): Promise<Run>;
  /**
   * Compares single directories with the replica, each with what lies directly in it, and nothing
   * below; otherwise as `compare`. At most some hundreds at once; what is no directory here is passed
   * over.
   */
  compareDirectories(
    paths: readonly RelativePath[],
    options: CompareOptions,
    signal?: AbortSignal,
  ): Promise<Run>;
  /**
   * Whether the replica's root is empty, but for what the filter hides and what is our own;
   * undefined where it does not say.
   */
  holdsNothing(filter: Filter, signal?: AbortSignal): Promise<boolean | undefined>;
  /**
   * Gives the replica at `to` what it holds at `from`, by hard links there, and sends only what
   * differs from it; `from` stays. Of a directory, exactly `names` (below it) are made. What cannot
   * be done this way ends `partial` with `to` as the only suspect, whatever the reason: send it the
   * normal way. What stands at `to` before must have been removed. See relocation.ts for what is not
   * noticed.
   */
  relocate(relocation: Relocation, signal?: AbortSignal): Promise<Run>;
  /** Deletes on the replica, whatever stands at the source: nothing of it goes to the trash. */
  remove(names: readonly RelativePath[], signal?: AbortSignal): Promise<Run>;
  /** Removes what went to the replica's trash before the day of `olderThan`; days are those of UTC. */
  emptyTrash(olderThan: Date, signal?: AbortSignal): Promise<Run>;
  /** Asks for, or leaves, the replica's token: one line of letters and digits. */
  identify(token: string, signal?: AbortSignal): Promise<Identification>;
  leaveToken(token: string, signal?: AbortSignal): Promise<Run>;
  /** Sends nothing, and says what stands in the way of sending. */
  probe(signal?: AbortSignal): Promise<Trouble | undefined>;
  /**
   * Retires what waits, lets what runs end within the grace, then kills; nothing is left behind.
   * A `send` that is killed so resolves with outcome `failed`.
   */
  close(graceMs?: number): Promise<void>;
}

export interface SendOptions {
  readonly profile: Profile;
  readonly deletes: boolean;
}

export interface CompareOptions {
  /** Look for entries that exist only on the replica, too. */
  readonly deletes: boolean;
  /** Hides from rsync what can be hidden; every path is still to be judged by the filter itself. */
  readonly filter: Filter;
  /** Read both sides in full instead of trusting size and time. */
  readonly checksum?: boolean;
  onDifference(difference: Difference): void;
}

export interface Relocation {
  /** Where the replica has it. */
  readonly from: RelativePath;
  /** Where the replica shall have it. */
  readonly to: RelativePath;
  /** Where the source has it now; another place than `to` where it has moved on since. */
  readonly at: RelativePath;
  /** Paths below `at` (relative to it) that shall be there; undefined for a single file. */
  readonly names: readonly RelativePath[] | undefined;
}

/** Whether the replica holds the token: `same`, `other` (or none), or it cannot hold one. */
export type Identification =
  | { readonly kind: "same" }
  | { readonly kind: "other" }
  | { readonly kind: "impossible"; readonly reason: string }
  | { readonly kind: "trouble"; readonly trouble: Trouble };

/**
 * The memory of one source: what its tree looked like when all of it was last known to be delivered
 * or owed (the index), and what each replica still lacks (the debts).
 *
 * One law: an index row is never newer than what every replica has or is owed. It is kept by
 * checkpoints. First `look`: what stands at the paths that changed. Then the owner makes sure that
 * every event up to then has reached its lanes (a drain of the watch), and only then `commit`s what
 * was seen, together with all that the lanes owe, in one transaction. So writing may lag behind
 * sending as long as it likes: whatever a crash leaves unwritten still differs from the index, and a
 * scan finds it. It never adds to the delay of a change.
 */
import type { Kinds } from "../model/change.js";
import type { RelativePath } from "../model/path.js";

export { openJournal } from "./open-journal.js";

export interface JournalSettings {
  /** The source's own directory below the state directory; its lock is held by the caller. */
  readonly directory: string;
  /** The source root as the operator names it, absolute, latin1: a journal of another is foreign. */
  readonly source: string;
  /** Filter rules as text: what they exclude is not in the index. */
  readonly rules: readonly string[];
  /** False: no index is kept; debts and memories are, as a start then compares with every replica. */
  readonly index: boolean;
}

/** How the journal was found when it was opened. */
export type Origin =
  | { readonly kind: "new" }
  | { readonly kind: "kept" }
  /** It was damaged or another program's: it lies beside, under `movedTo`, and a new one was begun. */
  | { readonly kind: "set-aside"; readonly movedTo: string; readonly reason: string };

/** What one replica is owed at one path. */
export interface Debt {
  readonly path: RelativePath;
  /** With `Kind.Subtree`: all at and below the path is to be compared with the replica. */
  readonly kinds: Kinds;
  /** When the oldest change was seen, ms since the epoch. */
  readonly since: number;
  readonly attempts: number;
  /** Not to be tried before, ms since the epoch; 0 for at once. */
  readonly retryAt: number;
  /** rsync's words at the last failure; "" where it has not failed. */
  readonly reason: string;
}

/** What changed in one replica's debts since the last commit. */
export interface DebtChange {
  /** The replica's key: its address. */
  readonly replica: string;
  /** Forget every debt of it first, as `owed` is all. */
  readonly replaceAll: boolean;
  /** New debts, and those that are another by now. */
  readonly owed: readonly Debt[];
  /** Paths that are not owed any more, subtree debts of the same path included. */
  readonly settled: readonly RelativePath[];
}

/** Small things to remember, by key, as plain JSON; written with a commit. `undefined` forgets. */
export type Memories = Readonly<Record<string, unknown>>;

export interface Sighting {
  /**
   * Regular files among the paths that were in the index and have other content now, as size, inode
   * and modification time tell it: `chmod` rewrites nothing.
   */
  readonly rewritten: number;
  /** Entries in the index altogether, before this look is committed. */
  readonly indexed: number;
  /**
   * Paths that were changed so recently that another change might leave no trace in their times.
   * They were not taken in, and have to be named again in the next look.
   */
  readonly racy: readonly RelativePath[];
}

export interface ScanOptions {
  /** Absolute path of the source root to read through (a pinned one), latin1. */
  readonly root: string;
  /**
   * Write what is found straight into the index and tell nothing: only while no replica relies on
   * the index. What is not there any more is taken out of it.
   */
  readonly fill: boolean;
  /**
   * Told in batches; the scan goes on when the promise is settled. A changed or new entry is
   * `Content`, a directory with other attributes `Attributes | Directory`, one that is gone
   * `Gone` (the topmost alone, `| Directory` where it was one).
   */
  onDifferences?(paths: readonly RelativePath[], kinds: readonly Kinds[]): Promise<void>;
  onProgress?(progress: ScanProgress): void;
}

export interface ScanProgress {
  /** Entries looked at so far. */
  readonly seen: number;
  /** Entries the index holds there, for an estimate; 0 where it knows none. */
  readonly expected: number;
}

export interface ScanResult {
  readonly seen: number;
  readonly differences: number;
  /** Directories and entries that could not be looked at: nothing was told of what lies there. */
  readonly unread: number;
  readonly tookMs: number;
}

/** Entries in the index. */
export interface Counted {
  /** At and below each path asked for, in their order. */
  readonly each: readonly number[];
  readonly all: number;
}

export interface Journal extends AsyncDisposable {
  readonly origin: Origin;
  /** As last committed, from an earlier run. */
  readonly memories: Memories;
  /** Debts of each replica at the opening, by its key; 0 where absent. */
  readonly owedAtStart: ReadonlyMap<string, number>;
  /** False where none is kept, and after a failure that took the index away (a full disk). */
  readonly hasIndex: boolean;
  /** Called when writing fails or is possible again. */
  onTrouble(listener: (trouble: { readonly text: string } | undefined) => void): void;
  /**
   * Called when the files were found to be damaged and a new journal was begun: index, debts and
   * memories are empty. Commits and scans under way are rejected, and the listener is called before
   * a later one is taken. So the owner has to say everything again, and that no replica is known to
   * be in step.
   */
  onReset(listener: () => void): void;

  /**
   * Looks at paths, at the directories they lie in, and at all below `subtrees`, through `root`
   * (absolute, latin1). Nothing is written; a later look adds to what was seen. Rejects with a Fault
   * (ROOT_MISSING) where there is no root, and has seen nothing then.
   */
  look(
    root: string,
    paths: readonly RelativePath[],
    subtrees: readonly RelativePath[],
  ): Promise<Sighting>;
  /**
   * Writes what the looks since the last commit have seen, the debts, and the memories: all or
   * nothing. Rejects with a Fault (STATE_UNUSABLE) where it cannot, a full disk for one. Nothing is
   * lost then: the next commit writes this one's as well, before its own. But it is not safe from a
   * crash, so the owner keeps its debts in memory and passes them, or newer ones, again.
   */
  commit(debts: readonly DebtChange[], memories?: Memories): Promise<void>;
  /** Forgets what the looks have seen: a gap came between. */
  discard(): Promise<void>;

  /**
   * Compares the tree at and below `path` with the index, in several threads. A directory counts as
   * changed when anything was put into it or taken away since. Rejects with the signal's reason, or
   * a Fault.
   */
  scan(path: RelativePath, options: ScanOptions, signal?: AbortSignal): Promise<ScanResult>;

  /**
   * Debts of one replica in the order of their paths, from the first after `after`. The debts of one
   * path come together, so there may be one more than `limit`.
   */
  debts(replica: string, after: RelativePath | undefined, limit: number): Promise<readonly Debt[]>;
  /**
   * How many entries the index holds at and below each path, and altogether. What lies below another
   * one of the paths is counted there, and 0 on its own.
   */
  count(paths: readonly RelativePath[]): Promise<Counted>;
  /** Directories in the order of the index, each with how many entries lie directly in it. */
  directories(
    after: RelativePath | undefined,
    limit: number,
  ): Promise<readonly { readonly path: RelativePath; readonly entries: number }[]>;
  /** Ends the threads; what was not committed is forgotten. */
  close(): Promise<void>;
}

/**
 * What the reader needs of a tree, whichever of the kernel's interfaces reports its changes. What
 * is found goes into the outbox that the source was made with.
 */
import type { Coverage } from "../model/change.js";
import type { RelativePath } from "../model/path.js";

/** One reading of the kernel's queue. */
export interface Reading {
  readonly bytes: number;
  /** The queue was empty at its end. */
  readonly emptied: boolean;
}

export interface TreeSource {
  readonly coverage: Coverage;
  /** The kernel's queue was full, and events were lost; whoever heals that sets it back. */
  overflowed: boolean;
  /** Somebody should see whether the root is still there; who does sets it back. */
  rootInDoubt: boolean;
  /** The directory that was the root is no more, whatever stands in its place. */
  readonly rootEnded: boolean;
  /** It cannot serve this tree any longer, or could not from the beginning: why, in words. */
  readonly unfit: string | undefined;
  /** Watches are refused for want of room. */
  readonly isLimited: boolean;

  /**
   * Begins to watch the root and asks for a look at all below, telling nothing of what is there.
   * Answers 0 or the number of the error that stands in the way.
   */
  begin(): number;
  /** To be read even if poll(2) says nothing: something is undecided until the next reading. */
  readonly isUnsettled: boolean;
  read(now: number): Reading;
  /** Bytes in the kernel's queue now. */
  queuedBytes(): number;

  /** Directories wait to be looked at. */
  readonly hasWork: boolean;
  /** Works on them until none is left or `until` (ms) has passed. */
  work(until: number): void;
  /** When something is due that is done at leisure, ms; Infinity for never. */
  readonly nextDue: number;
  /** To be called when the queue is empty and no work is left: does what is due. */
  atLeisure(now: number): void;
  /**
   * Clears doubts at once, and with `scan` scans what is not watched; false when there is nothing
   * of the kind.
   */
  hurry(now: number, scan: boolean): boolean;

  /** Asks for a look at everything, telling nothing: a gap is declared when it is done. */
  lookAtAll(): void;
  /** What is at this place may be on another file system than before. */
  lookAtMount(path: RelativePath): void;
  /**
   * Scans the directory at a place from now on although it is watched, and with `below` all
   * directories in it except at the `borders`. The first scan begins at once. False when there is
   * no such directory or it is scanned already.
   */
  scanAlways(path: RelativePath, below: boolean, borders: ReadonlySet<RelativePath>): boolean;
  /** The last raw events, oldest first. */
  recent(): string[];
  /**
   * Lets go of the tree; the source is of no use afterwards. The kernel's descriptor stays open and
   * has nothing left to read.
   */
  end(): void;
}

/** While there is no tree. */
export function noSource(): TreeSource {
  return {
    coverage: { watched: 0, unwatched: 0 },
    overflowed: false,
    rootInDoubt: false,
    rootEnded: false,
    unfit: undefined,
    isLimited: false,
    begin: () => 0,
    isUnsettled: false,
    read: () => ({ bytes: 0, emptied: true }),
    queuedBytes: () => 0,
    hasWork: false,
    work: () => undefined,
    nextDue: Infinity,
    atLeisure: () => undefined,
    hurry: () => false,
    lookAtAll: () => undefined,
    lookAtMount: () => undefined,
    scanAlways: () => false,
    recent: () => [],
    end: () => undefined,
  };
}

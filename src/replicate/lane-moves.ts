/**
 * Renames on one target, one after another: what it holds at the old place is given the new name there,
 * and no content travels. Any doubt ends in a comparison of the new place instead.
 */
import type { Filter } from "../filter/filter.js";
import { Kind, type Kinds, type Move } from "../model/change.js";
import type { RelativePath } from "../model/path.js";
import type { DirtySet } from "../queue/dirty-set.js";
import type { MoveBatch } from "../queue/moves.js";
import type { Remote } from "../rsync/remote.js";
import type { Trouble } from "../rsync/trouble.js";
import { createLook } from "../transfer/look.js";
import { type CarriedMove, carryMove, walkNames } from "../transfer/relocating.js";
import type { LaneSource } from "./lane-source.js";

export interface LaneMovesHooks {
  readonly filter: Filter;
  /** Whether anything may be deleted on the replica. */
  mayDelete(): boolean;
  /** Whether what is deleted goes to a trash, and may be deleted now. */
  fillsTrash(): boolean;
  owe(path: RelativePath, kinds: Kinds): void;
  /** What was on the replica before us: it is not moved over. */
  keeps(path: RelativePath): boolean;
  /** Bytes on the wire towards the replica. */
  sent(bytes: number): void;
  failed(trouble: Trouble, remote: Remote): void;
  ended(): void;
}

/** A smaller file is sent again sooner than a run of its own would have carried its rename. */
const LARGE_ENOUGH = 4 * 1024 * 1024;

/** What is renamed faster than it can be followed is sent like anything else. */
const MOST_TRIES = 5;

const FELL_BACK: CarriedMove = { outcome: "fallback", sentBytes: 0 };

/** A directory of which nothing is known at its new place: it is sent, then compared with all below. */
export const MOVED_IN = Kind.Content | Kind.Directory | Kind.Subtree;

export class LaneMoves {
  readonly #source: LaneSource;
  readonly #dirty: DirtySet;
  readonly #hooks: LaneMovesHooks;
  readonly #closing = new AbortController();

  constructor(source: LaneSource, dirty: DirtySet, hooks: LaneMovesHooks) {
    this.#source = source;
    this.#dirty = dirty;
    this.#hooks = hooks;
  }

  /**
   * Takes over a rename whose two names are marked already.
   *
   * @param carries whether the replica is known to hold the old place
   */
  add(move: Move, at: number, carries: boolean): void {
    const { from, to, isDirectory } = move;
    if (!isDirectory && (!this.#isLarge(to) || this.#replaces(to))) return;
    const isFree = !this.#hooks.keeps(to) && !this.#hooks.keeps(from);
    if (carries && isFree && this.#hooks.mayDelete()) this.#dirty.addMove(move, at);
    else if (isDirectory) this.#dirty.add(to, MOVED_IN, at);
  }

  /** Starts the next one, if it can start now. */
  pump(remote: Remote): void {
    const { clock } = this.#source;
    const move = this.#dirty.cutMove(clock.now());
    if (move !== undefined) void this.#carry(move, remote);
  }

  close(): void {
    this.#closing.abort(new Error("The lane is closed"));
  }

  async #carry(move: MoveBatch, remote: Remote): Promise<void> {
    const result = await this.#follow(move, remote).catch(() => FELL_BACK);
    this.#dirty.endMove(move, result.outcome, this.#source.clock.now());
    if (result.trouble !== undefined) this.#hooks.failed(result.trouble, remote);
    this.#source.wakeJournal();
    this.#hooks.ended();
  }

  /** Tries again where the source turns out to have it elsewhere by now: the disk is ahead of the news. */
  async #follow(move: MoveBatch, remote: Remote): Promise<CarriedMove> {
    const { root, caughtUp } = this.#source;
    for (let tries = 1; ; tries++) {
      const at = this.#dirty.placeNow(move);
      const options = {
        root: root.pinned,
        at,
        replaces: this.#replaces(move.to),
        deletes: this.#hooks.mayDelete(),
        filter: this.#hooks.filter,
        owe: (path: RelativePath, kinds: Kinds) => this.#hooks.owe(path, kinds),
      };
      const result = await carryMove(move, remote, options, this.#closing.signal);
      this.#hooks.sent(result.sentBytes);
      if (result.outcome === "carried") await this.#spareTrash(move, at, remote);
      const isOver = result.outcome === "carried" || result.trouble !== undefined;
      if (isOver || tries === MOST_TRIES) return result;
      await caughtUp(this.#closing.signal);
      if (this.#dirty.placeNow(move) === at) return result;
    }
  }

  /** What has its new name is not kept as deleted besides: only what is left goes with the old place. */
  async #spareTrash(
    { from, isDirectory }: MoveBatch,
    at: RelativePath,
    remote: Remote,
  ): Promise<void> {
    const { pinned } = this.#source.root;
    if (!this.#hooks.fillsTrash() || createLook(pinned)(from).type !== "missing") return;
    const files = isDirectory ? [] : [from];
    const { signal } = this.#closing;
    const keeps = (path: RelativePath, isBranch: boolean) => {
      const isKept = this.#hooks.filter.keeps(path, isBranch);
      if (isKept && !isBranch) files.push((from + path.slice(at.length)) as RelativePath);
      return isKept;
    };
    if (isDirectory) await walkNames(pinned, at, keeps, signal);
    await remote.remove(files, signal);
  }

  /** Something else stood there; of a file it would have to go first, and be missed for a moment. */
  #replaces(to: RelativePath): boolean {
    return ((this.#dirty.debtOf(to)?.kinds ?? 0) & Kind.Gone) !== 0;
  }

  #isLarge(path: RelativePath): boolean {
    const { type, size } = createLook(this.#source.root.pinned)(path);
    return type === "file" && size >= LARGE_ENOUGH;
  }
}

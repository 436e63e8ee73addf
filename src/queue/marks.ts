/**
 * The marks of a dirty set: what is owed at each path, and the place where it waits. It knows nothing
 * of when a batch is cut or what is in flight.
 */
import type { BatchEntry, EntryOutcome } from "../model/batch.js";
import { Kind, type Kinds } from "../model/change.js";
import type { RelativePath } from "../model/path.js";
import { Ages } from "./ages.js";
import { DeletionPause } from "./deletions.js";
import { DueHeap } from "./heap.js";
import { type Mark, type Node, type Place, blankMark, isBlank } from "./mark.js";
import { PathTree } from "./path-tree.js";
import { Places, type Rank, placeOfContent } from "./places.js";
import { Touched } from "./touched.js";

export interface MarksSettings {
  readonly longestWaitMs: (path: RelativePath) => number;
  readonly rankOf?: (path: RelativePath) => Rank;
}

export interface MarkOptions {
  /** Found by a pass that must not delay live changes: it is cut in the background lane only. */
  readonly background?: boolean;
  /** How often it has failed already, for a debt that is loaded again. */
  readonly attempts?: number;
  /** When it may be tried again, ms since the epoch. */
  readonly retryAt?: number;
}

export class Marks {
  readonly tree = new PathTree<Mark>();
  readonly normal = new Places();
  readonly background = new Places();
  readonly deletions = new DeletionPause();
  readonly #settings: MarksSettings;
  #waiting = new DueHeap<Node>();
  readonly #ages = new Ages(() => [this.tree.root, ...this.tree.root.descendants()]);
  readonly #touched = new Touched();
  #size = 0;
  #serial = 0;

  constructor(settings: MarksSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#size;
  }

  /** When something open or delayed may fall due. */
  get nextDueAt(): number | undefined {
    return this.#waiting.nextDueAt;
  }

  placesOf(mark: Mark): Places {
    return mark.background ? this.background : this.normal;
  }

  rankOf(node: Node): Rank {
    return this.#settings.rankOf?.(node.path) ?? 0;
  }

  /** What is owed at a path may be another from now on. */
  touch(node: Node, path?: RelativePath): void {
    if (node.mark === undefined) this.#touched.add(path ?? node.path);
    else this.#touched.addMarked(node.mark, path ?? node);
  }

  touchPath(path: RelativePath): void {
    this.#touched.add(path);
  }

  takeTouched(): Set<RelativePath> {
    return this.#touched.take();
  }

  /** True when something has been owed since `time` or longer, the background not counted. */
  hasBefore(time: number, countsDeletions: boolean): boolean {
    if (countsDeletions) return this.#ages.hasBefore(time, () => true);
    // Thousands of deletions may be held for hours: then it is quicker to look at the others.
    if (2 * this.normal.count("deleting") > this.#size) {
      return this.normal.someBut("deleting", ({ since }) => since <= time);
    }
    return this.#ages.hasBefore(time, ({ place }) => place !== "deleting");
  }

  /** Marks a path, and puts it where it belongs. The cost is its depth. */
  owe(path: RelativePath, kinds: Kinds, at: number, options: MarkOptions = {}): Node {
    const { background = false, attempts = 0, retryAt = 0 } = options;
    const node = this.tree.reach(path);
    const mark = (node.mark ??= blankMark());
    const isNew = mark.kinds === 0;
    if (isNew) {
      this.#begin(node, mark, at, background);
      mark.isNew = (kinds & (Kind.Content | Kind.Gone)) === Kind.Content;
    } else {
      this.#isOlder(node, mark, at);
      if (!background) this.#comeForward(node, mark);
    }
    mark.serial = ++this.#serial;
    mark.kinds |= kinds;
    mark.attempts = Math.max(mark.attempts, attempts);
    this.touch(node, path);
    if (isNew && retryAt > 0) this.#waitUntil(node, mark, "delayed", retryAt);
    else if (mark.place !== "blocked") this.put(node, mark, at);
    return node;
  }

  /** Makes another thing of a mark, where it is known that less is to be done. */
  change(node: Node, mark: Mark, kinds: Kinds): void {
    this.placesOf(mark).leave(node, mark);
    mark.kinds = kinds;
    this.put(node, mark, mark.since);
  }

  /** The number of the latest word about any path. */
  get serial(): number {
    return this.#serial;
  }

  /** Puts a path where what is owed there belongs. Attributes of a file being written wait with it. */
  put(node: Node, mark: Mark, now: number): void {
    const { kinds } = mark;
    if ((kinds & Kind.Content) !== 0) {
      this.moveTo(node, mark, placeOfContent(this.rankOf(node), mark.attempts), now);
    } else if ((kinds & Kind.Gone) !== 0) this.moveTo(node, mark, "deleting", now);
    else if ((kinds & Kind.Writing) === 0) this.moveTo(node, mark, "attributes", now);
    else if (mark.place !== "open" && mark.place !== "delayed") {
      const longest = this.#settings.longestWaitMs(node.path);
      this.#waitUntil(node, mark, "open", mark.since + longest);
    }
  }

  moveTo(node: Node, mark: Mark, place: Place, now: number): void {
    if (mark.place === place) return;
    const places = this.placesOf(mark);
    if (place === "deleting" && !mark.background && places.at("deleting").size === 0) {
      this.deletions.begin(now);
    }
    places.leave(node, mark);
    places.enter(node, mark, place);
  }

  /** Puts back what waited for something that has ended. */
  unblock(nodes: readonly Node[], now: number): void {
    for (const node of nodes) {
      const { mark } = node;
      if (mark?.place !== "blocked") continue;
      this.placesOf(mark).leave(node, mark);
      this.put(node, mark, now);
    }
  }

  /** Lets go what has waited long enough: a file still open is sent as it is now. */
  release(now: number): void {
    for (let node = this.#waiting.take(now); node !== undefined; node = this.#waiting.take(now)) {
      const { mark } = node;
      if (mark?.place !== "open" && mark?.place !== "delayed") continue;
      if (mark.dueAt <= now) this.#letGo(node, mark, now);
    }
  }

  /** Lets every file that awaits its close go as it is. */
  releaseOpen(): void {
    for (const places of [this.normal, this.background]) {
      for (const node of [...places.at("open")]) {
        if (node.mark !== undefined) this.#letGo(node, node.mark, node.mark.since);
      }
    }
  }

  /** Lets failed paths go before their time; answers how many. */
  retryNow(filter: (path: RelativePath) => boolean): number {
    let count = 0;
    for (const places of [this.normal, this.background]) {
      for (const node of [...places.at("delayed")]) {
        if (node.mark === undefined || !filter(node.path)) continue;
        this.#letGo(node, node.mark, node.mark.since);
        count++;
      }
    }
    return count;
  }

  /** Owes again what a batch did not deliver. */
  giveBack(
    node: Node,
    mark: Mark,
    entry: BatchEntry,
    outcome: Exclude<EntryOutcome, { kind: "delivered" }>,
    options: { readonly background: boolean; readonly now: number },
  ): void {
    const changedMeanwhile = mark.kinds !== 0;
    if (!changedMeanwhile) this.#begin(node, mark, entry.since, options.background);
    else {
      this.#isOlder(node, mark, entry.since);
      if (!options.background) this.#comeForward(node, mark);
    }
    mark.kinds |= entry.kinds;
    mark.isNew = false;
    mark.attempts = outcome.kind === "failed" ? entry.attempts + 1 : entry.attempts;
    if (mark.place === "blocked") return;
    if (outcome.kind === "failed" && !changedMeanwhile) {
      this.#waitUntil(node, mark, "delayed", outcome.retryAt);
    } else this.put(node, mark, options.now);
  }

  /**
   * What is said of the whole swallows what waits below it; `before`: only marks older than that. Not
   * where a move has still to be carried: it may put there what these marks are to take away.
   */
  absorb(node: Node, before = Infinity): void {
    if (node.children === undefined) return;
    const mayMove = (node.mark?.movesBelow ?? 0) > 0;
    for (const below of [...node.descendants()]) {
      if (below.mark === undefined || below.mark.kinds === 0) continue;
      if (below.mark.serial >= before || (mayMove && isMoved(below, node))) continue;
      this.touch(below);
      this.clear(below, below.mark);
      this.drop(below);
    }
  }

  /** Nothing is owed at a path any more, but for what is in flight. */
  clear(node: Node, mark: Mark): void {
    if (mark.kinds === 0) return;
    this.placesOf(mark).leave(node, mark);
    mark.kinds = 0;
    mark.attempts = 0;
    mark.background = false;
    mark.isNew = false;
    this.#size--;
  }

  /** Forgets a path where nothing of it is of interest any more. */
  drop(node: Node): void {
    if (node.mark !== undefined && isBlank(node.mark)) node.mark = undefined;
    this.tree.prune(node);
  }

  /** Forgets every path that is not in flight. */
  evict(): void {
    const { root } = this.tree;
    for (const node of [root, ...root.descendants()]) {
      const { mark } = node;
      if (mark === undefined || mark.flight !== undefined) continue;
      this.clear(node, mark);
      this.drop(node);
    }
    this.#waiting = new DueHeap();
    for (const places of [this.normal, this.background]) {
      for (const place of ["open", "delayed"] as const) {
        for (const node of places.at(place)) this.#waiting.add(node.mark?.dueAt ?? 0, node);
      }
    }
    this.#touched.keep((path) => this.tree.find(path)?.mark?.flight !== undefined);
  }

  #begin(node: Node, mark: Mark, since: number, background: boolean): void {
    mark.since = since;
    mark.background = background;
    this.#size++;
    if (!background) this.#ages.note(node, since, this.#size);
  }

  #isOlder(node: Node, mark: Mark, since: number): void {
    if (since >= mark.since) return;
    mark.since = since;
    if (!mark.background) this.#ages.note(node, since, this.#size);
  }

  /** What a pass had found was told by somebody else as well: it waits no longer in the background. */
  #comeForward(node: Node, mark: Mark): void {
    if (!mark.background) return;
    const { place } = mark;
    this.background.leave(node, mark);
    mark.background = false;
    this.#ages.note(node, mark.since, this.#size);
    if (place === "open" || place === "delayed" || place === "blocked") {
      this.normal.enter(node, mark, place);
    }
  }

  #letGo(node: Node, mark: Mark, now: number): void {
    this.touch(node);
    this.placesOf(mark).leave(node, mark);
    if ((mark.kinds & Kind.Writing) !== 0) mark.kinds |= Kind.Content;
    this.put(node, mark, now);
  }

  #waitUntil(node: Node, mark: Mark, place: "open" | "delayed", dueAt: number): void {
    this.moveTo(node, mark, place, dueAt);
    mark.dueAt = dueAt;
    this.#waiting.add(dueAt, node);
  }
}

/** True where a move begins or ends at a node or above it, below `top`. */
function isMoved(node: Node, top: Node): boolean {
  for (let at: Node | undefined = node; at !== undefined && at !== top; at = at.parent) {
    if (at.mark?.moves !== undefined) return true;
  }
  return false;
}

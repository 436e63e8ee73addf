/**
 * What the reader was told a moment ago and may have looked at too late: after a rename that is known
 * here only by and by, at a name that was another's by then. Such paths are told again by their new
 * names when the rename is known.
 *
 * A path is safe when the reader has come back for more, and everything that had happened by then has
 * been taken in.
 */
import { Kind, type Kinds } from "../../model/change.js";
import type { RelativePath } from "../../model/path.js";
import { systemClock } from "../../model/clock.js";

/** The pause before everything that has happened is asked for; many events share one asking. */
const PAUSE_MS = 50;

interface Stage {
  readonly paths: Map<RelativePath, Kinds>;
  /** The reader was told to compare. */
  comparing: boolean;
}

export class HandedOut {
  readonly #drain: () => Promise<void>;
  /** The reader is at them. */
  #current = newStage();
  /** It has come back, and nobody has been asked since. */
  #done = newStage();
  /** The watch was asked for everything up to now. */
  #asked = newStage();
  #cancel: (() => void) | undefined;
  #isAsking = false;

  /** @param drain resolves when everything that happened before the call is known here */
  constructor(drain: () => Promise<void>) {
    this.#drain = drain;
  }

  get size(): number {
    return this.#stages.reduce((sum, { paths }) => sum + paths.size, 0);
  }

  /** The reader was told to compare, and may do so now, or have seen what is not known here yet. */
  get isComparing(): boolean {
    return this.#stages.some(({ comparing }) => comparing);
  }

  /** With `Kind.Gone` alone for what is gone. */
  told(path: RelativePath, kinds: Kinds): void {
    this.#current.paths.set(path, kinds);
  }

  toldToCompare(): void {
    this.#current.comparing = true;
  }

  /** The reader wants more: it has looked at what it was given. */
  cameBack(): void {
    if (isEmpty(this.#current)) return;
    if (isEmpty(this.#done)) this.#done = this.#current;
    else {
      for (const [path, kinds] of this.#current.paths) this.#done.paths.set(path, kinds);
      this.#done.comparing ||= this.#current.comparing;
    }
    this.#current = newStage();
    if (!this.#isAsking) this.#askLater();
  }

  /** The reader was told so, perhaps by a look at a disk that was ahead of the events. */
  wasGone(path: RelativePath): boolean {
    return this.#stages.some(({ paths }) => paths.get(path) === Kind.Gone);
  }

  /** Takes the paths that a rename concerns out of what the reader was told, each with its kinds. */
  take(isConcerned: (path: RelativePath) => boolean): Map<RelativePath, Kinds> {
    const taken = new Map<RelativePath, Kinds>();
    for (const { paths } of this.#stages) {
      for (const [path, kinds] of paths) {
        if (!isConcerned(path)) continue;
        if (kinds !== Kind.Gone) taken.set(path, kinds | (taken.get(path) ?? 0));
        paths.delete(path);
      }
    }
    return taken;
  }

  close(): void {
    this.#cancel?.();
    this.#isAsking = true;
    [this.#current, this.#done, this.#asked] = [newStage(), newStage(), newStage()];
  }

  get #stages(): readonly Stage[] {
    return [this.#asked, this.#done, this.#current];
  }

  #askLater(): void {
    this.#cancel ??= systemClock.after(PAUSE_MS, () => this.#ask());
  }

  #ask(): void {
    this.#cancel = undefined;
    this.#isAsking = true;
    this.#asked = this.#done;
    this.#done = newStage();
    this.#drain().then(
      () => {
        this.#asked = newStage();
        this.#isAsking = false;
        if (!isEmpty(this.#done)) this.#askLater();
      },
      // The watch has ended.
      () => undefined,
    );
  }
}

function newStage(): Stage {
  return { paths: new Map(), comparing: false };
}

function isEmpty({ paths, comparing }: Stage): boolean {
  return paths.size === 0 && !comparing;
}

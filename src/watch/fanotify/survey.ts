/**
 * Looking into directories that have come into the tree with something in them: by a rename from
 * elsewhere, from a place that is left out, or where a rename cannot be told as such. What is below
 * is told as new. A directory that was made needs no look: all that happens in it is heard.
 *
 * A list may be ahead of the queue. While that can be, it is in doubt whether those who are told
 * of changes know what lies there, and a rename there or through there is not told as one.
 */
import { Errno } from "../../kernel/libc.js";
import type { Filter } from "../../filter/filter.js";
import { Kind } from "../../model/change.js";
import { isBelow, joinPath } from "../../model/path.js";
import type { RelativePath } from "../../model/path.js";
import { GONE_ERRORS } from "../enter.js";
import type { Outbox } from "../outbox.js";
import type { TreeGrounds } from "./grounds.js";

export interface SurveyOptions {
  readonly grounds: TreeGrounds;
  readonly filter: Filter | undefined;
  readonly outbox: Outbox;
  readonly now: () => number;
}

export class Survey {
  readonly #options: SurveyOptions;
  /** Last in, first out: depth first keeps it short. */
  #waiting: RelativePath[] = [];
  /** Looked at since the queue was last read to its end. */
  readonly #fresh = new Set<RelativePath>();

  constructor(options: SurveyOptions) {
    this.#options = options;
  }

  get hasWork(): boolean {
    return this.#waiting.length > 0;
  }

  ask(path: RelativePath): void {
    this.#waiting.push(path);
  }

  /** Works until nothing is left or `until` (ms) has passed. */
  work(until: number): void {
    let path;
    while ((path = this.#waiting.pop()) !== undefined) {
      this.#lookAt(path);
      if (this.#options.now() >= until) return;
    }
  }

  /** One more reading is wanted, so that the next rename finds no doubt. */
  get isUnconfirmed(): boolean {
    return this.#fresh.size > 0;
  }

  /** To be called when the queue was read to its end: what was seen before is explained. */
  confirm(): void {
    if (this.#fresh.size > 0) this.#fresh.clear();
  }

  /** Whether something at a place, below or above it is still to be told, or may be. */
  isDoubtful(place: RelativePath): boolean {
    const concerns = (path: RelativePath) =>
      path === place || isBelow(path, place) || isBelow(place, path);
    if (this.#waiting.some(concerns)) return true;
    for (const path of this.#fresh) if (concerns(path)) return true;
    return false;
  }

  /** What was at a place is looked for elsewhere, or is no more. */
  drop(place: RelativePath): void {
    if (this.#waiting.length === 0) return;
    this.#waiting = this.#waiting.filter((path) => path !== place && !isBelow(path, place));
  }

  clear(): void {
    this.#waiting = [];
  }

  #lookAt(directory: RelativePath): void {
    const { grounds, filter, outbox } = this.#options;
    this.#fresh.add(directory);
    const error = grounds.list(directory, (name, type) => {
      const path = joinPath(directory, name);
      const isDirectory = type === "directory";
      if (filter?.keepsEntry(path, isDirectory) === false) return;
      outbox.add(path, isDirectory ? Kind.Content | Kind.Directory : Kind.Content);
      if (isDirectory) this.#waiting.push(path);
    });
    // It is no more or elsewhere by now, as an event says that is still to be read.
    if (error === 0 || GONE_ERRORS.has(error)) return;
    if (error === Errno.EACCES || error === Errno.EPERM) return;
    outbox.add(directory, Kind.Content | Kind.Directory | Kind.Subtree);
  }
}

/**
 * `watch()` of the library: changes below a directory as an async iterable.
 *
 * It is a bounded buffer between a true watch and a reader that may be slow: changes are joined by
 * path, and when too many paths wait, they become a gap. Nothing is lost in silence.
 */
import { lstatSync } from "node:fs";
import { resolve } from "node:path";
import type { Changes, Coverage, Gap, GapReason, Kinds } from "../model/change.js";
import { Kind } from "../model/change.js";
import { bytesBelow, latin1FromText, type RelativePath, ROOT } from "../model/path.js";
import { compileFilter } from "../filter/filter.js";
import { startWatch, type TreeWatch } from "../watch/watch.js";

export interface WatchOptions {
  /** Filter rules, as in a configuration; what they exclude is neither watched nor told. */
  readonly filter?: readonly string[];
  /** Paths that may wait for a slow reader; more become a gap. Standard: 100,000. */
  readonly buffer?: number;
  /** Ends the watch; the iteration then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A name below the watched directory. */
export interface WatchedPath {
  /** Relative to the directory, "" for itself. Bytes that are not UTF-8 show as U+FFFD. */
  readonly path: string;
  /** The same as bytes: exact for every name. */
  readonly bytes: Buffer;
  /** The absolute path as bytes, which is what `node:fs` takes for every name. */
  readonly location: Buffer;
  /** ms since the epoch. */
  readonly at: number;
}

export interface WatchedChange extends WatchedPath {
  /**
   * What the reader should look at: another content (or a new entry), other attributes, a name that
   * is gone, or a file that is being written and still open. It tells where to look; what is there
   * now, the disk alone knows.
   */
  readonly kind: "content" | "attributes" | "gone" | "writing";
  readonly isDirectory: boolean;
  /** A directory of which everything below may be another, too. */
  readonly wholeSubtree: boolean;
}

/** Something was lost: what lies at and below the path has to be compared. */
export interface WatchedGap extends WatchedPath {
  readonly kind: "gap";
  /** `slow-reader`: more paths waited than the buffer holds. */
  readonly reason: GapReason | "slow-reader";
}

/** The directory itself went, or came back; after its return a gap follows. */
export interface WatchedRoot extends WatchedPath {
  readonly kind: "root-lost" | "root-returned";
  readonly reason: string;
}

export type WatchEvent = WatchedChange | WatchedGap | WatchedRoot;

export interface Watching extends AsyncIterableIterator<WatchEvent, undefined>, AsyncDisposable {
  /** Resolves when the whole tree is watched; rejects with a Fault where it cannot be. */
  readonly ready: Promise<void>;
  /** Directories that are watched, and those that cannot be and are scanned instead. */
  readonly coverage: Coverage;
  /** Resolves when everything that happened before the call can be read. */
  drain(signal?: AbortSignal): Promise<void>;
  return(): Promise<IteratorResult<WatchEvent, undefined>>;
  /** Ends the watch and the iteration. Repeating it is harmless. */
  close(): Promise<void>;
}

const STANDARD_BUFFER = 100_000;

/**
 * Watches a directory tree. What is there already is not told. The watch begins at once; `ready`
 * says when it is complete. Leaving the loop, `close()` or the signal end it.
 */
export function watch(directory: string | Buffer, options: WatchOptions = {}): Watching {
  const root =
    typeof directory === "string"
      ? latin1FromText(resolve(directory))
      : directory.toString("latin1");
  return new WatchStream(root, options);
}

interface Joined {
  kinds: Kinds;
  /** Whether the latest of "gone" and "there" was gone. */
  gone: boolean;
  at: number;
}

interface Reader {
  readonly resolve: (result: IteratorResult<WatchEvent, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

class WatchStream implements Watching {
  readonly ready: Promise<void>;
  readonly #root: string;
  readonly #limit: number;
  readonly #starting: Promise<TreeWatch>;
  readonly #changes = new Map<RelativePath, Joined>();
  /** What is told before any change. */
  #notices: (WatchedGap | WatchedRoot)[] = [];
  #readers: Reader[] = [];
  #watch: TreeWatch | undefined;
  #ended = false;
  #error: unknown;
  #closing: Promise<void> | undefined;
  readonly #signal: AbortSignal | undefined;

  constructor(root: string, { filter = [], buffer = STANDARD_BUFFER, signal }: WatchOptions) {
    this.#root = root;
    this.#limit = buffer;
    this.#signal = signal;
    // Says at once what is wrong with a rule.
    compileFilter(filter);
    signal?.addEventListener("abort", this.#abort, { once: true });
    this.#starting = this.#start(filter);
    this.ready = this.#starting.then((started) => {
      this.#watch = started;
    });
    // Whoever reads is told, too.
    this.ready.catch((error: unknown) => this.#fail(error));
  }

  get coverage(): Coverage {
    return this.#watch?.coverage ?? { watched: 0, unwatched: 0 };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<WatchEvent, undefined>> {
    const event = this.#take();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise(
      (resolve_, reject) => void this.#readers.push({ resolve: resolve_, reject }),
    );
  }

  async return(): Promise<IteratorResult<WatchEvent, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  async drain(signal?: AbortSignal): Promise<void> {
    const started = await this.#starting;
    await started.drain({}, signal);
  }

  close(): Promise<void> {
    this.#end();
    this.#changes.clear();
    this.#notices = [];
    this.#closing ??= this.#release();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #start(filter: readonly string[]): Promise<TreeWatch> {
    const listener = {
      changes: (changes: Changes) => this.#join(changes),
      gap: (gap: Gap) => this.#notice({ kind: "gap", reason: gap.reason, ...this.#place(gap) }),
      root: (state: "lost" | "returned", reason: string) => {
        const place = this.#place({ path: ROOT, at: Date.now() });
        this.#notice({ kind: `root-${state}`, reason, ...place });
      },
      coverage: () => undefined,
    };
    return startWatch({ root: this.#root, rules: filter, moves: false }, listener, this.#signal);
  }

  readonly #abort = (): void => {
    this.#fail(this.#signal?.reason);
    void this.close();
  };

  async #release(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#abort);
    const started = await this.#starting.catch(() => undefined);
    await started?.close();
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    const [first, ...others] = this.#readers;
    this.#readers = others;
    if (first === undefined) this.#error = error;
    else first.reject(error);
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    for (const { resolve: done } of this.#readers) done({ done: true, value: undefined });
    this.#readers = [];
  }

  #join({ at, paths, kinds }: Changes): void {
    if (this.#ended) return;
    for (const [index, path] of paths.entries()) {
      const now = kinds[index] ?? 0;
      const before = this.#changes.get(path);
      const gone = isGone(now, () => this.#isMissing(path));
      if (before === undefined) this.#changes.set(path, { kinds: now, gone: gone ?? false, at });
      else {
        before.kinds |= now;
        before.gone = gone ?? before.gone;
      }
    }
    if (this.#changes.size > this.#limit) {
      this.#changes.clear();
      const place = this.#place({ path: ROOT, at });
      this.#notice({ kind: "gap", reason: "slow-reader", ...place });
    }
    this.#feed();
  }

  #notice(notice: WatchedGap | WatchedRoot): void {
    if (this.#ended) return;
    // A gap that waits already says all that a second one of the same place would.
    const repeats = this.#notices.some(
      ({ kind, path }) => kind === "gap" && notice.kind === "gap" && path === notice.path,
    );
    if (!repeats) this.#notices.push(notice);
    this.#feed();
  }

  #feed(): void {
    while (this.#readers.length > 0) {
      const event = this.#take();
      if (event === undefined) return;
      this.#readers.shift()?.resolve({ done: false, value: event });
    }
  }

  #take(): WatchEvent | undefined {
    const notice = this.#notices.shift();
    if (notice !== undefined) return notice;
    for (const [path, joined] of this.#changes) {
      this.#changes.delete(path);
      return {
        kind: kindOf(joined),
        isDirectory: (joined.kinds & Kind.Directory) !== 0,
        wholeSubtree: (joined.kinds & Kind.Subtree) !== 0,
        ...this.#place({ path, at: joined.at }),
      };
    }
    return undefined;
  }

  #place({ path, at }: { readonly path: RelativePath; readonly at: number }): WatchedPath {
    const bytes = Buffer.from(path, "latin1");
    return { path: bytes.toString("utf8"), bytes, location: bytesBelow(this.#root, path), at };
  }

  #isMissing(path: RelativePath): boolean {
    try {
      return lstatSync(bytesBelow(this.#root, path), { throwIfNoEntry: false }) === undefined;
    } catch {
      return true; // what was a directory above it is none any more
    }
  }
}

/** Whether the name went; undefined where that was not the question. */
function isGone(kinds: Kinds, isMissing: () => boolean): boolean | undefined {
  const came = (kinds & (Kind.Content | Kind.Writing | Kind.Subtree)) !== 0;
  if ((kinds & Kind.Gone) === 0) return came ? false : undefined;
  // Both in one message: their order is not told.
  return came ? isMissing() : true;
}

function kindOf({ kinds, gone }: Joined): WatchedChange["kind"] {
  if (gone) return "gone";
  if ((kinds & (Kind.Content | Kind.Subtree)) !== 0) return "content";
  if ((kinds & Kind.Writing) !== 0) return "writing";
  return "attributes";
}

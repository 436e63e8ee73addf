/**
 * Changes that wait for their reader: one for each path, however often it changed, and when each may
 * be told. Nothing happens by itself here; whoever takes says what time it is.
 */
import { Kind, type Kinds } from "../../model/change.js";
import type { RelativePath } from "../../model/path.js";
import type { ChangeKind } from "./events.js";
import { Line } from "./line.js";
import type { Look } from "./place.js";

/** All that was said of one path since it was last told. */
export interface Joined {
  kinds: Kinds;
  /** Whether the latest of "gone" and "there" was gone. */
  gone: boolean;
  /** Written to, and not closed since. */
  open: boolean;
  /** When the first change was noticed, ms since the epoch. */
  readonly at: number;
  /** When the first and the latest change arrived here, on the clock of `now`. */
  readonly first: number;
  latest: number;
}

export interface Waits {
  readonly path: RelativePath;
  readonly joined: Joined;
}

export interface WaitingSettings {
  /** How long a path has to be quiet, ms; 0: it is told at once. */
  readonly settle: number;
  readonly longestWait: number;
  readonly isWanted: (kind: ChangeKind) => boolean;
  readonly look: Look;
}

const CAME = Kind.Content | Kind.Writing | Kind.Subtree;

export class Waiting {
  readonly #settings: WaitingSettings;
  /** All of them, in the order of their first changes. */
  readonly #all = new Line<RelativePath, Joined>();
  /** Those that are not open, in the order of their latest changes. Empty without `settle`. */
  readonly #quiet = new Line<RelativePath, Joined>();
  /** Those that wait for no time any more. Empty without `settle`. */
  readonly #released = new Line<RelativePath, Joined>();
  /** A rename has put an old one behind newer ones. */
  #isMixedUp = false;

  constructor(settings: WaitingSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#all.size;
  }

  paths(): RelativePath[] {
    return [...this.#all.keys()];
  }

  get(path: RelativePath): Joined | undefined {
    return this.#all.get(path);
  }

  add(path: RelativePath, kinds: Kinds, at: number, now: number): void {
    const word = this.#inOrder(path, kinds);
    const before = this.#all.get(path);
    const joined: Joined = before ?? { ...word, at, first: now, latest: now };
    if (before !== undefined) {
      // What is said of the type now is true now.
      before.kinds = (before.kinds & ~Kind.Directory) | word.kinds;
      before.gone = (word.kinds & (CAME | Kind.Gone)) === 0 ? before.gone : word.gone;
      before.open =
        (word.kinds & ~(Kind.Attributes | Kind.Directory)) === 0 ? before.open : word.open;
      before.latest = now;
    }
    this.#put(path, joined);
  }

  /** It goes on waiting by another name, and replaces what waits by that. */
  rename(from: RelativePath, to: RelativePath): void {
    const joined = this.#all.get(from);
    if (joined === undefined) return;
    this.delete(from);
    this.delete(to);
    this.#put(to, joined);
    this.#isMixedUp = this.#settings.settle > 0;
  }

  delete(path: RelativePath): Joined | undefined {
    const joined = this.#all.get(path);
    this.#all.delete(path);
    this.#quiet.delete(path);
    this.#released.delete(path);
    return joined;
  }

  clear(): void {
    for (const map of [this.#all, this.#quiet, this.#released]) map.clear();
  }

  /** Nothing that waits now waits for quiet any more. */
  release(): void {
    if (this.#settings.settle === 0) return;
    for (const [path, joined] of this.#all) this.#released.set(path, joined);
  }

  /** The first that may be told; undefined when there is none. */
  take(now: number): Waits | undefined {
    this.#sort();
    const path = this.#firstDue(now);
    const joined = path === undefined ? undefined : this.delete(path);
    return path === undefined || joined === undefined ? undefined : { path, joined };
  }

  /** When `take` may have something; Infinity where nothing waits. */
  get nextDue(): number {
    const { settle, longestWait } = this.#settings;
    this.#sort();
    const oldest = this.#all.first()?.[1];
    if (oldest === undefined) return Infinity;
    if (settle === 0 || this.#released.size > 0) return -Infinity;
    const quietest = this.#quiet.first()?.[1];
    const quietDue = quietest === undefined ? Infinity : quietest.latest + settle;
    return Math.min(oldest.first + longestWait, quietDue);
  }

  #firstDue(now: number): RelativePath | undefined {
    const { settle, longestWait } = this.#settings;
    const released = this.#released.first();
    if (released !== undefined) return released[0];
    const oldest = this.#all.first();
    if (oldest === undefined) return undefined;
    if (settle === 0 || oldest[1].first + longestWait <= now) return oldest[0];
    const quietest = this.#quiet.first();
    if (quietest !== undefined && quietest[1].latest + settle <= now) return quietest[0];
    return undefined;
  }

  #sort(): void {
    if (!this.#isMixedUp) return;
    this.#isMixedUp = false;
    const sort = (map: Line<RelativePath, Joined>, by: "first" | "latest") => {
      const sorted = [...map].sort(([, a], [, b]) => a[by] - b[by]);
      map.clear();
      for (const [path, joined] of sorted) map.set(path, joined);
    };
    sort(this.#all, "first");
    sort(this.#quiet, "latest");
  }

  #put(path: RelativePath, joined: Joined): void {
    if (!this.#settings.isWanted(kindOf(joined))) {
      this.delete(path);
      return;
    }
    this.#all.set(path, joined);
    if (this.#settings.settle === 0) return;
    this.#quiet.delete(path);
    if (!joined.open) this.#quiet.set(path, joined);
  }

  /** One message's word of a path. Where it says "gone" and "there", only the disk knows the order. */
  #inOrder(path: RelativePath, kinds: Kinds): Pick<Joined, "kinds" | "gone" | "open"> {
    const came = (kinds & CAME) !== 0;
    if ((kinds & Kind.Gone) === 0 || !came) {
      const gone = (kinds & Kind.Gone) !== 0;
      return { kinds, gone, open: (kinds & CAME) === Kind.Writing };
    }
    const sight = this.#settings.look(path);
    const known = sight === "missing" ? kinds : kinds & ~Kind.Directory;
    return {
      kinds: sight === "directory" ? known | Kind.Directory : known,
      gone: sight === "missing",
      open: sight === "other" && (kinds & CAME) === Kind.Writing,
    };
  }
}

export function kindOf({ kinds, gone }: Joined): ChangeKind {
  if (gone) return "gone";
  if ((kinds & (Kind.Content | Kind.Subtree)) !== 0) return "content";
  return (kinds & Kind.Writing) !== 0 ? "writing" : "attributes";
}

/**
 * Which source hears a tree: inotify, which serves everywhere, or fanotify, which hears whole file
 * systems. By itself fanotify is taken only where the root is a file system of its own; elsewhere it
 * would hear, and be woken by, all that happens beside the tree.
 */
import type { Filter } from "../filter/filter.js";
import { Mask } from "../kernel/inotify-decode.js";
import { Errno, errorName } from "../kernel/libc.js";
import { hearingOn } from "../kernel/mounts.js";
import { systemClock } from "../model/clock.js";
import { ROOT } from "../model/path.js";
import type { WatcherChoice } from "../model/watcher.js";
import { kernelCalls } from "./calls.js";
import { countedEvents, countsMoves } from "./counted-events.js";
import type { CountedEvents } from "./counted-events.js";
import { FanotifySource } from "./fanotify/source.js";
import type { MountPlace } from "./fanotify/source.js";
import { InotifySource } from "./inotify-source.js";
import type { ReaderSetup } from "./messages.js";
import type { MountWatch } from "./mount-watch.js";
import type { Outbox } from "./outbox.js";
import type { TreeSource } from "./source.js";

export interface BegunSource {
  readonly source: TreeSource;
  /** 0, or the number of the error that stands in the way of watching at all. */
  readonly error: number;
  readonly choice: WatcherChoice;
}

const AS_SET = "the settings say so";

export class Sources {
  readonly #setup: ReaderSetup;
  readonly #filter: Filter | undefined;
  readonly #outbox: Outbox;
  readonly #mounts: MountWatch;
  readonly #counted: CountedEvents | undefined;

  constructor(setup: ReaderSetup, filter: Filter | undefined, outbox: Outbox, mounts: MountWatch) {
    this.#setup = setup;
    this.#filter = filter;
    this.#outbox = outbox;
    this.#mounts = mounts;
    this.#counted = setup.events === undefined ? undefined : countedEvents(setup.events);
  }

  /** Makes a source and begins it; inotify where fanotify does not serve, or `obstacle` says so. */
  begin(obstacle = this.#obstacle()): BegunSource {
    let reason = obstacle;
    if (reason === undefined) {
      const fanotify = this.#newFanotify();
      if (fanotify.begin() === 0) {
        const isAsked = this.#setup.watcher === "fanotify";
        const choice = {
          kind: "fanotify",
          reason: isAsked ? AS_SET : "the source is a file system of its own",
        } as const;
        return { source: fanotify, error: 0, choice };
      }
      reason = fanotify.unfit ?? "it does not serve";
    }
    const source = this.#newInotify();
    return { source, error: source.begin(), choice: { kind: "inotify", reason } };
  }

  #obstacle(): string | undefined {
    return fanotifyObstacle(this.#setup, this.#mounts, this.#counted);
  }

  #newInotify(): InotifySource {
    const { inotify, root } = this.#setup;
    return new InotifySource({
      ...this.#common(),
      descriptor: inotify,
      calls: kernelCalls(inotify, root),
      unheardMount: (path) => this.#mounts.isUnheard(path),
    });
  }

  #newFanotify(): FanotifySource {
    const { inotify, fanotify, root } = this.#setup;
    const calls = kernelCalls(inotify, root);
    return new FanotifySource({
      ...this.#common(),
      descriptor: fanotify,
      root,
      inspect: (path) => calls.inspect(path),
      mounts: () => this.#mountPlaces(),
    });
  }

  #common() {
    const { moves, scanIntervalMs } = this.#setup;
    const counted = this.#counted;
    return {
      filter: this.#filter,
      outbox: this.#outbox,
      now: () => systemClock.now(),
      tellsMoves: moves && (counted === undefined || countsMoves(counted)),
      ...(counted === undefined ? {} : { counted }),
      scanIntervalMs,
    };
  }

  #mountPlaces(): MountPlace[] {
    return this.#mounts
      .places()
      .filter((path) => path !== ROOT && this.#filter?.keeps(path, true) !== false)
      .map((path) => {
        const type = this.#mounts.typeAt(path) ?? "";
        return { path, refusal: hearingOn(type) === "heard" ? undefined : `it is ${type}` };
      });
  }
}

function openingObstacle(error: number): string {
  switch (error) {
    case Errno.EPERM:
      return "this process lacks CAP_SYS_ADMIN";
    case Errno.EINVAL:
    case Errno.ENOSYS:
      return "this kernel's fanotify is older than Linux 5.17, or left out";
    default:
      return `it cannot be opened (${errorName(error)})`;
  }
}

/** Why fanotify is not even tried. `fanotify` is a group, or an error number with its sign changed. */
export function fanotifyObstacle(
  { watcher, fanotify }: Pick<ReaderSetup, "watcher" | "fanotify">,
  mounts: MountWatch,
  counted: CountedEvents | undefined,
): string | undefined {
  if (watcher === "inotify") return AS_SET;
  if (watcher === "auto" && !mounts.isWholeFileSystem) {
    return "the source is not a file system of its own";
  }
  if (fanotify < 0) return openingObstacle(-fanotify);
  const type = mounts.typeAt(ROOT);
  if (hearingOn(type ?? "") !== "heard") {
    return `the source lies on ${type ?? "a file system we do not know"}`;
  }
  // A directory whose arrival does not count is not watched; a whole file system always is.
  const arrivals = Mask.CREATE | Mask.MOVED_TO;
  if (counted !== undefined && (counted.directories & arrivals) !== arrivals) {
    return "the arrival of directories does not count";
  }
  return undefined;
}

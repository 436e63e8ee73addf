/** What the reader says about itself: coverage, limits, faults. Each thing once, not once per event. */
import { readLimits } from "../kernel/limits.js";
import { changesUnheard } from "../kernel/mounts.js";
import type { Coverage } from "../model/change.js";
import type { Fault } from "../model/fault.js";
import { displayPath } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import type { WatcherChoice } from "../model/watcher.js";
import type { Delivery } from "./delivery.js";
import type { RootIdentity } from "./root-guard.js";
import type { TreeSource } from "./source.js";

/** Coverage changes with every directory; it is told this often at most. */
const COVERAGE_PAUSE_MS = 1000;

export class Reporter {
  readonly #delivery: Delivery;
  #coverage: Coverage = { watched: 0, unwatched: 0 };
  #coverageAt = 0;
  #coverageDue = Infinity;
  #isLimited = false;
  /** That a directory on a local disk has to be scanned is said for the first one only. */
  #hasCaughtDirectory = false;

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
  }

  get nextDue(): number {
    return this.#coverageDue;
  }

  failed(fault: Fault): void {
    const { code, message, hint } = fault;
    this.#delivery.post({ kind: "failed", code, message, hint });
  }

  ready(identity: RootIdentity, coverage: Coverage, now: number): void {
    this.#coverage = coverage;
    this.#coverageAt = now;
    this.#delivery.post({ kind: "ready", identity, coverage });
  }

  watcher(choice: WatcherChoice): void {
    this.#delivery.post({ kind: "watcher", choice });
  }

  /** Tells the coverage if it has changed, now or when it may be told again. */
  coverage(coverage: Coverage, now: number, force = false): void {
    const { watched, unwatched, whole } = this.#coverage;
    const isSame = coverage.watched === watched && coverage.unwatched === unwatched;
    if (isSame && coverage.whole === whole) {
      this.#coverageDue = Infinity;
    } else if (!force && now < this.#coverageAt + COVERAGE_PAUSE_MS) {
      this.#coverageDue = this.#coverageAt + COVERAGE_PAUSE_MS;
    } else {
      this.#coverage = coverage;
      this.#coverageAt = now;
      this.#coverageDue = Infinity;
      this.#delivery.post({ kind: "coverage", coverage });
    }
  }

  /** To be called when no directory is left to look at, so that the numbers are whole. */
  limit(source: TreeSource): void {
    const { watched, unwatched } = source.coverage;
    if (source.isLimited === this.#isLimited) return;
    this.#isLimited = source.isLimited;
    if (this.#isLimited) {
      const { sysctl, value } = readLimits().watches;
      const wanted = roundUp(2 * Math.max(watched + unwatched, value ?? 0));
      this.#delivery.post({
        kind: "notice",
        notice: {
          kind: "limit-reached",
          level: "warn",
          text:
            `Cannot watch ${unwatched} of ${watched + unwatched} directories: ` +
            `${sysctl} is ${value ?? "unknown"} for all programs of this user. ` +
            `They are scanned from time to time instead`,
          hint: `Raise it: sysctl -w ${sysctl}=${wanted}`,
          sysctl,
          value,
        },
      });
    } else {
      this.#delivery.post({
        kind: "notice",
        notice: {
          kind: "limit-over",
          level: "info",
          text: `Directories can be watched again: ${watched} are`,
        },
      });
    }
  }

  /** Says where changes may be made that nobody here is told of. */
  unheard(path: RelativePath, type: string | undefined): void {
    if (type === undefined || !changesUnheard(type)) return;
    this.#delivery.post({
      kind: "notice",
      notice: {
        kind: "unheard",
        level: "warn",
        text:
          `${path === "" ? "The source" : displayPath(path)} lies on ${type}, where others may ` +
          `write unheard: it is scanned from time to time`,
        hint: "Run treecast on the machine that holds the files, and every change is heard.",
      },
    });
  }

  /** Something has changed here, and nobody told of it: `whole` file system, or one directory. */
  caughtUnheard(path: RelativePath, type: string | undefined, whole: boolean): void {
    if (!whole && this.#hasCaughtDirectory) return;
    this.#hasCaughtDirectory ||= !whole;
    const place = path === "" ? "The source" : displayPath(path);
    this.#delivery.post({
      kind: "notice",
      notice: {
        kind: "unheard",
        level: "warn",
        text: whole
          ? `${place}, on ${type ?? "an unknown file system"}, has changed without a sign: ` +
            `it is scanned from time to time`
          : `Something in ${place} has changed without a sign, as by a program that writes through ` +
            `a memory map or another hard link: such directories are scanned from time to time`,
      },
    });
  }
}

/** The next power of two: easy to recognise in a sysctl file. */
function roundUp(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, value)));
}

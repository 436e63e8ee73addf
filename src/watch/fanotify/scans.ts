/**
 * Directories in which something was found to change unheard: each is looked at from time to time,
 * and compared with how it was last seen.
 */
import type { BigIntStats } from "node:fs";
import { Kind } from "../../model/change.js";
import { isBelow, joinPath } from "../../model/path.js";
import type { RelativePath } from "../../model/path.js";
import { fingerprint, isDirectoryPrint, ScanPace } from "../scan.js";
import type { Snapshot } from "../scan.js";
import type { SurveyOptions } from "./survey.js";

export interface ScansOptions extends SurveyOptions {
  readonly inspect: (path: RelativePath) => BigIntStats | undefined;
  /** The shortest pause between scans. */
  readonly scanIntervalMs: number;
}

export class Scans {
  readonly #options: ScansOptions;
  readonly #pace: ScanPace;
  readonly #snapshots = new Map<RelativePath, Snapshot | undefined>();
  #waiting: RelativePath[] = [];
  #due = Infinity;
  /** Of the scan under way. */
  #tookMs = 0;
  #hasFound = false;

  constructor(options: ScansOptions) {
    this.#options = options;
    this.#pace = new ScanPace(options.scanIntervalMs);
  }

  get size(): number {
    return this.#snapshots.size;
  }

  get hasWork(): boolean {
    return this.#waiting.length > 0;
  }

  /** When the next scan is due, ms; Infinity while one is under way, and for none. */
  get nextDue(): number {
    return this.#due;
  }

  /** Scans a directory from now on. False where that is done already. */
  add(path: RelativePath): boolean {
    if (this.#snapshots.has(path)) return false;
    this.#snapshots.set(path, undefined);
    this.#waiting.push(path);
    return true;
  }

  /** Scans all of them now. */
  start(): void {
    this.#due = Infinity;
    this.#waiting = [...this.#snapshots.keys()];
  }

  work(until: number): void {
    const { now } = this.#options;
    const from = now();
    let path;
    while ((path = this.#waiting.pop()) !== undefined) {
      this.#scan(path);
      if (now() >= until) break;
    }
    this.#tookMs += now() - from;
    if (this.hasWork) return;
    this.#due = now() + this.#pace.pauseAfter(this.#tookMs, this.#hasFound);
    this.#tookMs = 0;
    this.#hasFound = false;
  }

  /** A directory was renamed. */
  moved(from: RelativePath, to: RelativePath): void {
    for (const [path, snapshot] of [...this.#snapshots]) {
      if (path !== from && !isBelow(path, from)) continue;
      this.#snapshots.delete(path);
      this.#snapshots.set((to + path.slice(from.length)) as RelativePath, snapshot);
    }
    if (this.hasWork) this.start();
  }

  #scan(directory: RelativePath): void {
    const { grounds, filter, inspect } = this.#options;
    const before = this.#snapshots.get(directory);
    const after: Snapshot = new Map();
    const paths: [string, RelativePath][] = [];
    const error = grounds.list(directory, (name, type) => {
      const path = joinPath(directory, name);
      if (filter?.keepsEntry(path, type === "directory") !== false) paths.push([name, path]);
    });
    if (error !== 0) {
      // It is gone or elsewhere, of which events tell; should it return, it is found out again.
      this.#snapshots.delete(directory);
      return;
    }
    for (const [name, path] of paths) {
      const status = inspect(path);
      if (status === undefined) continue;
      const print = fingerprint(status);
      after.set(name, print);
      if (before !== undefined && before.get(name) !== print) {
        this.#differs(path, Kind.Content, isDirectoryPrint(print));
      }
    }
    for (const [name, print] of before ?? []) {
      if (!after.has(name)) {
        this.#differs(joinPath(directory, name), Kind.Gone, isDirectoryPrint(print));
      }
    }
    this.#snapshots.set(directory, after);
  }

  #differs(path: RelativePath, kind: number, isDirectory: boolean): void {
    this.#hasFound = true;
    // What stands in a directory is told by events; here only the directory itself differs.
    this.#options.outbox.add(path, isDirectory ? kind | Kind.Directory : kind);
  }
}

/**
 * A source, a replica and what lies between, in memory: the disk changes, changes are told in
 * messages, batches and moves are carried at some moment and end in any way. What rsync would do is
 * done by exact rules: content only by content lists, deletions only by name, moves by copying.
 */
import { expect } from "vitest";
import type { Batch, BatchEntry, EntryOutcome, Sight } from "../../src/model/batch.js";
import { Kind, type Kinds, type Move } from "../../src/model/change.js";
import { type RelativePath, ROOT, isBelow, joinPath, parentOf } from "../../src/model/path.js";
import {
  DirtySet,
  type Lane,
  type MoveBatch,
  type Owed,
  type Rank,
  type RenameLimits,
} from "../../src/queue/dirty-set.js";

/** A file is the number of its version, which no other file ever has. */
export type Content = "directory" | number;
export type Disk = Map<RelativePath, Content>;

interface Flight {
  readonly batch: Batch;
  /** What stood at each entry when rsync read it; undefined before. */
  read: Map<BatchEntry, Content | undefined> | undefined;
  written: boolean;
}

const LARGE = 90;
const LANES: readonly Lane[] = ["normal", "large", "background"];

export class Simulation {
  readonly source: Disk = new Map();
  readonly replica: Disk = new Map();
  flying: Flight[] = [];
  moving: { readonly batch: MoveBatch; carried: boolean } | undefined;
  now = 0;
  set: DirtySet;
  /** What the journal would hold, kept by what was touched alone. */
  readonly journal = new Map<RelativePath, Owed>();
  /** Debts that are kept elsewhere for the time being. */
  #evicted: [RelativePath, Owed][] = [];
  #version = 0;
  readonly #renames: RenameLimits | undefined;
  #message = new Map<RelativePath, Kinds>();
  #moves: Move[] = [];

  /**
   * Both sides hold these files at first. The replica has old ones of some; then all below the topmost
   * directory is in doubt.
   */
  constructor(
    start: readonly RelativePath[] = [],
    old: readonly RelativePath[] = [],
    renames?: RenameLimits,
  ) {
    this.#renames = renames;
    this.set = newSet(renames);
    for (const path of start) {
      if (this.source.get(path) === "directory" || !this.#hasOnlyDirectories(path)) continue;
      put(this.source, path, new Map([["", ++this.#version]]));
    }
    for (const [path, content] of this.source) this.replica.set(path, content);
    for (const path of old) {
      const [top = path] = path.split("/") as RelativePath[];
      if (this.source.get(top) !== "directory" || top === path) continue;
      take(this.replica, path);
      put(this.replica, path, new Map([["", ++this.#version]]));
      this.set.add(top, Kind.Content | Kind.Directory | Kind.Subtree, 0);
    }
  }

  /** One of the paths that are there. */
  existing(which: number): RelativePath {
    const paths = [...this.source.keys()].sort();
    return paths[which % paths.length] ?? ("a" as RelativePath);
  }

  write(at: RelativePath, open: boolean): void {
    if (this.source.get(at) === "directory" || !this.#hasParent(at)) return;
    this.source.set(at, ++this.#version);
    this.#say(at, open ? Kind.Writing : Kind.Writing | Kind.Content);
  }

  makeDirectory(at: RelativePath): void {
    if (this.source.has(at) || !this.#hasParent(at)) return;
    this.source.set(at, "directory");
    this.#say(at, Kind.Content | Kind.Directory);
  }

  remove(at: RelativePath): void {
    const was = this.source.get(at);
    if (was === undefined) return;
    for (const path of [...below(this.source, at), at]) this.source.delete(path);
    this.#say(at, Kind.Gone | directoryKind(was));
  }

  /** `asMove`: what lies in a directory is not told one by one. */
  rename(from: RelativePath, to: RelativePath, asMove: boolean): void {
    const what = this.source.get(from);
    if (what === undefined || !this.#hasParent(to) || !this.#mayReplace(what, from, to)) return;
    const moved = take(this.source, from);
    this.source.delete(to);
    put(this.source, to, moved);
    this.#say(from, Kind.Gone | directoryKind(what));
    this.#say(to, Kind.Content | directoryKind(what));
    if (asMove) this.#moves.push({ from, to, isDirectory: what === "directory" });
    else for (const path of below(this.source, to)) this.#say(path, Kind.Content);
  }

  /** Two names change places at one stroke; the kernel tells it as two renames. */
  exchange(one: RelativePath, other: RelativePath): void {
    const [a, b] = [this.source.get(one), this.source.get(other)];
    if (a === undefined || b === undefined || one === other) return;
    if (isBelow(one, other) || isBelow(other, one)) return;
    const [first, second] = [take(this.source, one), take(this.source, other)];
    put(this.source, other, first);
    put(this.source, one, second);
    this.#say(one, Kind.Gone | Kind.Content | directoryKind(a) | directoryKind(b));
    this.#say(other, Kind.Gone | Kind.Content | directoryKind(a) | directoryKind(b));
    this.#moves.push(
      { from: one, to: other, isDirectory: a === "directory" },
      { from: other, to: one, isDirectory: b === "directory" },
    );
  }

  /** A pass in the background names a path. */
  suspect(at: RelativePath): void {
    const kinds = this.source.has(at) ? Kind.Content : Kind.Gone;
    this.set.add(at, kinds, this.now, { background: true });
  }

  /** What was not told yet is told, in one message. */
  tell(): void {
    const moves = this.#moves;
    for (const [path, kinds] of this.#message) this.set.add(path, kinds, this.now);
    this.#message = new Map();
    this.#moves = [];
    for (const move of moves) {
      // Of what is kept elsewhere, the set can say nothing: then the new place is compared.
      if (this.#evicted.length > 0) this.#compareAll(move.to);
      else this.set.addMove(move, this.now);
    }
  }

  cut(lane: Lane): Batch | undefined {
    this.tell();
    this.load();
    const onGone = (path: RelativePath) => this.#mustBeGone(path);
    const missing = "send";
    const batch = this.set.cut({ now: this.now, look: this.#look, missing, onGone, lane });
    if (batch === undefined) return undefined;
    for (const { path, kinds, sight } of batch.entries) {
      if (sight.type === "missing") expect(kinds & Kind.Gone, `${path} was weighed`).not.toBe(0);
    }
    for (const other of this.flying) mustNotMeet(batch, other.batch);
    for (const { path } of batch.entries) this.#mustNotBeMoving(path);
    this.flying.push({ batch, read: undefined, written: false });
    return batch;
  }

  /** rsync reads at one moment, and writes at a later one what it has read. */
  carry(index: number): void {
    const flight = this.flying[index];
    if (flight === undefined || flight.written) return;
    const { profile, entries } = flight.batch;
    if (flight.read === undefined) {
      const contents = entries.map((entry) => [entry, this.#contentAt(entry.path)] as const);
      flight.read = new Map(contents);
      return;
    }
    flight.written = true;
    for (const [{ path }, content] of flight.read) {
      if (path === ROOT) continue;
      if (content === undefined) {
        if (profile === "attributes") take(this.replica, path);
        continue;
      }
      // A list of attributes trusts what is there.
      const there = typeof this.replica.get(path) === "number";
      if (profile === "attributes" && there && content !== "directory") continue;
      if (content !== "directory") take(this.replica, path);
      put(this.replica, path, new Map([["", content]]));
    }
  }

  end(index: number, fate: number): void {
    this.tell();
    const [flight] = this.flying.splice(index, 1);
    if (flight === undefined) return;
    const { read, written, batch } = flight;
    const outcomeOf = (entry: BatchEntry): EntryOutcome => {
      const position = batch.entries.indexOf(entry);
      const isMissing = entry.sight.type === "missing";
      if (!written || (read?.get(entry) === undefined) !== isMissing) return { kind: "again" };
      // What was deleted is looked at once more.
      if (isMissing && this.#contentAt(entry.path) !== undefined) return { kind: "again" };
      if (fate % 5 === 1 && position % 2 === 0) return { kind: "again" };
      if (fate % 5 === 2 && position % 3 === 0) {
        return { kind: "failed", reason: "test", retryAt: this.now + 100 };
      }
      return { kind: "delivered" };
    };
    this.set.end(batch, outcomeOf, this.now);
    for (const entry of batch.entries) {
      const { path, kinds } = entry;
      if (this.source.get(path) !== "directory") continue;
      const replaced = (kinds & Kind.Gone) !== 0 && (kinds & Kind.Directory) !== 0;
      if ((kinds & Kind.Subtree) !== 0) this.#compareAll(path);
      else if (replaced) this.#compareNames(path);
    }
  }

  startMove(): void {
    this.tell();
    this.load();
    const batch = this.set.cutMove(this.now);
    if (batch === undefined) return;
    expect(this.moving, "two moves are under way").toBeUndefined();
    this.moving = { batch, carried: false };
    for (const { batch: other } of this.flying) {
      for (const { path } of other.entries) this.#mustNotBeMoving(path);
    }
  }

  /**
   * The replica takes what it holds at the old place to the new one, for exactly the names that the
   * source has where the thing is now; only what it does not hold is sent. `merges`: over what stands
   * at the new place already.
   */
  carryMove(merges: boolean): void {
    if (this.moving === undefined || this.moving.carried) return;
    const { from, to, isDirectory } = this.moving.batch;
    const at = this.set.placeNow(this.moving.batch);
    const there = this.source.get(at);
    if (there === undefined || (there === "directory") !== isDirectory) return;
    this.moving.carried = true;
    const made = new Map<string, Content>();
    for (const path of [at, ...below(this.source, at)]) {
      const rest = path.slice(at.length);
      const content = this.source.get(path);
      const held = this.replica.get((from + rest) as RelativePath);
      if (content === undefined) continue;
      made.set(rest, typeof content === "number" && typeof held === "number" ? held : content);
    }
    if (!merges || !isDirectory || this.replica.get(to) !== "directory") take(this.replica, to);
    for (const [rest, content] of made) {
      if (content !== "directory") take(this.replica, (to + rest) as RelativePath);
      put(this.replica, to, new Map([[rest, content]]));
    }
  }

  endMove(succeeds: boolean): void {
    this.tell();
    if (this.moving === undefined) return;
    const { batch, carried } = this.moving;
    this.moving = undefined;
    this.set.endMove(batch, carried && succeeds ? "carried" : "fallback", this.now);
    // A moved file is proven by its size and time; below a moved directory nothing is.
    if (!batch.isDirectory) this.#compareAll(batch.to);
  }

  /** Debts go to the journal alone. */
  evict(): void {
    this.tell();
    if (this.#evicted.length > 0) return;
    this.#evicted = [...this.set.debts()].map(({ path, ...owed }) => [path, owed]);
    this.set.evict();
    for (const { path } of this.set.debts()) this.#mustBeInFlight(path);
    this.journal.clear();
    for (const { path, ...owed } of this.set.debts()) this.journal.set(path, owed);
  }

  /** Debts come back from the journal. */
  load(): void {
    const debts = this.#evicted;
    this.#evicted = [];
    for (const [path, { kinds, since, attempts, retryAt }] of debts) {
      this.set.add(path, kinds & ~Kind.Subtree, since, { attempts, retryAt });
      if ((kinds & Kind.Subtree) !== 0) this.#compareAll(path);
    }
  }

  /** The program is killed and started again: only what the journal held is known. */
  crash(): void {
    this.tell();
    this.load();
    this.#evicted = [...this.set.debts()].map(({ path, ...owed }) => [path, owed]);
    this.set = newSet(this.#renames);
    this.flying = [];
    this.moving = undefined;
    this.journal.clear();
    this.load();
  }

  /** What differs is owed; and what was touched is all that has changed of it. */
  check(): void {
    this.tell();
    const debts = new Map<RelativePath, Owed>();
    for (const { path, ...owed } of this.set.debts()) debts.set(path, owed);
    for (const path of this.set.takeTouched()) {
      const owed = this.set.debtOf(path);
      if (owed === undefined) this.journal.delete(path);
      else this.journal.set(path, owed);
    }
    expect(sorted(this.journal)).toEqual(sorted(debts));
    // What is kept elsewhere is joined with what was told since, as the journal does it.
    for (const [path, owed] of this.#evicted) {
      debts.set(path, { ...owed, kinds: owed.kinds | (debts.get(path)?.kinds ?? 0) });
    }
    for (const path of differences(this.source, this.replica)) {
      if (!this.#isCovered(path, debts)) {
        expect.fail(`${path} differs and is not owed: ${JSON.stringify([...debts])}`);
      }
    }
  }

  settle(): void {
    for (let round = 0; round < 2_000; round++) {
      this.startMove();
      while (this.flying.length > 0) {
        this.carry(0);
        this.carry(0);
        this.end(0, 0);
      }
      this.carryMove(false);
      this.endMove(true);
      this.startMove();
      const due = LANES.map((lane) => this.set.nextDueAt(lane, "send") ?? Infinity);
      const soonest = Math.min(...due);
      if (soonest === Infinity && this.moving === undefined) return;
      if (soonest !== Infinity) this.now = Math.max(this.now, soonest);
      for (const lane of LANES) this.cut(lane);
    }
    throw new Error("The dirty set never came to rest");
  }

  #say(path: RelativePath, kinds: Kinds): void {
    this.#message.set(path, (this.#message.get(path) ?? 0) | kinds);
  }

  #isCovered(path: RelativePath, debts: ReadonlyMap<RelativePath, Owed>): boolean {
    if (debts.has(path)) return true;
    for (let above = parentOf(path); above !== ROOT; above = parentOf(above)) {
      const kinds = debts.get(above)?.kinds;
      if (kinds === undefined) continue;
      if ((kinds & (Kind.Gone | Kind.Subtree)) !== 0) return true;
      if (this.source.get(above) !== "directory") return true;
    }
    return false;
  }

  /** Names that only the replica has, below a directory that was gone for a while. */
  #compareNames(at: RelativePath): void {
    for (const path of below(this.replica, at)) {
      if (!this.source.has(path)) this.set.add(path, Kind.Gone, this.now);
    }
  }

  #compareAll(at: RelativePath): void {
    for (const path of differences(this.source, this.replica)) {
      if (path !== at && !isBelow(path, at)) continue;
      this.set.add(path, this.source.has(path) ? Kind.Content : Kind.Gone, this.now);
    }
  }

  readonly #look = (at: RelativePath): Sight => {
    let named = ROOT;
    for (const name of at === "" ? [] : at.split("/")) {
      named = joinPath(named, name);
      const content = this.source.get(named);
      if (content === undefined) return { at: named, type: "missing", size: 0 };
      if (content !== "directory") return { at: named, type: "file", size: (content * 7) % 100 };
    }
    return { at, type: "directory", size: 0 };
  };

  #contentAt(path: RelativePath): Content | undefined {
    return path === ROOT ? "directory" : this.source.get(path);
  }

  #hasParent(at: RelativePath): boolean {
    const parent = parentOf(at);
    return parent === ROOT || this.source.get(parent) === "directory";
  }

  #hasOnlyDirectories(at: RelativePath): boolean {
    for (let above = parentOf(at); above !== ROOT; above = parentOf(above)) {
      if (typeof this.source.get(above) === "number") return false;
    }
    return true;
  }

  #mayReplace(what: Content, from: RelativePath, to: RelativePath): boolean {
    if (to === from || isBelow(to, from) || isBelow(from, to)) return false;
    const there = this.source.get(to);
    if (there === undefined) return true;
    return (
      (what === "directory") === (there === "directory") && below(this.source, to).length === 0
    );
  }

  #mustBeGone(path: RelativePath): void {
    expect(this.source.has(path), `${path} is there`).toBe(false);
  }

  #mustNotBeMoving(path: RelativePath): void {
    if (this.moving === undefined) return;
    for (const place of [this.moving.batch.from, this.moving.batch.to]) {
      expect(path === place || isBelow(path, place), `${path} is sent while moved`).toBe(false);
    }
  }

  #mustBeInFlight(path: RelativePath): void {
    const batches = this.flying.flatMap(({ batch }) => batch.entries);
    const moving = this.moving?.batch;
    const known = batches.some((entry) => entry.path === path);
    expect(known || path === moving?.from || path === moving?.to, `${path} was evicted`).toBe(true);
  }
}

function newSet(renames: RenameLimits | undefined): DirtySet {
  return new DirtySet({
    longestWaitMs: () => 1_000,
    batchPaths: 5,
    batchBytes: 1_000,
    largeFileBytes: LARGE,
    rankOf: (path): Rank => (path.endsWith("c") ? 1 : path.endsWith("a") ? -1 : 0),
    ...(renames === undefined ? {} : { renames }),
  });
}

function directoryKind(content: Content): Kinds {
  return content === "directory" ? Kind.Directory : 0;
}

function below(disk: Disk, at: RelativePath): RelativePath[] {
  return [...disk.keys()].filter((path) => isBelow(path, at));
}

/** Takes a thing off the disk with all below it, by what follows its name. */
function take(disk: Disk, at: RelativePath): Map<string, Content> {
  const taken = new Map<string, Content>();
  for (const path of [at, ...below(disk, at)]) {
    const content = disk.get(path);
    if (content !== undefined) taken.set(path.slice(at.length), content);
    disk.delete(path);
  }
  return taken;
}

/** Puts it somewhere, with the directories above it that it takes. */
function put(disk: Disk, at: RelativePath, what: ReadonlyMap<string, Content>): void {
  for (const [rest, content] of what) {
    const path = (at + rest) as RelativePath;
    for (let above = parentOf(path); above !== ROOT; above = parentOf(above)) {
      disk.set(above, "directory");
    }
    disk.set(path, content);
  }
}

function differences(one: Disk, other: Disk): RelativePath[] {
  const all = new Set([...one.keys(), ...other.keys()]);
  return [...all].filter((path) => one.get(path) !== other.get(path));
}

function mustNotMeet(one: Batch, other: Batch): void {
  for (const a of one.entries) {
    for (const b of other.entries) {
      expect(a.path, "one path is in flight twice").not.toBe(b.path);
      if (one.profile === "large" || other.profile === "large") continue;
      if (isBelow(a.path, b.path)) expect(b.sight.type).toBe("directory");
      if (isBelow(b.path, a.path)) expect(a.sight.type).toBe("directory");
    }
  }
}

export function sorted<T>(map: ReadonlyMap<RelativePath, T>): Map<RelativePath, T> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}

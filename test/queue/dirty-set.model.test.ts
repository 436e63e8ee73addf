/**
 * The dirty set against a model: a disk in memory is changed at random while batches are cut, carried
 * at some later moment, and end in any order and way. When it is quiet, replica and source are equal.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Batch, EntryOutcome, Sight } from "../../src/model/batch.js";
import { Kind } from "../../src/model/change.js";
import { type RelativePath, ROOT, isBelow, joinPath, parentOf } from "../../src/model/path.js";
import { DirtySet } from "../../src/queue/dirty-set.js";

type Content = "directory" | number;
type Disk = Map<RelativePath, Content>;

const NAMES = ["a", "b", "c"];
const LARGE = 50;

class Simulation {
  readonly source: Disk = new Map();
  readonly replica: Disk = new Map();
  readonly flying: { batch: Batch; carried: boolean }[] = [];
  now = 0;
  #version = 0;
  readonly set = new DirtySet({
    longestWaitMs: () => 1_000,
    batchPaths: 5,
    batchBytes: 1_000,
    largeFileBytes: LARGE,
  });

  write(at: RelativePath, open: boolean): void {
    if (this.source.get(at) === "directory" || !this.#hasParent(at)) return;
    this.source.set(at, (++this.#version * 7) % 100);
    this.set.add(at, open ? Kind.Writing : Kind.Content, this.now);
  }

  makeDirectory(at: RelativePath): void {
    if (this.source.has(at) || !this.#hasParent(at)) return;
    this.source.set(at, "directory");
    this.set.add(at, Kind.Content | Kind.Directory, this.now);
  }

  remove(at: RelativePath): void {
    const was = this.source.get(at);
    if (was === undefined) return;
    for (const path of below(this.source, at)) this.source.delete(path);
    this.source.delete(at);
    this.set.add(at, Kind.Gone | (was === "directory" ? Kind.Directory : 0), this.now);
  }

  rename(from: RelativePath, to: RelativePath): void {
    const what = this.source.get(from);
    if (what === undefined || this.source.has(to) || !this.#hasParent(to)) return;
    if (to === from || isBelow(to, from)) return;
    const moved = below(this.source, from).map((path) => [path, this.source.get(path)!] as const);
    this.remove(from);
    this.source.set(to, what);
    this.set.add(to, Kind.Content | (what === "directory" ? Kind.Directory : 0), this.now);
    for (const [path, content] of moved) {
      const place = (to + path.slice(from.length)) as RelativePath;
      this.source.set(place, content);
      this.set.add(place, Kind.Content, this.now);
    }
  }

  cut(lane: "normal" | "large"): Batch | undefined {
    const batch = this.set.cut({ now: this.now, look: this.#look, missing: "send", lane });
    if (batch === undefined) return undefined;
    for (const other of this.flying) this.#mustNotMeet(batch, other.batch);
    this.flying.push({ batch, carried: false });
    return batch;
  }

  /** What rsync would do at this moment: content as it is now, deletions only by name. */
  carry(index: number): void {
    const flight = this.flying[index];
    if (flight === undefined || flight.carried) return;
    flight.carried = true;
    for (const { path } of flight.batch.entries) {
      if (path === ROOT) continue;
      const content = this.source.get(path);
      if (content === undefined) {
        if (flight.batch.profile !== "attributes") continue;
        for (const lost of below(this.replica, path)) this.replica.delete(lost);
        this.replica.delete(path);
        continue;
      }
      if (content !== "directory") {
        for (const lost of below(this.replica, path)) this.replica.delete(lost);
      }
      this.#place(path, content);
    }
  }

  end(index: number, fate: number): void {
    const [flight] = this.flying.splice(index, 1);
    if (flight === undefined) return;
    const outcome = (position: number): EntryOutcome => {
      if (!flight.carried) return { kind: "again" };
      if (fate % 5 === 1 && position % 2 === 0) return { kind: "again" };
      if (fate % 5 === 2 && position % 3 === 0) {
        return { kind: "failed", reason: "test", retryAt: this.now + 100 };
      }
      return { kind: "delivered" };
    };
    const { entries } = flight.batch;
    const replaced = entries.filter(({ kinds }) => (kinds & 24) === (Kind.Gone | Kind.Directory));
    this.set.end(flight.batch, (entry) => outcome(entries.indexOf(entry)), this.now);
    for (const { path } of replaced) this.#compare(path);
  }

  settle(): void {
    for (let round = 0; round < 1_000; round++) {
      while (this.flying.length > 0) {
        this.carry(0);
        this.end(0, 0);
      }
      const due = [this.set.nextDueAt("normal", "send"), this.set.nextDueAt("large", "send")];
      const soonest = Math.min(...due.map((time) => time ?? Infinity));
      if (soonest === Infinity) return;
      this.now = Math.max(this.now, soonest);
      this.cut("normal");
      this.cut("large");
    }
    throw new Error("The dirty set never came to rest");
  }

  /** A directory that was gone for a while may hold old children: the caller compares it. */
  #compare(at: RelativePath): void {
    if (this.source.get(at) !== "directory") return;
    for (const path of below(this.replica, at)) {
      if (!this.source.has(path)) this.set.add(path, Kind.Gone, this.now);
    }
  }

  readonly #look = (at: RelativePath): Sight => {
    let named = ROOT;
    for (const name of at === "" ? [] : at.split("/")) {
      named = joinPath(named, name);
      const content = this.source.get(named);
      if (content === undefined) return { at: named, type: "missing", size: 0 };
      if (content !== "directory") return { at: named, type: "file", size: content };
    }
    return { at, type: "directory", size: 0 };
  };

  #place(path: RelativePath, content: Content): void {
    for (let above = parentOf(path); above !== ROOT; above = parentOf(above)) {
      this.replica.set(above, "directory");
    }
    this.replica.set(path, content);
  }

  #hasParent(at: RelativePath): boolean {
    const parent = parentOf(at);
    return parent === ROOT || this.source.get(parent) === "directory";
  }

  #mustNotMeet(one: Batch, other: Batch): void {
    for (const a of one.entries) {
      for (const b of other.entries) {
        expect(a.path, "one path is in flight twice").not.toBe(b.path);
        if (one.profile === "large" || other.profile === "large") continue;
        if (isBelow(a.path, b.path)) expect(b.sight.type).toBe("directory");
        if (isBelow(b.path, a.path)) expect(a.sight.type).toBe("directory");
      }
    }
  }
}

function below(disk: Disk, at: RelativePath): RelativePath[] {
  return [...disk.keys()].filter((path) => isBelow(path, at));
}

const anyPath = fc
  .array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join("/") as RelativePath);

const step = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant("write" as const), anyPath, fc.boolean()) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("mkdir" as const), anyPath) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("remove" as const), anyPath) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("rename" as const), anyPath, anyPath) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("cut" as const), fc.boolean()) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("carry" as const), fc.nat(3)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("end" as const), fc.nat(3), fc.nat(9)) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constant("pass" as const), fc.integer({ min: 1, max: 400 })),
  },
);

describe("DirtySet", () => {
  it("brings replica and source together whatever happens, and never lets related batches meet", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), (steps) => {
        const world = new Simulation();
        for (const each of steps) {
          if (each[0] === "write") world.write(each[1], each[2]);
          else if (each[0] === "mkdir") world.makeDirectory(each[1]);
          else if (each[0] === "remove") world.remove(each[1]);
          else if (each[0] === "rename") world.rename(each[1], each[2]);
          else if (each[0] === "cut") world.cut(each[1] ? "large" : "normal");
          else if (each[0] === "carry") world.carry(each[1]);
          else if (each[0] === "end") world.end(each[1], each[2]);
          else world.now += each[1];
        }
        world.settle();
        expect(new Map([...world.replica].sort())).toEqual(new Map([...world.source].sort()));
        expect(world.set.size).toBe(0);
        expect(world.set.flying("normal") + world.set.flying("large")).toBe(0);
      }),
      { numRuns: 3_000 },
    );
  });
});

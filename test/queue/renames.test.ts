import { describe, expect, it } from "vitest";
import { seeded } from "../../bench/random.js";
import type { Sight } from "../../src/model/batch.js";
import { Kind } from "../../src/model/change.js";
import type { DirtySet } from "../../src/queue/dirty-set.js";
import { type TableDisk, delivered, dirtySet, names, options, path } from "./table-disk.js";

const GONE = Kind.Gone | Kind.Directory;
const NEW = Kind.Content | Kind.Directory;

/** What the watch tells of a renamed directory. */
function renamed(set: DirtySet, from: string, to: string, at: number): void {
  set.add(path(from), GONE, at);
  set.add(path(to), NEW, at);
  set.addMove({ from: path(from), to: path(to), isDirectory: true }, at);
}

function renamedFile(set: DirtySet, from: string, to: string, at: number): void {
  set.add(path(from), Kind.Gone, at);
  set.add(path(to), Kind.Content, at);
  set.addMove({ from: path(from), to: path(to), isDirectory: false }, at);
}

const owed = (set: DirtySet) =>
  Object.fromEntries([...set.debts()].map((debt) => [debt.path as string, debt.kinds]));

/** Cuts and delivers until nothing is left that could go; what was sent, by name and profile. */
function deliverAll(set: DirtySet, disk: TableDisk, now: number): Record<string, string> {
  const sent: Record<string, string> = {};
  for (const lane of ["normal", "large", "normal"] as const) {
    for (let batch = set.cut(options(disk, { now, lane })); batch !== undefined;) {
      for (const { path: at, sight } of batch.entries) {
        sent[at] = sight.type === "missing" ? "deleted" : batch.profile;
      }
      set.end(batch, delivered, now);
      batch = set.cut(options(disk, { now, lane }));
    }
  }
  return sent;
}

describe("Renames", () => {
  it("hold all at and below both places back until the move has been carried", () => {
    const set = dirtySet();
    renamed(set, "a", "b", 1);
    set.add(path("b/new"), Kind.Content, 2);
    set.add(path("other"), Kind.Content, 2);
    const disk = { b: "directory", "b/new": 1, other: 1 } as const;
    expect(deliverAll(set, disk, 9_000)).toEqual({ other: "content" });
    expect(set.isAtRest("send")).toBe(false);
    expect(set.nextDueAt("normal", "send")).toBeUndefined();
    const move = set.cutMove(9_000)!;
    expect(move).toEqual({ id: move.id, from: "a", to: "b", isDirectory: true, since: 1 });
    expect(set.cutMove(9_000)).toBeUndefined();
    expect(deliverAll(set, disk, 9_000)).toEqual({});
    set.endMove(move, "carried", 9_001);
    expect(deliverAll(set, disk, 20_000)).toEqual({
      b: "attributes",
      "b/new": "content",
      a: "deleted",
    });
    expect(owed(set)).toEqual({});
  });

  it("owe a move as a deletion and something new to be compared", () => {
    const set = dirtySet();
    renamed(set, "a", "b", 1);
    renamedFile(set, "f", "g", 2);
    expect(set.takeTouched()).toEqual(new Set(["a", "b", "f", "g"]));
    expect(owed(set)).toMatchObject({ a: GONE, f: Kind.Gone });
    expect(owed(set)["b"]! & (NEW | Kind.Subtree)).toBe(NEW | Kind.Subtree);
    expect(owed(set)["g"]! & (Kind.Content | Kind.Subtree)).toBe(Kind.Content);
    expect(set.hasBefore(1, "send")).toBe(true);
    expect(set.oldest()).toBe(1);
  });

  it("mark at the new place what was changed at the old one in the same breath", () => {
    const set = dirtySet();
    set.add(path("a/written"), Kind.Content, 1);
    set.add(path("a/touched"), Kind.Attributes, 1);
    set.add(path("a/open"), Kind.Writing, 1);
    set.add(path("a/gone"), Kind.Gone, 1);
    set.add(path("a/sub/deep"), Kind.Content, 1);
    renamed(set, "a", "b", 1);
    expect(owed(set)).toMatchObject({
      "b/written": Kind.Content,
      "b/touched": Kind.Content,
      "b/open": Kind.Writing,
      "b/gone": Kind.Gone,
      "b/sub/deep": Kind.Content,
    });
    expect(set.awaitsClose(path("b/open"))).toBe(true);
    expect(owed(set)).not.toHaveProperty("a/written");
  });

  it("find what was changed in the same breath though questions are asked in between", () => {
    const set = dirtySet();
    set.add(path("a/f"), Kind.Content, 1);
    set.add(path("a"), GONE, 1);
    set.add(path("b"), NEW, 1);
    expect(set.debtOf(path("b"))).toMatchObject({ kinds: NEW });
    expect(set.awaitsClose(path("b"))).toBe(false);
    set.addMove({ from: path("a"), to: path("b"), isDirectory: true }, 1);
    expect(owed(set)).toMatchObject({ "b/f": Kind.Content });
  });

  it("mark at the new place what is in flight at the old one, and wait for it", () => {
    const set = dirtySet();
    const before = { a: "directory", "a/f": 1 } as const;
    set.add(path("a/f"), Kind.Content, 1);
    const flight = set.cut(options(before))!;
    renamed(set, "a", "b", 2);
    expect(owed(set)).toMatchObject({ "a/f": Kind.Content, "b/f": Kind.Content });
    expect(set.cutMove(3)).toBeUndefined();
    const outcome = { kind: "failed", reason: "vanished", retryAt: 50 } as const;
    set.end(flight, () => outcome, 4);
    const move = set.cutMove(5)!;
    set.endMove(move, "carried", 6);
    expect(deliverAll(set, { b: "directory", "b/f": 1 }, 20_000)).toMatchObject({
      "b/f": "content",
      a: "deleted",
    });
    expect(owed(set)).toEqual({});
  });

  it("wait for a large file and for a deletion above, too", () => {
    const set = dirtySet();
    const before = { a: "directory", "a/big": 200_000 } as const;
    set.add(path("a/big"), Kind.Content, 1);
    expect(set.cut(options(before))).toBeUndefined();
    const large = set.cut(options(before, { lane: "large" }))!;
    set.add(path("p"), GONE, 2);
    const deletion = set.cut(options(before))!;
    expect(names(deletion)).toEqual(["p"]);
    renamed(set, "a", "p/b", 3);
    expect(set.cutMove(4)).toBeUndefined();
    set.end(large, delivered, 5);
    expect(set.cutMove(5)).toBeUndefined();
    set.end(deletion, delivered, 6);
    expect(set.cutMove(6)).toMatchObject({ from: "a", to: "p/b" });
  });

  it("wait for a deletion above the old place", () => {
    const set = dirtySet();
    set.add(path("p"), GONE, 1);
    const deletion = set.cut(options({}))!;
    renamed(set, "p/a", "b", 2);
    expect(set.cutMove(3)).toBeUndefined();
    set.end(deletion, delivered, 4);
    expect(set.cutMove(5)).toMatchObject({ from: "p/a", to: "b" });
  });

  it("take along a doubt about everything below a directory above", () => {
    for (const isInFlight of [false, true]) {
      const set = dirtySet();
      set.add(path("p"), NEW | Kind.Subtree, 1);
      if (isInFlight) set.cut(options({ p: "directory" }));
      renamed(set, "p/a", "b", 2);
      set.endMove(set.cutMove(3)!, "carried", 4);
      expect(set.debtOf(path("b"))!.kinds & Kind.Subtree).toBe(Kind.Subtree);
    }
  });

  it("wait until a new directory above the new place has arrived", () => {
    const set = dirtySet();
    set.add(path("p"), NEW, 1);
    renamed(set, "a", "p/b", 1);
    const disk = { p: "directory", "p/b": "directory" } as const;
    expect(set.cutMove(2)).toBeUndefined();
    const batch = set.cut(options(disk, { now: 2 }))!;
    expect(names(batch)).toEqual(["p"]);
    expect(set.cutMove(2)).toBeUndefined();
    set.end(batch, delivered, 3);
    expect(set.cutMove(3)).toMatchObject({ to: "p/b" });
  });

  it("do not wait for ever for a directory that is itself renamed next", () => {
    const set = dirtySet();
    set.add(path("p"), GONE, 1);
    set.add(path("p"), NEW, 1);
    renamed(set, "a", "p/b", 1);
    renamed(set, "p", "q", 1);
    const first = set.cutMove(9_000)!;
    expect(first).toMatchObject({ from: "a", to: "p/b" });
    expect(set.placeNow(first)).toBe("q/b");
  });

  it("keep a directory above a place from being deleted before the move has ended", () => {
    const set = dirtySet();
    renamed(set, "p/a", "b", 1);
    set.add(path("p"), GONE, 1);
    const disk = { b: "directory" } as const;
    expect(deliverAll(set, disk, 9_000)).toEqual({});
    set.endMove(set.cutMove(9_000)!, "carried", 9_000);
    expect(deliverAll(set, disk, 20_000)).toMatchObject({ p: "deleted" });
  });

  it("go in their order, and tell where a thing is by now", () => {
    const set = dirtySet();
    renamed(set, "a", "t", 1);
    renamed(set, "b", "a", 2_000);
    renamed(set, "t", "b", 4_000);
    renamed(set, "b", "p/b", 6_000);
    const moves = [1, 2, 3, 4].map(() => {
      const move = set.cutMove(9_000)!;
      const now = set.placeNow(move);
      set.endMove(move, "carried", 9_000);
      return [move.from, move.to, now];
    });
    expect(moves).toEqual([
      ["a", "t", "p/b"],
      ["b", "a", "a"],
      ["t", "b", "p/b"],
      ["b", "p/b", "p/b"],
    ]);
  });

  it("have what was not carried compared, once it is there", () => {
    const set = dirtySet();
    renamed(set, "a", "b", 1);
    renamedFile(set, "f", "g", 1);
    const disk = { b: "directory", g: 5 } as const;
    set.endMove(set.cutMove(2)!, "fallback", 3);
    set.endMove(set.cutMove(4)!, "fallback", 5);
    expect(set.debtOf(path("b"))!.kinds & (NEW | Kind.Subtree)).toBe(NEW | Kind.Subtree);
    const batch = set.cut(options(disk))!;
    expect(batch.profile).toBe("content");
    expect(names(batch)!.sort()).toEqual(["b", "g"]);
    for (const { path: at, kinds } of batch.entries) {
      expect((kinds & Kind.Subtree) !== 0).toBe(at === "b");
    }
  });

  it("give up with a move those that rely on it, and no others", () => {
    const set = dirtySet();
    renamed(set, "a", "b", 1);
    renamed(set, "b/sub", "c", 2_000);
    renamed(set, "x", "y", 4_000);
    renamed(set, "b", "d", 6_000);
    set.endMove(set.cutMove(9_000)!, "fallback", 9_000);
    for (const place of ["b", "c", "d"]) {
      expect(set.debtOf(path(place))!.kinds & Kind.Subtree, place).toBe(Kind.Subtree);
    }
    const next = set.cutMove(9_000)!;
    expect(next).toMatchObject({ from: "x", to: "y" });
    set.endMove(next, "carried", 9_000);
    expect(set.cutMove(9_000)).toBeUndefined();
    expect(set.debtOf(path("y"))!.kinds & Kind.Subtree).toBe(0);
  });

  it("have compared what a later move took along, when that has ended", () => {
    const set = dirtySet();
    renamed(set, "a", "p/b", 1);
    renamed(set, "p", "q", 2_000);
    set.endMove(set.cutMove(9_000)!, "fallback", 9_000);
    const disk = { q: "directory", "q/b": "directory" } as const;
    expect(deliverAll(set, disk, 9_000)).toEqual({ a: "deleted" });
    const next = set.cutMove(9_000)!;
    expect(next).toMatchObject({ from: "p", to: "q" });
    set.endMove(next, "carried", 9_000);
    expect(set.debtOf(path("q/b"))!.kinds & Kind.Subtree).toBe(Kind.Subtree);
    expect(deliverAll(set, disk, 9_001)).toMatchObject({ "q/b": "content" });
  });

  it("carry no new directory of which nothing was sent, but have it compared", () => {
    const set = dirtySet();
    set.add(path("tmp"), NEW, 1);
    set.add(path("tmp/f"), Kind.Content, 1);
    renamed(set, "tmp", "final", 2);
    expect(set.cutMove(3)).toBeUndefined();
    const disk = { final: "directory", "final/f": 1 } as const;
    expect(deliverAll(set, disk, 9_000)).toMatchObject({ final: "content", "final/f": "content" });
  });

  it("carry a new directory of which something was sent", () => {
    const set = dirtySet();
    set.add(path("tmp"), NEW, 1);
    set.end(set.cut(options({ tmp: "directory" }))!, delivered, 2);
    renamed(set, "tmp", "final", 3);
    expect(set.cutMove(4)).toMatchObject({ from: "tmp", to: "final" });
  });

  it("send a moved large file no more than its attributes, unless it was written", () => {
    const disk = { g: 200_000, i: 200_000 };
    const set = dirtySet();
    renamedFile(set, "f", "g", 1);
    set.add(path("h"), Kind.Gone, 1);
    set.add(path("i"), Kind.Content | Kind.Writing, 1);
    set.addMove({ from: path("h"), to: path("i"), isDirectory: false }, 1);
    for (let each = 0; each < 2; each++) set.endMove(set.cutMove(2)!, "carried", 3);
    expect(deliverAll(set, disk, 9_000)).toMatchObject({ g: "attributes", i: "large" });
  });

  it("take two names that changed places at one stroke for no moves", () => {
    const set = dirtySet();
    for (const [from, to] of [
      ["a", "b"],
      ["b", "a"],
    ] as const) {
      set.add(path(from), GONE | NEW, 1);
      set.add(path(to), GONE | NEW, 1);
    }
    set.add(path("a/f"), Kind.Content, 1);
    set.addMove({ from: path("a"), to: path("b"), isDirectory: true }, 1);
    set.addMove({ from: path("b"), to: path("a"), isDirectory: true }, 1);
    expect(set.cutMove(2)).toBeUndefined();
    expect(owed(set)).toMatchObject({ "a/f": Kind.Content, "b/f": Kind.Content });
    for (const place of ["a", "b"]) {
      expect(set.debtOf(path(place))!.kinds & Kind.Subtree).toBe(Kind.Subtree);
    }
  });

  it("have both names compared where an exchange is noticed when the first half is under way", () => {
    const set = dirtySet();
    renamed(set, "a", "b", 1);
    const half = set.cutMove(2)!;
    renamed(set, "b", "a", 3);
    set.endMove(half, "carried", 500);
    expect(set.cutMove(501)).toBeUndefined();
    const disk = { a: "directory", b: "directory" } as const;
    const batch = set.cut(options(disk))!;
    for (const { kinds } of batch.entries) expect(kinds & Kind.Subtree).toBe(Kind.Subtree);
    expect(names(batch)!.sort()).toEqual(["a", "b"]);
  });

  it("are carried back as well, when that was later", () => {
    const set = dirtySet();
    renamed(set, "a", "b", 1_000);
    renamed(set, "b", "a", 5_000);
    const there = set.cutMove(6_000)!;
    expect(set.placeNow(there)).toBe("a");
    set.endMove(there, "carried", 6_000);
    expect(set.cutMove(6_000)).toMatchObject({ from: "b", to: "a" });
  });

  it("are forgotten when evicted, but for the one under way", () => {
    const set = dirtySet();
    renamed(set, "a", "b", 1);
    renamed(set, "c", "d", 2_000);
    const move = set.cutMove(3_000)!;
    set.evict();
    expect(set.size).toBe(0);
    expect(Object.keys(owed(set)).sort()).toEqual(["a", "b"]);
    set.endMove(move, "carried", 4_000);
    expect(owed(set)).toEqual({});
    expect(set.cutMove(4_000)).toBeUndefined();
    expect(set.isAtRest("send")).toBe(true);
  });

  it("leave the whole debt with what stays marked after an eviction, being in flight", () => {
    const set = dirtySet();
    const look = (at: Sight["at"]): Sight => ({ at, type: "file", size: 1 });
    set.add(path("g"), Kind.Content, 1);
    const flight = set.cut({ now: 1, look, missing: "send", lane: "normal" })!;
    renamedFile(set, "f", "g", 2);
    set.evict();
    set.end(flight, delivered, 3);
    expect(set.debtOf(path("g"))).toMatchObject({ kinds: Kind.Content | Kind.Attributes });
    expect(set.cut({ now: 4, look, missing: "send", lane: "normal" })).toMatchObject({
      profile: "content",
      entries: [{ path: "g" }],
    });
  });

  const carried = (set: DirtySet): string[] => {
    const places: string[] = [];
    for (let move = set.cutMove(9_000); move !== undefined; move = set.cutMove(9_000)) {
      places.push(move.to);
      set.endMove(move, "carried", 9_000);
    }
    return places;
  };

  it("are sent and compared where more of them wait than are worth it", () => {
    const set = dirtySet({ renames: { waiting: 2, copied: 100 } });
    for (const [at, from] of ["a", "b", "c"].entries()) renamed(set, from, `${from}-new`, at);
    expect(carried(set)).toEqual(["a-new", "b-new"]);
    expect(owed(set)["c-new"]).toBe(NEW | Kind.Subtree);
    renamed(set, "d", "d-new", 9_001);
    expect(carried(set)).toEqual(["d-new"]);
  });

  it("are sent and compared where they would copy more than is worth it", () => {
    const set = dirtySet({ renames: { waiting: 10, copied: 3 } });
    for (const from of ["a", "b"]) {
      for (const name of ["1", "2"]) set.add(path(`${from}/${name}`), Kind.Content, 1);
      renamed(set, from, `${from}-new`, 2);
    }
    expect(owed(set)).toMatchObject({ "a-new/1": Kind.Content, "b-new": NEW | Kind.Subtree });
    expect(owed(set)).not.toHaveProperty("b-new/1");
    expect(carried(set)).toEqual(["a-new"]);
  });

  it("do not multiply what is owed to a target that is away", () => {
    const set = dirtySet();
    const random = seeded(5);
    let directories = Array.from({ length: 12 }, (_, index) => `d${index}`);
    // Directories renamed at random, and nobody to carry it: without a limit 5 times as much is
    // marked after every 20 turns.
    for (let at = 1; at <= 400; at++) {
      const from = random.pick(directories);
      const isWithin = (one: string) => one === from || one.startsWith(`${from}/`);
      const parent = random.pick(["", ...directories.filter((one) => !isWithin(one))]);
      const to = `${parent === "" ? "" : `${parent}/`}n${random.below(6)}`;
      if (directories.some((one) => one === to || one.startsWith(`${to}/`))) continue;
      set.add(path(`${from}/f${random.below(5)}`), Kind.Content, at);
      renamed(set, from, to, at);
      directories = directories.map((one) => (isWithin(one) ? to + one.slice(from.length) : one));
    }
    expect(set.debts().length).toBeLessThan(50_000);
  });
});

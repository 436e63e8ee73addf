import { describe, expect, it } from "vitest";
import { Kind } from "../../src/model/change.js";
import type { RelativePath } from "../../src/model/path.js";
import { delivered, dirtySet, names, options, path } from "./table-disk.js";

const disk = { d: "directory", "d/a": 1, "d/b": 1, f: 1, log: 1 } as const;
const failed = (retryAt: number) => () => ({ kind: "failed", reason: "no", retryAt }) as const;

describe("Marks", () => {
  it("owe a path from its change until its delivery, in flight as well", () => {
    const set = dirtySet();
    expect(set.debtOf(path("f"))).toBeUndefined();
    set.add(path("f"), Kind.Content, 5);
    const owed = { kinds: Kind.Content, since: 5, attempts: 0, retryAt: 0 };
    expect(set.debtOf(path("f"))).toEqual(owed);
    const batch = set.cut(options(disk))!;
    expect(set.debtOf(path("f"))).toEqual(owed);
    set.add(path("f"), Kind.Attributes, 9);
    expect(set.debtOf(path("f"))).toEqual({ ...owed, kinds: Kind.Content | Kind.Attributes });
    expect([...set.debts()]).toEqual([{ path: "f", ...set.debtOf(path("f")) }]);
    set.end(batch, delivered, 10);
    expect(set.debtOf(path("f"))).toMatchObject({ kinds: Kind.Attributes, since: 9 });
    set.end(set.cut(options(disk))!, delivered, 11);
    expect(set.debtOf(path("f"))).toBeUndefined();
  });

  it("tell what was touched once, each path once", () => {
    const set = dirtySet();
    for (let round = 0; round < 20_000; round++) set.add(path("f"), Kind.Content, round);
    set.add(path("d/a"), Kind.Content, 1);
    expect(set.takeTouched()).toEqual(new Set(["f", "d/a"]));
    expect(set.takeTouched()).toEqual(new Set());
    set.add(path("d"), Kind.Gone | Kind.Directory, 2);
    expect(set.takeTouched()).toEqual(new Set(["d", "d/a"]));
    set.end(set.cut(options({ f: 1 }))!, delivered, 3);
    expect(set.takeTouched()).toEqual(new Set(["f"]));
    const deletion = set.cut(options({ f: 1 }))!;
    expect(names(deletion)).toEqual(["d"]);
    set.end(deletion, delivered, 3);
    expect(set.takeTouched()).toEqual(new Set(["d"]));
  });

  it("owe a directory whose times are in doubt, before it is named again", () => {
    const set = dirtySet();
    set.add(path("d/a"), Kind.Content, 1);
    const first = set.cut(options(disk, { now: 1 }))!;
    set.add(path("d/b"), Kind.Content, 2);
    const second = set.cut(options(disk, { now: 2 }))!;
    for (const batch of [first, second]) set.end(batch, delivered, 3);
    expect(set.takeTouched()).toEqual(new Set(["", "d", "d/a", "d/b"]));
    const doubt = { kinds: Kind.Attributes | Kind.Directory, since: 2, attempts: 0, retryAt: 0 };
    expect(set.debtOf(path("d"))).toEqual(doubt);
    expect([...set.debts()].map((debt) => debt.path).sort()).toEqual(["", "d"]);
    const again = set.cut(options(disk, { now: 5_000 }))!;
    set.end(again, delivered, 5_001);
    expect(set.takeTouched()).toEqual(new Set(["", "d"]));
    expect([...set.debts()]).toEqual([]);
  });

  it("take a loaded debt as it was: a failed one waits for its time", () => {
    const set = dirtySet();
    set.add(path("f"), Kind.Content, 5, { attempts: 3, retryAt: 500 });
    set.add(path("d/a"), Kind.Content, 6, { attempts: 0, retryAt: 0 });
    expect(set.debtOf(path("f"))).toEqual({
      kinds: Kind.Content,
      since: 5,
      attempts: 3,
      retryAt: 500,
    });
    expect(names(set.cut(options(disk, { now: 499 })))).toEqual(["d/a"]);
    expect(set.nextDueAt("normal", "send")).toBe(500);
    const batch = set.cut(options(disk, { now: 500 }))!;
    expect(batch.entries).toMatchObject([{ path: "f", attempts: 3, since: 5 }]);
  });

  it("do not let a loaded deletion swallow what has been marked below since", () => {
    const set = dirtySet();
    set.add(path("d/a"), Kind.Content, 9);
    set.add(path("d"), Kind.Gone | Kind.Directory, 5, { attempts: 0, retryAt: 0 });
    expect(set.size).toBe(2);
  });

  it("keep what is marked below a directory that is gone and new in one message", () => {
    const set = dirtySet();
    set.add(path("d/a"), Kind.Content, 1);
    set.add(path("d"), Kind.Gone | Kind.Content | Kind.Directory, 1);
    expect(set.size).toBe(2);
  });

  it("let attributes wait with a file that is being written", () => {
    const set = dirtySet({ longestWaitMs: () => 1_000 });
    set.add(path("log"), Kind.Attributes, 1);
    set.add(path("log"), Kind.Writing, 2);
    expect(set.cut(options(disk, { now: 3 }))).toBeUndefined();
    expect(set.cut(options(disk, { now: 1_001 }))).toMatchObject({ profile: "content" });
  });

  it("forget all that is not in flight when evicted", () => {
    const set = dirtySet();
    set.add(path("f"), Kind.Content, 1);
    const batch = set.cut(options(disk))!;
    set.add(path("d/a"), Kind.Content, 2);
    set.add(path("d/b"), Kind.Content, 2, { attempts: 1, retryAt: 90_000 });
    set.add(path("log"), Kind.Writing, 2);
    set.evict();
    expect(set.size).toBe(0);
    expect([...set.debts()].map((debt) => debt.path)).toEqual(["f"]);
    expect(set.takeTouched()).toEqual(new Set(["f"]));
    expect(set.nextDueAt("normal", "send")).toBeUndefined();
    expect(set.delayed()).toBe(0);
    set.end(batch, () => ({ kind: "again" }), 3);
    expect(set.size).toBe(1);
    expect(names(set.cut(options(disk)))).toEqual(["f"]);
  });

  it("keep a path that was changed again in flight, so that its landing settles nothing", () => {
    const set = dirtySet();
    set.add(path("f"), Kind.Content, 1);
    const batch = set.cut(options(disk))!;
    set.add(path("f"), Kind.Content, 2);
    set.evict();
    set.end(batch, delivered, 3);
    expect(set.debtOf(path("f"))).toMatchObject({ kinds: Kind.Content, since: 2 });
  });

  it("know whether anything is owed since a certain time, whatever it waits for", () => {
    const set = dirtySet();
    expect(set.hasBefore(Infinity, "send")).toBe(false);
    set.add(path("f"), Kind.Content, 10);
    set.add(path("log"), Kind.Writing, 20);
    expect(set.hasBefore(9, "send")).toBe(false);
    expect(set.hasBefore(10, "send")).toBe(true);
    const batch = set.cut(options(disk, { now: 30 }))!;
    expect(set.hasBefore(10, "send")).toBe(true);
    set.end(batch, failed(50_000), 40);
    expect(set.hasBefore(10, "send")).toBe(true);
    set.end(set.cut(options(disk, { now: 50_000 }))!, delivered, 50_001);
    expect(set.hasBefore(19, "send")).toBe(false);
    expect(set.hasBefore(20, "send")).toBe(true);
  });

  it("leave held deletions out of the question, many or few", () => {
    const set = dirtySet();
    for (let each = 0; each < 10; each++) set.add(path(`gone${each}`), Kind.Gone, 1);
    expect(set.hasBefore(5, "send")).toBe(true);
    expect(set.hasBefore(5, "hold")).toBe(false);
    for (let each = 0; each < 20; each++) set.add(path(`new${each}`), Kind.Content, 6);
    expect(set.hasBefore(5, "hold")).toBe(false);
    expect(set.hasBefore(6, "hold")).toBe(true);
  });

  it("answer the question in the same way through thousands of changes", () => {
    const set = dirtySet({ batchPaths: 7 });
    const waiting = new Map<string, number>();
    const look = (at: RelativePath) => ({ at, type: "file", size: 1 }) as const;
    for (let now = 1; now <= 8_000; now++) {
      const name = `f${(now * 7919) % 50}`;
      if (!waiting.has(name)) waiting.set(name, now);
      set.add(path(name), Kind.Content, now);
      if (now % 20 === 0) {
        const batch = set.cut({ now, look, missing: "send", lane: "normal" })!;
        const fails = now % 60 === 0;
        set.end(batch, fails ? () => ({ kind: "again" }) : delivered, now);
        if (!fails) for (const each of names(batch)!) waiting.delete(each);
      }
      // So that it is asked for a while, and then not for another.
      if (now % 3_000 > 1_500 || now % 5 !== 0) continue;
      const oldest = Math.min(...waiting.values());
      expect(set.hasBefore(oldest, "send")).toBe(true);
      expect(set.hasBefore(oldest - 1, "send")).toBe(false);
    }
  });

  it("send open files as they are on request", () => {
    const set = dirtySet();
    set.add(path("log"), Kind.Writing, 1);
    set.release();
    expect(set.awaitsClose(path("log"))).toBe(false);
    expect(set.cut(options(disk, { now: 1 }))).toMatchObject({ entries: [{ path: "log" }] });
  });

  it("try failed paths at once on request, all or some", () => {
    const set = dirtySet();
    for (const name of ["f", "d/a", "d/b"]) set.add(path(name), Kind.Content, 1);
    set.end(set.cut(options(disk, { now: 1 }))!, failed(90_000), 2);
    set.add(path("log"), Kind.Writing, 3);
    expect(set.delayed()).toBe(3);
    expect(set.retryNow((at) => at === "f")).toBe(1);
    expect(names(set.cut(options(disk, { now: 4 })))).toEqual(["f"]);
    expect(set.retryNow()).toBe(2);
    expect(set.delayed()).toBe(0);
    expect(names(set.cut(options(disk, { now: 5 })))).toEqual(["d/a", "d/b"]);
    expect(set.awaitsClose(path("log"))).toBe(true);
  });
});

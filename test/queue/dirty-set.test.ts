import { describe, expect, it } from "vitest";
import { Kind } from "../../src/model/change.js";
import { DELETE_LONGEST_MS, DELETE_QUIET_MS } from "../../src/queue/dirty-set.js";
import { delivered, dirtySet, names, options, path } from "./table-disk.js";

describe("DirtySet", () => {
  it("has nothing to cut when nothing changed", () => {
    const set = dirtySet();
    expect(set.cut(options({}))).toBeUndefined();
    expect(set.nextDueAt("normal", "send")).toBeUndefined();
  });

  it("combines repeated changes of one path into one entry", () => {
    const set = dirtySet();
    set.add(path("f"), Kind.Writing, 1);
    set.add(path("f"), Kind.Attributes, 2);
    set.add(path("f"), Kind.Content, 3);
    expect(set.size).toBe(1);
    const batch = set.cut(options({ f: 10 }))!;
    expect(batch.entries).toHaveLength(1);
    expect(batch.entries[0]).toMatchObject({ path: "f", since: 1 });
    expect(batch.profile).toBe("content");
  });

  it("says whether what is owed reaches a path", () => {
    const set = dirtySet();
    set.add(path("a/f"), Kind.Attributes, 1);
    set.add(path("gone"), Kind.Gone | Kind.Directory, 1);
    set.add(path("new"), Kind.Content | Kind.Directory, 1);
    set.add(path("unknown"), Kind.Content | Kind.Directory | Kind.Subtree, 1);
    set.add(path("file"), Kind.Content, 1);
    const reached = ["a/f", "gone", "gone/f", "new", "unknown/b/f", "file/f"];
    const free = ["", "a", "a/g", "a/f2", "new/f", "other"];
    expect([...reached, ...free].filter((each) => set.reaches(path(each)))).toEqual(reached);
    const batch = set.cut(options({ a: 0, "a/f": 1, file: 1 }, { missing: "hold" }))!;
    expect(set.reaches(batch.entries[0]!.path)).toBe(true);
    set.end(batch, delivered, 2);
    expect(set.reaches(batch.entries[0]!.path)).toBe(false);
  });

  it("sends attribute-only changes apart from content", () => {
    const set = dirtySet();
    set.add(path("a"), Kind.Attributes, 1);
    set.add(path("c"), Kind.Content, 2);
    const disk = { a: 1, c: 1 };
    expect(set.cut(options(disk))).toMatchObject({ profile: "content", entries: [{ path: "c" }] });
    expect(set.cut(options(disk))).toMatchObject({
      profile: "attributes",
      entries: [{ path: "a" }],
    });
  });

  it("sends what stands in place of a directory as content, whatever was said of what it held", () => {
    const set = dirtySet();
    set.add(path("d/f"), Kind.Attributes, 1);
    set.add(path("d"), Kind.Content, 1);
    set.add(path("e/f"), Kind.Attributes, 1);
    const disk = { d: 1, e: 1 };
    expect(set.cut(options(disk))).toMatchObject({ profile: "content", entries: [{ path: "d" }] });
    // A look at it moves it to where contents wait.
    expect(set.cut(options(disk))).toBeUndefined();
    expect(set.cut(options(disk))).toMatchObject({ profile: "content", entries: [{ path: "e" }] });
  });

  it("lets all wait that lies in a missing directory, until that is weighed", () => {
    const set = dirtySet();
    for (const name of ["d/a", "d/b", "d/c/f"]) set.add(path(name), Kind.Gone, 1);
    const gone: string[] = [];
    const onGone = (at: string) => gone.push(at);
    expect(set.cut(options({}, { onGone }))).toBeUndefined();
    expect(gone).toEqual(["d"]);
    expect(set.cut(options({}, { onGone, missing: "hold" }))).toBeUndefined();
    expect(names(set.cut(options({}, { onGone })))).toEqual(["d"]);
    expect(set.size).toBe(0);
  });

  it("lets what is missing wait when nobody has said so, until that is weighed", () => {
    const set = dirtySet();
    set.add(path("d"), Kind.Attributes | Kind.Directory, 1);
    set.add(path("e/f"), Kind.Gone, 1);
    const gone: string[] = [];
    const onGone = (at: string) => gone.push(at);
    expect(set.cut(options({}, { onGone, missing: "hold" }))).toBeUndefined();
    expect(gone).toEqual([]);
    expect(set.cut(options({}, { onGone }))).toBeUndefined();
    expect(gone.sort()).toEqual(["d", "e"]);
    expect(set.cut(options({}, { onGone, missing: "hold" }))).toBeUndefined();
    expect(names(set.cut(options({}, { onGone })))!.sort()).toEqual(["d", "e"]);
    expect(gone).toHaveLength(2);
  });

  it("hands out nothing but deletions where nothing else has room, though writes wait before them", () => {
    const set = dirtySet();
    set.add(path("new"), Kind.Content, 1);
    set.add(path("old"), Kind.Gone, 2);
    const disk = { new: 1 };
    const only = { now: 2, onlyDeletions: true };
    expect(set.cut(options(disk, { ...only, missing: "hold" }))).toBeUndefined();
    expect(names(set.cut(options(disk, only)))).toEqual(["old"]);
    expect(set.cut(options(disk, only))).toBeUndefined();
    expect(names(set.cut(options(disk, { now: 2 })))).toEqual(["new"]);
  });

  it("holds a file open for writing until the longest wait, or its close", () => {
    const set = dirtySet({ longestWaitMs: (p) => (p === "log" ? 5_000 : 60_000) });
    set.add(path("log"), Kind.Writing, 1_000);
    set.add(path("upload"), Kind.Writing, 1_000);
    const disk = { log: 1, upload: 1 };
    expect(set.cut(options(disk, { now: 5_999 }))).toBeUndefined();
    expect(set.nextDueAt("normal", "send")).toBe(6_000);
    expect(set.awaitsClose(path("log")) && set.awaitsClose(path("upload"))).toBe(true);
    expect(names(set.cut(options(disk, { now: 6_000 })))).toEqual(["log"]);
    expect(set.awaitsClose(path("log"))).toBe(false);
    set.add(path("upload"), Kind.Content, 7_000);
    expect(names(set.cut(options(disk, { now: 7_000 })))).toEqual(["upload"]);
  });

  it("waits anew for a file that is written on after it was sent open", () => {
    const set = dirtySet({ longestWaitMs: () => 1_000 });
    set.add(path("log"), Kind.Writing, 0);
    const batch = set.cut(options({ log: 1 }, { now: 1_000 }))!;
    set.add(path("log"), Kind.Writing, 1_100);
    set.end(batch, delivered, 1_200);
    expect(set.nextDueAt("normal", "send")).toBe(2_100);
  });

  it("names the topmost missing directory once and swallows what waits below", () => {
    const set = dirtySet();
    for (const name of ["d/a", "d/b", "d/e/f"]) set.add(path(name), Kind.Gone, 1);
    set.add(path("d/e"), Kind.Gone | Kind.Directory, 1);
    const batch = set.cut(options({}))!;
    expect(batch.entries).toMatchObject([{ path: "d", sight: { type: "missing" } }]);
    set.end(batch, delivered, 1);
    expect(set.size).toBe(0);
  });

  it("drops what waits below a directory that is gone", () => {
    const set = dirtySet();
    set.add(path("d/a"), Kind.Content, 1);
    set.add(path("d"), Kind.Gone | Kind.Directory, 2);
    expect(set.size).toBe(1);
  });

  it("holds deletions until they pause, yet never longer than a second", () => {
    const set = dirtySet();
    set.add(path("x0"), Kind.Gone, 1_000);
    expect(set.cut(options({}, { now: 1_000 + DELETE_QUIET_MS - 1 }))).toBeUndefined();
    for (let at = 1_010; at <= 1_000 + DELETE_LONGEST_MS; at += 10) {
      set.add(path(`x${at}`), Kind.Gone, at);
    }
    expect(set.cut(options({}, { now: 999 + DELETE_LONGEST_MS }))).toBeUndefined();
    expect(names(set.cut(options({}, { now: 1_000 + DELETE_LONGEST_MS })))).toHaveLength(100);
  });

  it("sends a file that was replaced at once and deletes nothing", () => {
    const set = dirtySet();
    set.add(path("f"), Kind.Gone, 1);
    set.add(path("f"), Kind.Content, 1);
    const batch = set.cut(options({ f: 3 }, { now: 1 }))!;
    expect(batch.entries).toMatchObject([{ path: "f", sight: { type: "file" } }]);
  });

  it("lets deletions follow the writes that were cut before them", () => {
    const set = dirtySet();
    set.add(path("new"), Kind.Content, 1);
    set.add(path("old"), Kind.Gone, 1);
    const disk = { new: 5 };
    const write = set.cut(options(disk, { now: 1 }))!;
    expect(names(write)).toEqual(["new"]);
    expect(set.cut(options(disk, { now: 500 }))).toBeUndefined();
    set.end(write, delivered, 600);
    expect(names(set.cut(options(disk, { now: 600 })))).toEqual(["old"]);
  });

  it("does not let later writes hold a deletion back", () => {
    const set = dirtySet();
    const disk = { a: 1, b: 1 };
    set.add(path("a"), Kind.Content, 1);
    set.add(path("old"), Kind.Gone, 1);
    const first = set.cut(options(disk, { now: 100 }))!;
    expect(names(first)).toEqual(["a"]);
    set.add(path("b"), Kind.Content, 110);
    const second = set.cut(options(disk, { now: 110 }))!;
    expect(names(second)).toEqual(["b"]);
    set.end(first, delivered, 120);
    expect(names(set.cut(options(disk, { now: 120 })))).toEqual(["old"]);
  });

  it("keeps, forgets, or confines deletions as the policy says", () => {
    const set = dirtySet();
    set.add(path("x"), Kind.Gone, 1);
    expect(set.cut(options({}, { missing: "hold" }))).toBeUndefined();
    expect(set.size).toBe(1);
    expect(set.cut(options({}, { missing: "drop" }))).toBeUndefined();
    expect(set.size).toBe(0);
    set.add(path("unmarked"), Kind.Content, 1);
    set.add(path("marked"), Kind.Gone, 1);
    expect(set.cut(options({}, { missing: "marked" }))).toBeUndefined();
    expect(names(set.cut(options({}, { missing: "marked" })))).toEqual(["marked"]);
    expect(set.size).toBe(0);
  });

  it("never has one path in flight twice", () => {
    const set = dirtySet();
    const disk = { f: 1 };
    set.add(path("f"), Kind.Content, 1);
    const first = set.cut(options(disk))!;
    set.add(path("f"), Kind.Content, 2);
    expect(set.cut(options(disk))).toBeUndefined();
    expect(set.nextDueAt("normal", "send")).toBeUndefined();
    set.end(first, delivered, 3);
    expect(names(set.cut(options(disk)))).toEqual(["f"]);
  });

  it("keeps a deletion back while something below it is in flight", () => {
    const set = dirtySet();
    set.add(path("d/f"), Kind.Content, 1);
    const write = set.cut(options({ d: "directory", "d/f": 1 }))!;
    set.add(path("d"), Kind.Gone | Kind.Directory, 2);
    expect(set.cut(options({}))).toBeUndefined();
    set.end(write, delivered, 3);
    expect(names(set.cut(options({})))).toEqual(["d"]);
  });

  it("keeps what lies below a deletion back while that is in flight", () => {
    const set = dirtySet();
    set.add(path("d"), Kind.Gone | Kind.Directory, 1);
    const deletion = set.cut(options({}))!;
    set.add(path("d/f"), Kind.Content, 2);
    const disk = { d: "directory", "d/f": 1 } as const;
    expect(set.cut(options(disk))).toBeUndefined();
    set.end(deletion, delivered, 3);
    expect(names(set.cut(options(disk)))).toEqual(["d/f"]);
  });

  it("lets a directory and what lies below it fly side by side", () => {
    const set = dirtySet();
    const disk = { d: "directory", "d/f": 1 } as const;
    set.add(path("d"), Kind.Content | Kind.Directory, 1);
    expect(names(set.cut(options(disk)))).toEqual(["d"]);
    set.add(path("d/f"), Kind.Content, 2);
    expect(names(set.cut(options(disk)))).toEqual(["d/f"]);
  });

  it("names a directory again whose times two overlapping batches have set", () => {
    const set = dirtySet();
    const disk = { d: "directory", "d/a": 1, "d/b": 1 } as const;
    set.add(path("d/a"), Kind.Content, 1);
    const first = set.cut(options(disk, { now: 1 }))!;
    set.add(path("d/b"), Kind.Content, 2);
    const second = set.cut(options(disk, { now: 2 }))!;
    set.end(second, delivered, 3);
    set.end(first, delivered, 4);
    const dueAt = set.nextDueAt("normal", "send")!;
    const again = set.cut(options(disk, { now: dueAt }))!;
    expect(again.profile).toBe("attributes");
    expect(names(again)!.sort()).toEqual(["", "d"]);
    set.end(again, delivered, dueAt);
    expect(set.nextDueAt("normal", "send")).toBeUndefined();
  });

  it("sends large files in a lane of their own, which holds nothing else up", () => {
    const set = dirtySet({ largeFileBytes: 50 });
    const disk = { d: "directory", "d/big": 51, "d/small": 50 } as const;
    set.add(path("d/big"), Kind.Content, 1);
    set.add(path("d/small"), Kind.Content, 1);
    expect(names(set.cut(options(disk)))).toEqual(["d/small"]);
    expect(set.nextDueAt("large", "send")).toBe(-Infinity);
    const large = set.cut(options(disk, { lane: "large" }))!;
    expect(large).toMatchObject({ profile: "large", entries: [{ path: "d/big" }] });
    set.add(path("d"), Kind.Attributes | Kind.Directory, 2);
    expect(names(set.cut(options(disk)))).toEqual(["d"]);
  });

  it("bounds a batch in paths and in bytes, and still sends a file above the bound", () => {
    const set = dirtySet({ batchPaths: 2, batchBytes: 100 });
    const disk = { a: 1, b: 1, c: 100, d: 1 };
    for (const name of ["a", "b", "c", "d"]) set.add(path(name), Kind.Content, 1);
    expect(names(set.cut(options(disk)))).toEqual(["a", "b"]);
    expect(names(set.cut(options(disk)))).toEqual(["c"]);
    expect(names(set.cut(options(disk)))).toEqual(["d"]);
  });

  it("leaves a failed path alone until its time, then tries it apart from sound ones", () => {
    const set = dirtySet();
    const disk = { bad: 1, good: 1 };
    set.add(path("bad"), Kind.Content, 1);
    const first = set.cut(options(disk, { now: 1 }))!;
    set.end(first, () => ({ kind: "failed", reason: "no", retryAt: 500 }), 2);
    expect(set.size).toBe(1);
    expect(set.nextDueAt("normal", "send")).toBe(500);
    expect(set.cut(options(disk, { now: 499 }))).toBeUndefined();
    set.add(path("good"), Kind.Content, 499);
    expect(names(set.cut(options(disk, { now: 500 })))).toEqual(["good"]);
    const second = set.cut(options(disk, { now: 500 }))!;
    expect(second.entries).toMatchObject([{ path: "bad", attempts: 1, since: 1 }]);
  });

  it("gives back at once what has to be looked at again", () => {
    const set = dirtySet();
    set.add(path("f"), Kind.Content, 1);
    const batch = set.cut(options({ f: 1 }))!;
    set.end(batch, () => ({ kind: "again" }), 2);
    expect(names(set.cut(options({ f: 1 })))).toEqual(["f"]);
  });

  it("names the file that took a directory's place for what waits below it", () => {
    const set = dirtySet();
    set.add(path("d/a"), Kind.Content, 1);
    set.add(path("d/b"), Kind.Content, 1);
    const batch = set.cut(options({ d: 7 }))!;
    expect(batch.entries).toMatchObject([{ path: "d", sight: { type: "file" } }]);
    set.end(batch, delivered, 2);
    expect(set.size).toBe(0);
  });

  it("tells the time of the oldest change that has not arrived", () => {
    const set = dirtySet();
    expect(set.oldest()).toBeUndefined();
    set.add(path("a"), Kind.Content, 7);
    set.add(path("b"), Kind.Content, 9);
    expect(set.oldest()).toBe(7);
    const batch = set.cut(options({ a: 1, b: 1 }))!;
    expect(set.oldest()).toBe(7);
    set.end(batch, delivered, 10);
    expect(set.oldest()).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { Kind } from "../../src/model/change.js";
import type { RelativePath } from "../../src/model/path.js";
import { Outbox } from "../../src/watch/outbox.js";

const path = (text: string) => text as RelativePath;

describe("an outbox", () => {
  it("keeps one entry for each path, with the union of its kinds, in the order first named", () => {
    const outbox = new Outbox();
    outbox.add(path("a"), Kind.Writing);
    outbox.add(path("b"), Kind.Attributes);
    outbox.add(path("a"), Kind.Writing);
    outbox.add(path("a"), Kind.Content);
    expect(outbox.size).toBe(2);
    expect(outbox.kindsOf(path("a"))).toBe(Kind.Writing | Kind.Content);
    expect(outbox.kindsOf(path("c"))).toBe(0);
    expect(outbox.take(10, 7)).toEqual({
      at: 7,
      paths: ["a", "b"],
      kinds: [Kind.Writing | Kind.Content, Kind.Attributes],
    });
    expect(outbox.take(10, 8)).toBeUndefined();
  });

  it("does not add what was taken to what comes later", () => {
    const outbox = new Outbox();
    outbox.add(path("a"), Kind.Content);
    outbox.take(1, 0);
    outbox.add(path("a"), Kind.Writing);
    expect(outbox.take(1, 0)?.kinds).toEqual([Kind.Writing]);
  });

  it("gives out the oldest first when there are too many", () => {
    const outbox = new Outbox();
    for (const each of ["a", "b", "c"]) outbox.add(path(each), Kind.Content);
    expect(outbox.take(2, 0)?.paths).toEqual(["a", "b"]);
    expect(outbox.isUrgent).toBe(true);
    expect(outbox.take(2, 0)?.paths).toEqual(["c"]);
    expect(outbox.isUrgent).toBe(false);
  });

  it("is urgent as soon as something is more than being written", () => {
    const outbox = new Outbox();
    outbox.add(path("a"), Kind.Writing);
    expect(outbox.isUrgent).toBe(false);
    outbox.add(path("a"), Kind.Content);
    expect(outbox.isUrgent).toBe(true);
    outbox.clear();
    expect([outbox.isUrgent, outbox.size]).toEqual([false, 0]);
  });

  it("gives renames together with the paths around them, after all that was there before", () => {
    const outbox = new Outbox();
    for (let i = 0; i < 20_000; i++) outbox.add(path(`a/f${i}`), Kind.Content);
    expect(outbox.moveDirectory(path("a"), path("b"))).toBe(true);
    outbox.add(path("b/f0"), Kind.Content);
    const messages = [];
    for (let each; (each = outbox.take(8_000, 0)) !== undefined;) messages.push(each);
    expect(messages.map(({ paths }) => paths.length)).toEqual([8_000, 8_000, 4_000, 3]);
    expect(messages.map(({ moves }) => moves?.length)).toEqual([
      undefined,
      undefined,
      undefined,
      1,
    ]);
    expect(messages.at(-1)).toEqual({
      at: 0,
      paths: ["a", "b", "b/f0"],
      kinds: [Kind.Gone | Kind.Directory, Kind.Content | Kind.Directory, Kind.Content],
      moves: [{ from: "a", to: "b", isDirectory: true }],
    });
    expect([outbox.size, outbox.isUrgent]).toEqual([0, false]);
  });

  it("tells in another message what leaves the place where a rename has brought it", () => {
    const outbox = new Outbox();
    outbox.moveDirectory(path("a"), path("b"));
    outbox.moveDirectory(path("b"), path("c"));
    outbox.add(path("a"), Kind.Gone | Kind.Directory);
    outbox.add(path("c"), Kind.Gone | Kind.Directory);
    outbox.add(path("c"), Kind.Content | Kind.Directory);
    expect(outbox.take(Infinity, 0)?.moves).toHaveLength(2);
    expect(outbox.take(Infinity, 0)).toEqual({
      at: 0,
      paths: ["c"],
      kinds: [Kind.Gone | Kind.Content | Kind.Directory],
    });
  });

  it("makes comparisons of renames that would need ever more messages", () => {
    const outbox = new Outbox();
    for (let i = 0; i < 100; i++) {
      outbox.moveDirectory(path("a"), path("b"));
      outbox.add(path("b"), Kind.Gone | Kind.Directory);
      outbox.add(path("a"), Kind.Content | Kind.Directory);
    }
    const messages = [];
    for (let each; (each = outbox.take(Infinity, 0)) !== undefined;) messages.push(each);
    expect(messages.length).toBeLessThanOrEqual(16);
    const last = messages.at(-1);
    expect(last?.moves).toBeUndefined();
    expect((last?.kinds[last.paths.indexOf(path("b"))] ?? 0) & Kind.Subtree).toBe(Kind.Subtree);
  });

  it("refuses renames of directories beyond a number, and leaves out those of files", () => {
    const outbox = new Outbox();
    let taken = 0;
    for (let i = 0; i < 5000; i++) {
      if (outbox.moveDirectory(path(`a${i}`), path(`b${i}`))) taken++;
      outbox.add(path(`f${i}`), Kind.Gone);
      outbox.moveFile(path(`f${i}`), path(`g${i}`));
    }
    expect(taken).toBe(1024);
    outbox.take(Infinity, 0);
    expect(outbox.moveDirectory(path("a"), path("b"))).toBe(true);
  });

  it("keeps no rename of a file whose content is told as new", () => {
    const outbox = new Outbox();
    outbox.add(path("new"), Kind.Writing | Kind.Content);
    outbox.add(path("old"), Kind.Gone);
    outbox.moveFile(path("new"), path("x"));
    outbox.moveFile(path("old"), path("y"));
    expect(outbox.take(Infinity, 0)?.moves).toEqual([{ from: "old", to: "y", isDirectory: false }]);
  });
});

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
});

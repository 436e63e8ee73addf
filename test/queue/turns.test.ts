import { describe, expect, it } from "vitest";
import { Kind } from "../../src/model/change.js";
import { type DirtySet, LAST_AT_MOST_MS, type Rank } from "../../src/queue/dirty-set.js";
import { delivered, dirtySet, names, options, path } from "./table-disk.js";

const rankOf = (at: string): Rank => (at.endsWith(".html") ? 1 : at.endsWith(".js") ? -1 : 0);
const disk = { "a.html": 1, "b.html": 1, "x.css": 1, "y.js": 1, "big.mp4": 200_000 };

function website(...changed: readonly string[]): DirtySet {
  const set = dirtySet({ rankOf });
  for (const name of changed) set.add(path(name), Kind.Content, 1_000);
  return set;
}

describe("Turns", () => {
  it("cuts what goes first before other content, and what goes last after it has arrived", () => {
    const set = website("a.html", "x.css", "y.js");
    const first = set.cut(options(disk, { now: 1_000 }))!;
    expect(names(first)).toEqual(["y.js"]);
    set.end(first, delivered, 1_100);
    const then = set.cut(options(disk, { now: 1_100 }))!;
    expect(names(then)).toEqual(["x.css"]);
    expect(set.cut(options(disk, { now: 1_100 }))).toBeUndefined();
    expect(set.nextDueAt("normal", "send")).toBe(1_000 + LAST_AT_MOST_MS);
    set.end(then, delivered, 1_200);
    expect(set.nextDueAt("normal", "send")).toBe(-Infinity);
    expect(names(set.cut(options(disk, { now: 1_200 })))).toEqual(["a.html"]);
  });

  it("lets attributes and a large file go before what goes last", () => {
    const set = website("a.html", "big.mp4");
    set.add(path("x.css"), Kind.Attributes, 1_000);
    const attributes = set.cut(options(disk, { now: 1_000 }))!;
    expect(names(attributes)).toEqual(["x.css"]);
    set.end(attributes, delivered, 1_000);
    expect(set.cut(options(disk, { now: 1_000 }))).toBeUndefined();
    const large = set.cut(options(disk, { now: 1_000, lane: "large" }))!;
    expect(set.cut(options(disk, { now: 1_000 }))).toBeUndefined();
    set.end(large, delivered, 1_000);
    expect(names(set.cut(options(disk, { now: 1_000 })))).toEqual(["a.html"]);
  });

  it("does not let a failed or an open file hold up what goes last", () => {
    const set = website("x.css");
    const failing = set.cut(options(disk, { now: 1_000 }))!;
    set.end(failing, () => ({ kind: "failed", reason: "no", retryAt: 9_000 }), 1_000);
    set.add(path("y.js"), Kind.Writing, 1_000);
    set.add(path("a.html"), Kind.Content, 1_000);
    expect(names(set.cut(options(disk, { now: 1_000 })))).toEqual(["a.html"]);
  });

  it("lets nothing wait for ever behind a stream of other changes", () => {
    const set = website("a.html");
    const due = 1_000 + LAST_AT_MOST_MS;
    for (let now = 1_000; now < due; now += 500) {
      set.add(path("x.css"), Kind.Content, now);
      const batch = set.cut(options(disk, { now }))!;
      expect(names(batch)).toEqual(["x.css"]);
      set.add(path("b.html"), Kind.Content, now);
      set.end(batch, delivered, now);
      set.add(path("x.css"), Kind.Content, now);
    }
    expect(names(set.cut(options(disk, { now: due })))).toEqual(["a.html", "b.html"]);
    expect(names(set.cut(options(disk, { now: due })))).toEqual(["x.css"]);
  });

  it("takes of what goes last only what has waited too long while others come", () => {
    const set = website("a.html", "x.css");
    set.add(path("b.html"), Kind.Content, 2_000);
    const now = 1_000 + LAST_AT_MOST_MS;
    expect(names(set.cut(options(disk, { now })))).toEqual(["a.html"]);
    expect(names(set.cut(options(disk, { now })))).toEqual(["x.css"]);
    expect(set.nextDueAt("normal", "send")).toBe(2_000 + LAST_AT_MOST_MS);
  });

  it("never mixes what goes last with other paths, failed ones included", () => {
    const set = website("a.html", "x.css");
    const failed = () => ({ kind: "failed", reason: "no", retryAt: 1_500 }) as const;
    for (const now of [1_000, 1_001]) set.end(set.cut(options(disk, { now }))!, failed, now);
    expect(set.delayed()).toBe(2);
    const retried = [1_500, 1_501].map((now) => set.cut(options(disk, { now }))!);
    expect(retried.map(names)).toEqual([["x.css"], ["a.html"]]);
  });

  it("keeps the old name until the new one has gone last", () => {
    const set = website("b.html", "x.css");
    set.add(path("old.html"), Kind.Gone, 1_000);
    const css = set.cut(options(disk, { now: 1_100 }))!;
    expect(set.cut(options(disk, { now: 1_200 }))).toBeUndefined();
    set.end(css, delivered, 1_300);
    const html = set.cut(options(disk, { now: 1_300 }))!;
    expect(names(html)).toEqual(["b.html"]);
    expect(set.cut(options(disk, { now: 1_400 }))).toBeUndefined();
    set.end(html, delivered, 1_500);
    expect(names(set.cut(options(disk, { now: 1_500 })))).toEqual(["old.html"]);
  });

  it("lets a deletion go when the write it followed was swallowed by another", () => {
    const set = dirtySet({ rankOf });
    set.add(path("d/y.js"), Kind.Content, 1_000);
    set.add(path("d"), Kind.Content, 1_000);
    set.add(path("old"), Kind.Gone, 1_000);
    const file = set.cut(options({ d: 5 }, { now: 2_000 }))!;
    expect(names(file)).toEqual(["d"]);
    set.end(file, delivered, 2_001);
    expect(set.nextDueAt("normal", "send")).toBeLessThanOrEqual(2_001);
    expect(names(set.cut(options({ d: 5 }, { now: 2_001 })))).toEqual(["old"]);
  });

  it("cuts what a pass found in its own lane alone, deletions after contents", () => {
    const set = dirtySet();
    set.add(path("gone"), Kind.Gone, 1, { background: true });
    set.add(path("x.css"), Kind.Content, 1, { background: true });
    set.add(path("y.js"), Kind.Attributes, 1, { background: true });
    expect(set.isAtRest("send")).toBe(true);
    expect(set.hasBackground).toBe(true);
    expect(set.hasBefore(1, "send")).toBe(false);
    expect(set.cut(options(disk))).toBeUndefined();
    const lane = "background";
    const content = set.cut(options(disk, { lane }))!;
    const attributes = set.cut(options(disk, { lane }))!;
    expect([content.profile, names(content)]).toEqual(["content", ["x.css"]]);
    expect([attributes.profile, names(attributes)]).toEqual(["attributes", ["y.js"]]);
    expect(set.flying("background")).toBe(2);
    expect(set.flying("normal")).toBe(0);
    expect(set.cut(options(disk, { lane }))).toBeUndefined();
    expect(set.nextDueAt(lane, "send")).toBeUndefined();
    for (const batch of [content, attributes]) set.end(batch, delivered, 2);
    expect(set.nextDueAt(lane, "hold")).toBeUndefined();
    expect(set.nextDueAt(lane, "send")).toBe(-Infinity);
    const deletion = set.cut(options(disk, { lane }))!;
    expect([deletion.profile, names(deletion)]).toEqual(["attributes", ["gone"]]);
    set.end(deletion, delivered, 3);
    expect(set.hasBackground).toBe(false);
  });

  it("sends a large file that a pass found alone, as a large one, in the background", () => {
    const set = dirtySet();
    set.add(path("big.mp4"), Kind.Content, 1, { background: true });
    const batch = set.cut(options(disk, { lane: "background" }))!;
    expect(batch).toMatchObject({ profile: "large", entries: [{ path: "big.mp4" }] });
    expect([set.flying("large"), set.flying("background")]).toEqual([0, 1]);
  });

  it("takes a path out of the background when it changes for all to see", () => {
    const set = dirtySet();
    set.add(path("x.css"), Kind.Content, 1, { background: true });
    set.add(path("x.css"), Kind.Content, 2);
    expect(set.hasBackground).toBe(false);
    expect(set.hasBefore(1, "send")).toBe(true);
    expect(set.cut(options(disk, { lane: "background" }))).toBeUndefined();
    expect(names(set.cut(options(disk)))).toEqual(["x.css"]);
  });

  it("retries in the background what failed there", () => {
    const set = dirtySet();
    set.add(path("x.css"), Kind.Content, 1, { background: true });
    const batch = set.cut(options(disk, { lane: "background" }))!;
    set.end(batch, () => ({ kind: "failed", reason: "no", retryAt: 20_000 }), 10_000);
    expect(set.hasBackground).toBe(false);
    expect(set.nextDueAt("normal", "send")).toBe(20_000);
    expect(set.cut(options(disk, { now: 20_000 }))).toBeUndefined();
    expect(set.nextDueAt("background", "send")).toBe(-Infinity);
    const again = set.cut(options(disk, { now: 20_000, lane: "background" }));
    expect(again?.entries).toMatchObject([{ path: "x.css", attempts: 1 }]);
  });
});

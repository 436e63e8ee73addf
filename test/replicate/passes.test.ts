import { describe, expect, it } from "vitest";
import { Kind } from "../../src/model/change.js";
import { type RelativePath, ROOT } from "../../src/model/path.js";
import { PendingPasses, type PassOptions, comparePass } from "../../src/replicate/passes.js";
import type { Difference } from "../../src/rsync/remote.js";
import { emptyRun, failedRun } from "../../src/rsync/run.js";
import { KeptNames } from "../../src/safety/first-contact.js";

const path = (text: string) => text as RelativePath;

const DIFFERENCES: readonly Difference[] = [
  { path: path("new"), what: "missing", isDirectory: false, properties: [] },
  { path: path("dir"), what: "missing", isDirectory: true, properties: [] },
  { path: path("changed"), what: "content", isDirectory: false, properties: [] },
  { path: path("mode"), what: "attributes", isDirectory: false, properties: [] },
  { path: path("theirs"), what: "extra", isDirectory: false, properties: [] },
  { path: path("ours"), what: "extra", isDirectory: false, properties: [] },
  { path: path(".changed.abC123"), what: "extra", isDirectory: false, properties: [] },
  { path: path("hidden"), what: "extra", isDirectory: false, properties: [] },
];

async function pass(options: Partial<PassOptions> = {}, found = DIFFERENCES) {
  const owed = new Map<string, number>();
  const kept = options.kept ?? new KeptNames();
  const result = await comparePass(
    ROOT,
    {
      extras: "delete",
      kept,
      isOurs: (at) => at === "ours",
      isUnfinished: (at) => at === ".changed.abC123",
      keeps: (at) => at !== "hidden",
      compare: (_path, _deletes, onDifference) => {
        for (const difference of found) onDifference(difference);
        return Promise.resolve(emptyRun());
      },
      owe: (at, kinds) => owed.set(at, kinds),
      ...options,
    },
    new AbortController().signal,
  );
  return { owed, kept, result };
}

describe("comparePass()", () => {
  it("owes every difference as the change it is, and none the filter excludes", async () => {
    const { owed, result } = await pass();
    expect(Object.fromEntries(owed)).toEqual({
      new: Kind.Content,
      dir: Kind.Content | Kind.Directory,
      changed: Kind.Content,
      mode: Kind.Attributes,
      theirs: Kind.Gone,
      ours: Kind.Gone,
    });
    expect(result).toMatchObject({ differences: 6, kept: 0, unfinished: false });
  });

  it("remembers at first contact what only the replica has, and owes none of it", async () => {
    const { owed, kept, result } = await pass({ extras: "keep" });
    expect(owed.has("theirs")).toBe(false);
    expect(kept.acquaintance.kept).toEqual(["theirs"]);
    expect(result).toMatchObject({ differences: 5, kept: 1, keptSample: ["theirs"] });
  });

  it("spares what was there before us in every later pass", async () => {
    const kept = new KeptNames({ kept: [path("theirs")], keptMore: false });
    const { owed, result } = await pass({ kept });
    expect(owed.has("theirs")).toBe(false);
    expect(result.kept).toBe(1);
  });

  it("says when differences may be missing, for rsync could not look everywhere", async () => {
    const ending = (outcome: "done" | "vanished" | "partial") =>
      pass({ compare: () => Promise.resolve({ ...emptyRun(), outcome }) });
    expect((await ending("done")).result.incomplete).toBe(false);
    expect((await ending("vanished")).result.incomplete).toBe(false);
    expect((await ending("partial")).result.incomplete).toBe(true);
  });

  it("ends a round that finds too much, to be continued", async () => {
    const many = function* () {
      for (let i = 0; i < 300_000; i++) {
        yield { path: path(`f${i}`), what: "missing", isDirectory: false, properties: [] } as const;
      }
    };
    const { result } = await pass({
      compare: (_path, _deletes, onDifference, signal) => {
        for (const difference of many()) {
          if (signal.aborted) return Promise.reject(signal.reason as Error);
          onDifference(difference);
        }
        return Promise.resolve(emptyRun());
      },
    });
    expect(result.unfinished).toBe(true);
    expect(result.differences).toBe(250_000);
  });

  it("passes on what is wrong with the target", async () => {
    const trouble = { kind: "refused", text: "refused", retry: "soon" } as const;
    const { result } = await pass({ compare: () => Promise.resolve(failedRun(trouble)) });
    expect(result.trouble).toBe(trouble);
  });
});

describe("PendingPasses", () => {
  it("holds one pass for a path and none below another", () => {
    const pending = new PendingPasses();
    pending.add(path("a/b"), "gap");
    pending.add(path("a/b"), "replaced");
    pending.add(path("a/b/c"), "gap");
    pending.add(path("d"), "gap");
    expect(pending.size).toBe(2);
    pending.add(path("a"), "replaced");
    expect(pending.take()).toEqual({ path: "d", reason: "gap" });
    expect(pending.take()).toEqual({ path: "a", reason: "replaced" });
    expect(pending.take()).toBeUndefined();
  });

  it("turns very many into one of everything", () => {
    const pending = new PendingPasses();
    for (let i = 0; i < 60; i++) pending.add(path(`d${i}`), "replaced");
    expect(pending.includesRoot).toBe(true);
    expect(pending.size).toBe(1);
  });
});

import { describe, expect, it } from "vitest";
import type { Fact, HookTold, PassFinished, PathFailed } from "../../src/model/fact.js";
import type { RelativePath } from "../../src/model/path.js";
import { Narrator } from "../../src/observe/narrator.js";

const source = "www";
const target = "b";
const path = (text: string) => Buffer.from(text).toString("latin1") as RelativePath;

function batch(...entries: [name: string, deleted: boolean, delayMs: number][]): Fact {
  return {
    kind: "batch",
    source,
    target,
    bytes: 20_582,
    tookMs: 55.55,
    entries: entries.map(([name, deleted, delayMs]) => ({
      path: path(name),
      deleted,
      directory: false,
      kinds: 4,
      delayMs,
    })),
  };
}

const failed = (name: string, attempts = 1): PathFailed => ({
  kind: "path-failed",
  source,
  target,
  path: path(name),
  reason: "Permission denied (13)",
  attempts,
  retryAt: 0,
});

const pass = (more: Partial<PassFinished>): PassFinished => ({
  kind: "pass",
  source,
  target,
  path: path(""),
  differences: 0,
  kept: 0,
  keptSample: [],
  tookMs: 1234.56,
  ...more,
});

const down = (reason: string): Fact => ({
  kind: "target-state",
  source,
  target,
  state: "down",
  reason,
  retryAt: 0,
});

const hook = (more: Partial<HookTold>): HookTold => ({
  kind: "hook",
  source,
  hook: "purge",
  outcome: "failed",
  events: 2,
  tookMs: 12.34,
  reason: "it answered 503",
  ...more,
});

const lines = (narrator: Narrator, ...facts: Fact[]) =>
  facts.flatMap((fact) => narrator.tell(fact, false)).map(({ level, text }) => `${level} ${text}`);

describe("Narrator", () => {
  it("tells a batch in one line: counts, bytes, the longest delay, the first names", () => {
    const fact = batch(["a", false, 3], ["b", true, 41.26], ["c", false, 2], ["é", false, 1]);
    const [entry, ...others] = new Narrator().tell(fact, false);
    expect(others).toEqual([]);
    expect(entry).toEqual({
      level: "info",
      source,
      target,
      text: "3 sent, 1 deleted, 20.1 KiB, 41 ms: a, b, c and 1 more",
      fields: {
        kind: "batch",
        sent: 3,
        deleted: 1,
        bytes: 20_582,
        delayMs: 41.3,
        tookMs: 55.6,
        names: ["a", "b", "c"],
      },
    });
    expect(lines(new Narrator(), batch(["x", true, 1]))).toEqual([
      "info 1 deleted, 20.1 KiB, 1 ms: x",
    ]);
  });

  it("lists every path where that is asked for", () => {
    const entries = new Narrator().tell(batch(["a", false, 3], ["é\n", true, 4]), true);
    expect(entries.slice(1)).toEqual([
      expect.objectContaining({ level: "debug", text: "sent a, 3 ms" }),
      expect.objectContaining({
        text: "deleted é\\n, 4 ms",
        fields: { kind: "path", path: "é\\n", deleted: true, delayMs: 4 },
      }),
    ]);
  });

  it("warns of a path that cannot be delivered once, until it has been", () => {
    const narrator = new Narrator();
    const told = lines(
      narrator,
      failed("a"),
      failed("a", 2),
      failed("b"),
      batch(["a", false, 1]),
      failed("a", 1),
    ).filter((line) => line.includes("Cannot deliver"));
    expect(told.map((line) => line.split(":")[0])).toEqual([
      "warn Cannot deliver a",
      "debug Cannot deliver a",
      "warn Cannot deliver b",
      "warn Cannot deliver a",
    ]);
  });

  it("keeps the failures of targets apart", () => {
    const narrator = new Narrator();
    const elsewhere = { ...failed("a"), target: "c" };
    expect(lines(narrator, failed("a"), elsewhere).map((line) => line.slice(0, 4))).toEqual([
      "warn",
      "warn",
    ]);
  });

  it("says that a target works again only when it did not", () => {
    const state = (name: "connecting" | "catching-up" | "live"): Fact => ({
      kind: "target-state",
      source,
      target,
      state: name,
    });
    expect(
      lines(
        new Narrator(),
        state("connecting"),
        state("catching-up"),
        state("live"),
        down("Cannot replicate to b: refused."),
        state("catching-up"),
        state("live"),
        down("x."),
        state("live"),
      ),
    ).toEqual([
      "debug Connecting",
      "info Catching up",
      "info Up to date",
      "error Cannot replicate to b: refused. It is tried again by itself",
      "info Works again; catching up",
      "info Up to date",
      "error x. It is tried again by itself",
      "info Works again; up to date",
    ]);
  });

  it("tells what a pass found, and warns once of what was kept", () => {
    const kept = pass({ kept: 7, keptSample: ["x", "y"].map(path) });
    expect(lines(new Narrator(), pass({ differences: 3 }), kept, kept)).toEqual([
      "info Compared everything in 1.2 s: 3 differences, which will be settled now",
      "info Compared everything in 1.2 s: no difference",
      expect.stringMatching(
        /^warn Kept 7 entries that only the replica has, from before treecast: x, y and 5 more\. --adopt /,
      ),
      "info Compared everything in 1.2 s: no difference",
      expect.stringMatching(/^debug Kept 7 entries/),
    ]);
    expect(lines(new Narrator(), pass({ path: path("a/b"), differences: 1 }))).toEqual([
      "info Compared a/b in 1.2 s: 1 difference, which will be settled now",
    ]);
  });

  it("tells of whole file systems where those are heard, and of no directories", () => {
    const coverage = (watched: number, unwatched: number): Fact => ({
      kind: "coverage",
      source,
      coverage: { watched, unwatched, whole: true },
    });
    expect(
      lines(
        new Narrator(),
        {
          kind: "source-state",
          source,
          state: "watching",
          coverage: { watched: 1, unwatched: 0, whole: true },
          tookMs: 3,
        },
        coverage(2, 0),
        coverage(2, 1),
      ),
    ).toEqual([
      "info Watching 1 whole file system after 3 ms",
      "debug Watching 2 whole file systems",
      "warn Watching 2 whole file systems; besides, 1 directory is scanned from time to time",
    ]);
  });

  it("tells a source's states, and coverage only when it begins or ceases to be whole", () => {
    const coverage = (watched: number, unwatched: number): Fact => ({
      kind: "coverage",
      source,
      coverage: { watched, unwatched },
    });
    expect(
      lines(
        new Narrator(),
        { kind: "source-state", source, state: "starting" },
        {
          kind: "source-state",
          source,
          state: "watching",
          coverage: { watched: 1234, unwatched: 0 },
          tookMs: 830,
        },
        coverage(1235, 0),
        coverage(1000, 500),
        coverage(1000, 600),
        coverage(1600, 0),
        {
          kind: "source-state",
          source,
          state: "root-lost",
          reason: "the source directory is gone",
        },
        { kind: "source-state", source, state: "failed", reason: "Cannot\nopen \u001b[31mit" },
      ),
    ).toEqual([
      "debug Starting to watch",
      "info Watching 1,234 directories after 830 ms",
      "debug Watching 1,235 directories",
      "warn Watching 1000 of 1,500 directories; the others are scanned from time to time",
      "debug Watching 1000 of 1,600 directories; the others are scanned from time to time",
      "info Watching 1,600 directories",
      "error Nothing is sent: the source directory is gone",
      "error Cannot open ?[31mit",
    ]);
  });

  it("tells gaps, refused deletions and notes", () => {
    const gap = (reason: "overflow" | "mount", at: string): Fact => ({
      kind: "gap",
      source,
      gap: { path: path(at), reason, at: 0 },
    });
    expect(
      lines(
        new Narrator(),
        gap("overflow", ""),
        gap("mount", "m"),
        { kind: "deletes-refused", source, target },
        { kind: "note", level: "error", text: "Something" },
      ),
    ).toEqual([
      "warn The kernel's event queue was full and events were lost: everything is looked at again",
      "info A file system was mounted or unmounted: m is looked at again",
      "warn The target refuses deletions: nothing is deleted there from now on",
      "error Something",
    ]);
  });

  it("tells what is held, what to do about it, and how it ended", () => {
    const held = (kind: "deletes" | "rewrites", entries: number, of: number): Fact => ({
      kind: "held",
      source,
      hold: { kind, since: 0, entries, of, sample: ["a", "b", "c", "d"].map(path) },
    });
    const ended = (
      hold: "deletes" | "rewrites",
      how: "approved" | "rejected" | "recovered",
    ): Fact => ({
      kind: "hold-ended",
      source,
      hold,
      how,
    });
    expect(
      lines(
        new Narrator(),
        held("deletes", 60_000, 100_000),
        held("rewrites", 5_000, 0),
        ended("deletes", "approved"),
        ended("rewrites", "rejected"),
        ended("deletes", "recovered"),
      ),
    ).toEqual([
      "error Deletions are held: 60,000 of 100,000 entries would be deleted on the replicas (a, b, c and 59997 more). What is written goes on being sent. `treecast approve` lets it go, `treecast reject` drops it",
      "error Everything is held: 5,000 entries were rewritten within a minute (a, b, c and 4997 more). Nothing is sent. `treecast approve` lets it go, `treecast reject` drops it",
      "info The held deletions were approved: they go now",
      "info The held changes were rejected: the replicas stay as they are",
      "info The source has recovered: the held deletions are not needed any more",
    ]);
    const [entry] = new Narrator().tell(held("deletes", 60_000, 100_000), false);
    expect(entry?.fields).toEqual({
      kind: "held",
      hold: "deletes",
      entries: 60_000,
      of: 100_000,
      sample: ["a", "b", "c", "d"],
    });
  });

  it("tells what a scan saw and found", () => {
    const scan = (reason: "start" | "first" | "gap", at: string, differences: number): Fact => ({
      kind: "scan",
      source,
      path: path(at),
      reason,
      seen: 1_234_567,
      differences,
      tookMs: 5_432.1234,
    });
    expect(
      lines(new Narrator(), scan("first", "", 0), scan("start", "", 0), scan("gap", "é", 1)),
    ).toEqual([
      "info Indexed the source: 1,234,567 entries in 5.4 s",
      "info Scanned the source: 1,234,567 entries in 5.4 s; nothing has changed",
      "info Scanned é: 1,234,567 entries in 5.4 s; 1 change, which will be sent now",
    ]);
    const [entry] = new Narrator().tell(scan("gap", "é", 1), false);
    expect(entry?.fields).toMatchObject({
      path: "é",
      reason: "gap",
      seen: 1_234_567,
      tookMs: 5432.1,
    });
  });

  it("tells the first difference of an audit, and what a round came to", () => {
    const audit = (drift: number, complete: boolean, repairs = false): Fact => ({
      kind: "audit",
      source,
      target,
      drift,
      sample: ["a", "b", "c", "d"].slice(0, drift).map(path),
      repairs,
      complete,
    });
    expect(
      lines(
        new Narrator(),
        audit(0, true),
        audit(0, true),
        audit(1, false),
        audit(4, false),
        audit(4, true),
        audit(2, false, true),
        audit(0, true),
      ),
    ).toEqual([
      "info Audited everything: the replica is identical",
      "debug Audited everything: the replica is identical",
      "warn An audit found that 1 entry differs: a; `treecast verify --repair` repairs it",
      "debug An audit found that 4 entries differ: a, b, c and 1 more; `treecast verify --repair` repairs it",
      "warn Audited everything: 4 entries differ; `treecast verify --repair` repairs it",
      "warn An audit found that 2 entries differ: a, b; it is repaired",
      "info Audited everything: the replica is identical",
    ]);
  });

  it("lets no name move the cursor or fake a line", () => {
    const hostile = "a\u001b[2J\nfake\u202etxt";
    const told = [
      ...new Narrator().tell(batch([hostile, false, 1]), true),
      ...new Narrator().tell(failed(hostile), true),
      ...new Narrator().tell(down(hostile), true),
      ...new Narrator().tell(pass({ kept: 1, keptSample: [path(hostile)] }), true),
      ...new Narrator().tell(
        {
          kind: "held",
          source,
          hold: { kind: "deletes", since: 0, entries: 1, of: 1, sample: [path(hostile)] },
        },
        true,
      ),
      ...new Narrator().tell(
        {
          kind: "audit",
          source,
          target,
          drift: 1,
          sample: [path(hostile)],
          repairs: false,
          complete: false,
        },
        true,
      ),
    ];
    expect(told).toHaveLength(8);
    for (const { text } of told) expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});

describe("a hook", () => {
  it("that fails is one line until it works again, and what is lost is an error", () => {
    const narrator = new Narrator();
    const told = hook({ outcome: "told", reason: undefined });
    expect(lines(narrator, told, hook({}), hook({ events: 3 }), told, told, hook({}))).toEqual([
      "debug Hook purge was told of 2 events",
      "warn Hook purge failed: it answered 503. It is tried again by itself",
      "debug Hook purge failed: it answered 503. It is tried again by itself",
      "info Hook purge works again",
      "debug Hook purge was told of 2 events",
      "warn Hook purge failed: it answered 503. It is tried again by itself",
    ]);
    expect(lines(narrator, hook({ outcome: "gave-up" }), hook({ outcome: "dropped" }))).toEqual([
      "error Hook purge failed: it answered 503. It is not tried again for 2 events",
      "error Hook purge has as much waiting as is kept for it: what happens now is not told to it",
    ]);
  });

  it("has its figures in the fields", () => {
    const [entry] = new Narrator().tell(hook({}), false);
    expect(entry?.fields).toEqual({
      kind: "hook",
      hook: "purge",
      outcome: "failed",
      events: 2,
      tookMs: 12.3,
      reason: "it answered 503",
    });
  });
});

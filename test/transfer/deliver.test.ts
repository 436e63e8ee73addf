import { describe, expect, it } from "vitest";
import type { Batch, BatchEntry, Sight } from "../../src/model/batch.js";
import { Kind } from "../../src/model/change.js";
import type { RelativePath } from "../../src/model/path.js";
import type { SendOptions } from "../../src/rsync/remote.js";
import type { Run } from "../../src/rsync/run.js";
import { type DeliverOptions, deliver } from "../../src/transfer/deliver.js";

const path = (text: string) => text as RelativePath;

function entry(
  name: string,
  type: Sight["type"] = "file",
  kinds: number = Kind.Content,
): BatchEntry {
  const sight: Sight = { at: path(name), type, size: 1 };
  return { path: path(name), kinds, sight, since: 0, attempts: 0 };
}

function batchOf(entries: BatchEntry[], profile: Batch["profile"] = "content"): Batch {
  return { id: 1, profile, entries };
}

/** A target on which some names are bad, as rsync would tell it. */
class FakeRemote {
  readonly lists: (readonly RelativePath[])[] = [];
  readonly options: SendOptions[] = [];
  readonly #answer: (names: readonly RelativePath[]) => Partial<Run>;

  constructor(answer: (names: readonly RelativePath[]) => Partial<Run>) {
    this.#answer = answer;
  }

  send(names: readonly RelativePath[], options: SendOptions): Promise<Run> {
    this.lists.push(names);
    this.options.push(options);
    return Promise.resolve({
      outcome: "done",
      status: 0,
      errors: [],
      suspects: [],
      errorsCut: false,
      stats: { sentBytes: 10, literalBytes: 0, filesTransferred: 0 },
      tookMs: 1,
      ...this.#answer(names),
    });
  }
}

const asItWas = (entries: readonly BatchEntry[]) => (at: RelativePath) =>
  entries.find((each) => each.path === at)?.sight ?? { at, type: "missing" as const, size: 0 };

function options(
  entries: readonly BatchEntry[],
  more: Partial<DeliverOptions> = {},
): DeliverOptions {
  return { deletes: true, look: () => asItWas(entries), retryAt: () => 99, ...more };
}

async function run(entries: BatchEntry[], remote: FakeRemote, more: Partial<DeliverOptions> = {}) {
  const delivery = await deliver(batchOf(entries), remote, options(entries, more));
  return { delivery, kinds: entries.map((each) => delivery.outcomeOf(each).kind) };
}

describe("deliver()", () => {
  it("settles everything when rsync ends with 0", async () => {
    const entries = [entry("a"), entry("b")];
    const { delivery, kinds } = await run(entries, new FakeRemote(() => ({})));
    expect(kinds).toEqual(["delivered", "delivered"]);
    expect(delivery).toMatchObject({
      trouble: undefined,
      compare: [],
      owedDirectories: [],
      sentBytes: 10,
    });
  });

  it("keeps everything when the target fails, whatever the status", async () => {
    const trouble = { kind: "unknown", text: "?", retry: "later" } as const;
    const entries = [entry("a"), entry("b")];
    const { delivery, kinds } = await run(
      entries,
      new FakeRemote(() => ({ outcome: "failed", status: 99, trouble })),
    );
    expect(kinds).toEqual(["again", "again"]);
    expect(delivery.trouble).toBe(trouble);
  });

  it("sends the rest again without the paths rsync blames", async () => {
    const entries = [entry("a"), entry("bad"), entry("c")];
    const remote = new FakeRemote((names) =>
      names.includes(path("bad"))
        ? { outcome: "partial", status: 23, suspects: [path("bad")], errors: ['open "bad" failed'] }
        : {},
    );
    const { delivery, kinds } = await run(entries, remote);
    expect(kinds).toEqual(["delivered", "failed", "delivered"]);
    expect(delivery.outcomeOf(entries[1]!)).toMatchObject({
      reason: 'open "bad" failed',
      retryAt: 99,
    });
    expect(remote.lists).toEqual([
      ["a", "bad", "c"],
      ["a", "c"],
    ]);
  });

  it("settles what arrived below a directory whose attributes could not be set, and owes that", async () => {
    const entries = [entry("d/a"), entry("d/b")];
    const remote = new FakeRemote(() => ({
      outcome: "partial",
      status: 23,
      suspects: [path("d")],
      errors: ['failed to set times on "/d" (in m): Operation not permitted (1)'],
    }));
    const { delivery, kinds } = await run(entries, remote);
    expect(kinds).toEqual(["delivered", "delivered"]);
    expect(delivery.owedDirectories).toEqual(["d"]);
    expect(remote.lists).toHaveLength(1);
  });

  it("halves a batch until the bad ones stand alone when rsync names nobody", async () => {
    const entries = Array.from({ length: 64 }, (_, index) => entry(`f${index}`));
    const bad = new Set([path("f5"), path("f40")]);
    const remote = new FakeRemote((names) =>
      names.some((name) => bad.has(name)) ? { outcome: "partial", status: 23 } : {},
    );
    const { delivery } = await run(entries, remote);
    for (const each of entries) {
      expect(delivery.outcomeOf(each).kind).toBe(bad.has(each.path) ? "failed" : "delivered");
    }
    expect(remote.lists.length).toBeLessThan(30);
  });

  it("looks again at what vanished and settles the rest", async () => {
    const entries = [entry("a"), entry("gone"), entry("d", "missing", Kind.Gone)];
    const remote = new FakeRemote(() => ({
      outcome: "vanished",
      status: 24,
      suspects: [path("gone"), path("d/below")],
    }));
    const { kinds } = await run(entries, remote);
    expect(kinds).toEqual(["delivered", "again", "again"]);
    expect(remote.lists).toHaveLength(1);
  });

  it("looks again at every name of a file with several when anything vanished", async () => {
    const linked = entry("linked");
    const entries = [
      entry("a"),
      { ...linked, sight: { ...linked.sight, linked: true } },
      entry("gone"),
    ];
    const remote = new FakeRemote(() => ({
      outcome: "vanished",
      status: 24,
      suspects: [path("gone")],
    }));
    const { kinds } = await run(entries, remote);
    expect(kinds).toEqual(["delivered", "again", "again"]);
  });

  it("divides a batch with vanished files that rsync could not name", async () => {
    const entries = [entry("a"), entry("b")];
    const remote = new FakeRemote((names) =>
      names.includes(path("a")) ? { outcome: "vanished", status: 24 } : {},
    );
    const { kinds } = await run(entries, remote);
    expect(kinds).toEqual(["failed", "delivered"]);
  });

  it("does not blame a path that changed while it was sent", async () => {
    const entries = [entry("a"), entry("gone")];
    const remote = new FakeRemote((names) =>
      names.includes(path("gone"))
        ? { outcome: "partial", status: 23, suspects: [path("gone")] }
        : {},
    );
    const look = () => (at: RelativePath) =>
      at === "gone" ? { at, type: "missing" as const, size: 0 } : asItWas(entries)(at);
    const { kinds } = await run(entries, remote, { look });
    expect(kinds).toEqual(["delivered", "again"]);
  });

  it("stops dividing when the target fails on the way", async () => {
    const trouble = { kind: "refused", text: "refused", retry: "soon" } as const;
    let calls = 0;
    const remote = new FakeRemote(() =>
      ++calls === 1 ? { outcome: "partial", status: 23 } : { outcome: "failed", trouble },
    );
    const entries = [entry("a"), entry("b"), entry("c"), entry("d")];
    const { delivery, kinds } = await run(entries, remote);
    expect(kinds).toEqual(["again", "again", "again", "again"]);
    expect(delivery.trouble).toBe(trouble);
    expect(calls).toBe(2);
  });

  it("blames a file that found no room on a full disk, and nothing else with it", async () => {
    const trouble = { kind: "disk-full", text: "full", retry: "later" } as const;
    const errors = ['write failed on "/big" (in www): No space left on device (28)'];
    const remote = new FakeRemote(() => ({
      ...{ outcome: "failed", status: 11, trouble, errors, suspects: [path("big")] },
    }));
    const entries = [entry("small"), entry("big")];
    const { delivery, kinds } = await run(entries, remote);
    expect(kinds).toEqual(["again", "failed"]);
    expect(delivery.trouble).toBe(trouble);
    expect(delivery.outcomeOf(entries[1]!)).toMatchObject({ reason: errors[0], retryAt: 99 });
  });

  it("asks for a comparison of a directory that was gone and is back", async () => {
    const replaced = entry("d", "directory", Kind.Gone | Kind.Content | Kind.Directory);
    const { delivery } = await run([replaced, entry("e", "directory")], new FakeRemote(() => ({})));
    expect(delivery.compare).toEqual(["d"]);
  });

  it("compares a directory that came back while its deletion was sent", async () => {
    const deleted = entry("d", "missing", Kind.Gone | Kind.Directory);
    const look = () => (at: RelativePath) => ({ at, type: "directory" as const, size: 0 });
    const { delivery, kinds } = await run([deleted], new FakeRemote(() => ({})), { look });
    expect(delivery.compare).toEqual(["d"]);
    expect(kinds).toEqual(["again"]);
  });

  it("deletes only with a list of what was missing when it was cut, and where it may", async () => {
    const remote = new FakeRemote(() => ({}));
    const there = [entry("d", "directory", Kind.Attributes | Kind.Directory)];
    const gone = [entry("a", "missing", Kind.Gone)];
    await deliver(batchOf(there, "content"), remote, options(there));
    // What is moved out of the tree while this is on its way has not been weighed.
    await deliver(batchOf(there, "attributes"), remote, options(there));
    await deliver(batchOf(gone, "attributes"), remote, options(gone));
    await deliver(batchOf(gone, "attributes"), remote, options(gone, { deletes: false }));
    expect(remote.options).toEqual([
      { profile: "content", deletes: false },
      { profile: "attributes", deletes: false },
      { profile: "attributes", deletes: true },
      { profile: "attributes", deletes: false },
    ]);
  });

  it("starts nothing for nothing", async () => {
    const remote = new FakeRemote(() => ({}));
    await run([], remote);
    expect(remote.lists).toEqual([]);
  });
});

/** How a watch ends: by its signal at every moment, by being closed, by its loop. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { watch, type Watching, type WatchOptions } from "../../src/index.js";
import { makeTempDir } from "../support/temp.js";

const reason = new Error("enough");

/** A watch that its test aborts. */
function startWith(options: WatchOptions = {}) {
  const root = makeTempDir();
  for (let n = 0; n < 20; n++) mkdirSync(join(root, `${n}`));
  const stop = new AbortController();
  const changes: Watching = watch(root, { ...options, signal: stop.signal });
  return { root, changes, abort: () => stop.abort(reason) };
}

const done = { done: true, value: undefined };

describe("the signal of watch()", () => {
  it("ends a start, and a drain that waits for it", async () => {
    const { changes, abort } = startWith();
    const both = Promise.allSettled([changes.ready, changes.drain()]);
    abort();
    expect(await both).toEqual([
      { status: "rejected", reason },
      { status: "rejected", reason },
    ]);
    await expect(changes.next()).rejects.toBe(reason);
    expect(await changes.next()).toEqual(done);
    await changes.close();
  });

  it("ends every reader that waits: the first is told why", async () => {
    const { changes, abort } = startWith();
    await changes.ready;
    const both = [changes.next(), changes.next()];
    abort();
    await expect(both[0]).rejects.toBe(reason);
    expect(await both[1]).toEqual(done);
  });

  it("ends a loop with what waits unread", async () => {
    const { root, changes, abort } = startWith();
    await changes.ready;
    for (let n = 0; n < 10; n++) writeFileSync(join(root, `f${n}`), "");
    await changes.drain();
    const seen: string[] = [];
    const loop = async () => {
      for await (const { path } of changes) {
        seen.push(path);
        abort();
      }
    };
    await expect(loop()).rejects.toBe(reason);
    expect(seen).toHaveLength(1);
  });

  it("ends a list of what is there", async () => {
    const { changes, abort } = startWith({ initial: true });
    expect((await changes.next()).value?.kind).toBe("found");
    abort();
    await expect(changes.next()).rejects.toBe(reason);
  });

  it("ends what waits to settle", async () => {
    const { root, changes, abort } = startWith({ settle: 50_000 });
    await changes.ready;
    writeFileSync(join(root, "f"), "");
    const next = changes.next();
    abort();
    await expect(next).rejects.toBe(reason);
  });

  it("ends a drain, with its reason", async () => {
    const { changes, abort } = startWith();
    await changes.ready;
    const draining = changes.drain();
    abort();
    await expect(draining).rejects.toBe(reason);
    await expect(changes.drain()).rejects.toBe(reason);
  });

  it("ends batches", async () => {
    const { root, changes, abort } = startWith();
    await changes.ready;
    const batches = changes.batches({ withinMs: 50_000 });
    writeFileSync(join(root, "f"), "");
    const batch = batches.next();
    await changes.drain();
    abort();
    // What it has is handed over; whoever asks next is told why there is no more.
    expect((await batch).value).toMatchObject([{ path: "f" }]);
    await expect(batches.next()).rejects.toBe(reason);
    expect(await batches.next()).toEqual(done);
  });
});

describe("the signal of a drain", () => {
  it("ends that alone, during the start and after", async () => {
    await using changes = watch(makeTempDir());
    await expect(changes.drain(AbortSignal.abort(reason))).rejects.toBe(reason);
    const early = new AbortController();
    const draining = changes.drain(early.signal);
    early.abort(reason);
    await expect(draining).rejects.toBe(reason);
    await changes.ready;
    const late = new AbortController();
    const second = changes.drain(late.signal);
    late.abort(reason);
    await expect(second).rejects.toBe(reason);
    await changes.drain();
  });
});

describe("closing a watch", () => {
  it("gives up a start", async () => {
    const { changes } = startWith();
    const closing = changes.close();
    await expect(changes.ready).rejects.toThrow("The watch was closed");
    await closing;
    expect(await changes.next()).toEqual(done);
    await expect(changes.drain()).rejects.toThrow("The watch was closed");
    await changes.close();
  });

  it("ends the readers, and drops what waits", async () => {
    const { root, changes } = startWith();
    await changes.ready;
    writeFileSync(join(root, "f"), "");
    await changes.drain();
    await changes.close();
    expect(await changes.next()).toEqual(done);
  });

  it("is what leaving a loop over batches does", async () => {
    const { root, changes } = startWith();
    await changes.ready;
    writeFileSync(join(root, "f"), "");
    for await (const batch of changes.batches()) {
      expect(batch).toMatchObject([{ kind: "content", path: "f" }]);
      break;
    }
    expect(await changes.next()).toEqual(done);
  });
});

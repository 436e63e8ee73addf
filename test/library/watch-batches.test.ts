import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { watch, type WatchEvent } from "../../src/index.js";
import { makeTempDir } from "../support/temp.js";

function put(root: string, names: readonly string[]): void {
  for (const name of names) writeFileSync(join(root, name), "");
}

const pathsOf = (batch: readonly WatchEvent[] | undefined) => batch?.map(({ path }) => path);

describe("batches()", () => {
  it("gives what waits at once, up to a limit", async () => {
    const root = makeTempDir();
    await using changes = watch(root);
    await changes.ready;
    put(root, ["a", "b", "c", "d", "e"]);
    await changes.drain();
    const batches = changes.batches({ max: 2 });
    expect(pathsOf((await batches.next()).value)).toEqual(["a", "b"]);
    expect(pathsOf((await batches.next()).value)).toEqual(["c", "d"]);
    expect(pathsOf((await batches.next()).value)).toEqual(["e"]);
  });

  it("waits for more for a while after the first, or until it is full", async () => {
    const root = makeTempDir();
    await using changes = watch(root, { kinds: ["content"] });
    await changes.ready;
    const batches = changes.batches({ max: 3, withinMs: 50_000 });
    const full = batches.next();
    for (const name of ["a", "b", "c"]) {
      put(root, [name]);
      await changes.drain();
    }
    expect(pathsOf((await full).value)).toEqual(["a", "b", "c"]);
    const short = changes.batches({ withinMs: 200 });
    put(root, ["d"]);
    const from = performance.now();
    const batch = short.next();
    await changes.drain();
    put(root, ["e"]);
    expect(pathsOf((await batch).value)).toEqual(["d", "e"]);
    expect(performance.now() - from).toBeGreaterThan(190);
  });

  it("gathers what settles meanwhile", async () => {
    const root = makeTempDir();
    await using changes = watch(root, { settle: 30 });
    await changes.ready;
    const batches = changes.batches({ max: 2, withinMs: 50_000 });
    const batch = batches.next();
    put(root, ["a", "b"]);
    expect(pathsOf((await batch).value)).toEqual(["a", "b"]);
  });

  it("ends when the watch is closed, with what it has", async () => {
    const root = makeTempDir();
    const changes = watch(root);
    await changes.ready;
    const batches = changes.batches({ withinMs: 50_000 });
    put(root, ["a"]);
    const batch = batches.next();
    await changes.drain();
    await changes.close();
    expect(pathsOf((await batch).value)).toEqual(["a"]);
    expect(await batches.next()).toEqual({ done: true, value: undefined });
  });
});

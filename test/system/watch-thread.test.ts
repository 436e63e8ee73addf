import { spawn } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { RelativePath } from "../../src/model/path.js";
import { startWatch, startWatchWith } from "../../src/watch/watch.js";
import { Mirror, startMirror } from "../support/mirror.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { coverageBy, watchers } from "../support/watchers.js";

const ENDING = fileURLToPath(new URL("../watch/fixtures/ending.ts", import.meta.url));
const MORTAL = new URL("../watch/fixtures/mortal-worker.ts", import.meta.url);

interface End {
  readonly status: number | null;
  readonly signal: string | null;
  readonly errors: string;
}

/** Runs the program that ends in this way. A crash in native code shows as a signal. */
function ending(how: string): Promise<End> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, ENDING, how, makeTempDir()], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
    child.on("error", reject);
    child.on("close", (status, signal) => resolve({ status, signal, errors }));
  });
}

function descriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${name}`);
      return /fanotify|inotify|eventfd|mountinfo/.test(target) ? [target] : [];
    } catch {
      return [];
    }
  });
}

describe("a program that watches", () => {
  it.each([
    ["close", 0],
    ["exit", 7],
    ["exit-at-once", 8],
    ["throw", 1],
    ["terminate", 0],
    ["reader-throws", 0],
    ["reader-exits", 0],
  ])("ends as it means to: %s", async (how, status) => {
    const end = await ending(how);
    expect({ status: end.status, signal: end.signal }, end.errors).toEqual({
      status,
      signal: null,
    });
  });
});

describe.each(watchers)("a watch by %s", (source) => {
  it("starts a dead reader again, tells the gap, and answers what was asked before", async () => {
    const root = makeTempDir();
    const mirror = new Mirror(root);
    await using watch = await startWatchWith(MORTAL, { root, rules: [], source }, mirror);
    mkdirSync(join(root, "before/deep"), { recursive: true });
    await watch.drain();
    writeFileSync(join(root, "throw"), "x");
    writeFileSync(join(root, "before/deep/lost"), "x");
    const drained = watch.drain();
    await until(() => mirror.gaps.length === 1);
    await drained;
    expect(mirror.gaps[0]).toMatchObject({ path: "", reason: "reader-restarted" });
    const notices = mirror.notices.filter(({ kind }) => kind !== "watcher");
    expect(notices.map(({ kind, text }) => [kind, text])).toEqual([
      ["reader-restarted", expect.stringContaining("it was told to")],
    ]);
    writeFileSync(join(root, "before/deep/after"), "x");
    await watch.drain();
    expect(mirror.differences()).toEqual([]);
    expect(mirror.gaps).toHaveLength(1);
    expect(watch.coverage).toEqual(coverageBy(source, 3));
    expect(watch.watcher?.kind).toBe(source);
  });

  it("writes into no file that has taken the place of a dead reader's descriptor", async () => {
    const root = makeTempDir();
    const mirror = new Mirror(root);
    await using watch = await startWatchWith(MORTAL, { root, rules: [], source }, mirror);
    writeFileSync(join(root, "throw"), "x");
    await until(() => mirror.notices.length === 1);
    // The lowest numbers that are free, and so those of the reader that is gone, too.
    const bystanders = makeTempDir();
    const files = Array.from({ length: 20 }, (_, index) => join(bystanders, String(index)));
    const descriptorsOfOurs = files.map((file) => openSync(file, "w"));
    const drained = watch.drain();
    watch.unheard("" as RelativePath);
    expect(mirror.gaps).toEqual([]);
    expect(files.map((file) => statSync(file).size)).toEqual(files.map(() => 0));
    await drained;
    for (const descriptor of descriptorsOfOurs) closeSync(descriptor);
  });

  it("waits for the root's return when reader and root go together", async () => {
    const root = join(makeTempDir(), "root");
    mkdirSync(root);
    const mirror = new Mirror(root);
    await using watch = await startWatchWith(MORTAL, { root, rules: [], source }, mirror);
    writeFileSync(join(root, "throw"), "x");
    rmSync(root, { recursive: true });
    await until(() => mirror.roots.length === 1);
    mkdirSync(join(root, "new/deep"), { recursive: true });
    await until(() => mirror.gaps.some(({ reason }) => reason === "root-returned"));
    writeFileSync(join(root, "new/deep/file"), "x");
    await watch.drain();
    expect(mirror.differences()).toEqual([]);
    expect(watch.coverage).toEqual(coverageBy(source, 3));
    expect(watch.rootIdentity.ino).toBe(statSync(root, { bigint: true }).ino);
  });

  it("releases every descriptor when it is closed, also after a reader's death", async () => {
    const before = descriptors().length;
    const root = makeTempDir();
    const mirror = new Mirror(root);
    const watch = await startWatchWith(MORTAL, { root, rules: [], source }, mirror);
    expect(descriptors().length).toBeGreaterThanOrEqual(before + 3);
    writeFileSync(join(root, "exit"), "x");
    await until(() => mirror.gaps.length === 1);
    await watch.close();
    await watch.close();
    // The thread's own event loop has some too, and they go with it.
    await until(() => descriptors().length === before);
  });

  it("delivers what is on its way when it is closed, and nothing afterwards", async () => {
    const root = makeTempDir();
    const { mirror, watch } = await startMirror(root, { source });
    for (let i = 0; i < 100; i++) writeFileSync(join(root, `f${i}`), "x");
    await watch.drain();
    const closed = watch.close();
    writeFileSync(join(root, "late"), "x");
    await closed;
    expect(mirror.kinds.size).toBeGreaterThanOrEqual(100);
    const { told } = mirror;
    writeFileSync(join(root, "later"), "x");
    await new Promise((resolve) => setImmediate(resolve));
    expect(mirror.told).toBe(told);
    await expect(watch.drain()).rejects.toThrow("closed");
  });

  it("refuses a rule that cannot be read, as the filter does", async () => {
    const root = makeTempDir();
    await expect(
      startWatch({ root, rules: ["+ a", "re:(("], source }, new Mirror(root)),
    ).rejects.toMatchObject({
      name: "Fault",
      code: "FILTER_INVALID",
    });
  });

  it("gives up its start when its signal says so", async () => {
    const root = makeTempDir();
    const given = new AbortController();
    const starting = startWatch({ root, rules: [], source }, new Mirror(root), given.signal);
    given.abort(new Error("never mind"));
    await expect(starting).rejects.toThrow("never mind");
    await expect(
      startWatch({ root, rules: [], source }, new Mirror(root), given.signal),
    ).rejects.toThrow("never mind");
  });

  it("gives up a drain when its signal says so", async () => {
    await using watched = await startMirror(makeTempDir(), { source });
    const given = new AbortController();
    const drained = watched.watch.drain({}, given.signal);
    given.abort(new Error("never mind"));
    await expect(drained).rejects.toThrow("never mind");
    await watched.watch.drain();
  });

  it("tells everything that happened before a drain, a thousand times over", async () => {
    const root = makeTempDir();
    await using watched = await startMirror(root, { source });
    for (let round = 0; round < 1000; round++) {
      writeFileSync(join(root, `f${round % 7}`), String(round));
      if (round % 10 === 0) mkdirSync(join(root, `d${round}/e`), { recursive: true });
      await watched.watch.drain();
      if (!watched.mirror.kinds.has(`f${round % 7}` as never)) throw new Error(`missed ${round}`);
      if (round % 100 === 0) expect(watched.mirror.differences()).toEqual([]);
      watched.mirror.kinds.clear();
    }
    expect(watched.mirror.differences()).toEqual([]);
  });

  it("sends a busy owner few messages, and loses nothing", async () => {
    const root = makeTempDir();
    for (let i = 0; i < 20; i++) mkdirSync(join(root, `d${i}`));
    await using watched = await startMirror(root, { source });
    const before = watched.mirror.messages;
    // The owner's thread does nothing but write for a while: no message can be taken.
    for (let i = 0; i < 4000; i++) writeFileSync(join(root, `d${i % 20}/f${i % 1000}`), "x");
    const posted = await watched.differences();
    expect(posted).toEqual([]);
    expect(watched.mirror.messages - before).toBeLessThan(8);
    expect(watched.mirror.told).toBeLessThan(4000);
    expect(watched.mirror.gaps).toEqual([]);
  });

  it("does nothing while nothing happens", async () => {
    await using watched = await startMirror(makeTempDir(), { source });
    await watched.watch.drain();
    const { messages, coverages } = watched.mirror;
    await watched.watch.drain();
    expect([watched.mirror.messages, watched.mirror.coverages]).toEqual([messages, coverages]);
  });
});

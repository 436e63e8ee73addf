import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openFanotify } from "../../../src/kernel/fanotify.js";
import { libc } from "../../../src/kernel/libc.js";
import { FanotifySource } from "../../../src/watch/fanotify/source.js";
import type { FanotifySourceOptions } from "../../../src/watch/fanotify/source.js";
import { Outbox } from "../../../src/watch/outbox.js";
import { hasFanotify, ownDisk } from "../../support/own-disk.js";

function open(root: string, options: Partial<FanotifySourceOptions> = {}) {
  const outbox = new Outbox();
  const descriptor = openFanotify();
  const source = new FanotifySource({
    descriptor,
    root,
    filter: undefined,
    outbox,
    tellsMoves: true,
    now: () => 1,
    inspect: () => undefined,
    mounts: () => [],
    scanIntervalMs: 1000,
    ...options,
  });
  onTestFinished(() => {
    source.end();
    libc.close(descriptor);
  });
  expect(source.begin()).toBe(0);
  const told = () => outbox.take(Infinity, 0)?.paths ?? [];
  return { source, told };
}

describe.skipIf(!hasFanotify)("a source under fanotify", () => {
  it("counts what it reads as what is queued is counted", () => {
    const root = ownDisk();
    const { source } = open(root);
    for (let i = 0; i < 100; i++) mkdirSync(join(root, `d${i}`));
    const queued = source.queuedBytes();
    expect(queued).toBeGreaterThan(0);
    expect(source.read()).toEqual({ bytes: queued, emptied: true });
    expect(source.queuedBytes()).toBe(0);
  });

  it("takes more than may wait for lost, and says so", () => {
    const root = ownDisk();
    const { source, told } = open(root, { maxQueuedBytes: 24 * 50 });
    for (let i = 0; i < 50; i++) mkdirSync(join(root, `d${i}`));
    source.read();
    expect(source.overflowed).toBe(false);
    expect(told()).toHaveLength(50);
    for (let i = 50; i < 101; i++) mkdirSync(join(root, `d${i}`));
    expect(source.read().emptied).toBe(true);
    expect(source.overflowed).toBe(true);
    expect(told()).toEqual([]);
    source.overflowed = false;
    source.lookAtAll();
    writeFileSync(join(root, "d70/file"), "");
    source.read();
    expect(told()).toEqual(["d70/file"]);
    expect(source.overflowed).toBe(false);
  });

  it("says that its root has ended when that is deleted, and only then", () => {
    const disk = ownDisk();
    const root = join(disk, "root");
    mkdirSync(root);
    mkdirSync(join(disk, "beside"));
    const { source } = open(root);
    rmSync(join(disk, "beside"), { recursive: true });
    source.read();
    expect([source.rootInDoubt, source.rootEnded]).toEqual([false, false]);
    renameSync(root, join(disk, "moved"));
    source.read();
    expect([source.rootInDoubt, source.rootEnded]).toEqual([true, false]);
    rmSync(join(disk, "moved"), { recursive: true });
    source.read();
    expect(source.rootEnded).toBe(true);
  });

  it("leaves nothing to read behind when it ends", () => {
    const root = ownDisk();
    const { source } = open(root);
    mkdirSync(join(root, "before"));
    source.end();
    mkdirSync(join(root, "after"));
    expect(source.queuedBytes()).toBe(0);
    expect(source.hasWork).toBe(false);
  });

  it("keeps its last records for bug reports, and those of others out of them", () => {
    const disk = ownDisk();
    const root = join(disk, "root");
    mkdirSync(join(root, "d"), { recursive: true });
    const { source } = open(root);
    mkdirSync(join(disk, "elsewhere"));
    writeFileSync(join(root, "d/new\nline"), "x");
    renameSync(join(root, "d"), join(root, "e"));
    source.read();
    expect(source.recent().map((line) => line.replace(/^\S+ /, ""))).toEqual([
      "MODIFY|CLOSE_WRITE|CREATE in=e name=new\\nline",
      "RENAME|ONDIR in=. name=d to=. newName=e",
    ]);
  });
});

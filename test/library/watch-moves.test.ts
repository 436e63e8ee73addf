import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { watch } from "../../src/index.js";
import { makeTempDir } from "../support/temp.js";
import { readAll, readNext, told } from "../support/watching.js";

/** A tree with a directory and a file, watched with renames. */
async function watchTree(options: { readonly settle?: number; readonly buffer?: number } = {}) {
  const root = makeTempDir();
  const at = (path: string) => join(root, path);
  mkdirSync(at("d/e"), { recursive: true });
  writeFileSync(at("d/e/f"), "content");
  writeFileSync(at("file"), "content");
  const changes = watch(root, { moves: true, ...options });
  await changes.ready;
  return { at, changes, [Symbol.asyncDispose]: () => changes.close() };
}

describe("watch() with moves", () => {
  it("tells a renamed directory, and a file, as one event", async () => {
    await using tree = await watchTree();
    const { at, changes } = tree;
    renameSync(at("d"), at("new"));
    const [moved, ...others] = await readAll(changes);
    expect(others).toEqual([]);
    expect(moved).toMatchObject({
      kind: "moved",
      path: "new",
      isDirectory: true,
      from: { path: "d", bytes: Buffer.from("d"), location: Buffer.from(at("d")) },
      to: { path: "new", location: Buffer.from(at("new")) },
    });
    renameSync(at("file"), at("new/e/name"));
    expect(await readAll(changes)).toMatchObject([
      { kind: "moved", path: "new/e/name", isDirectory: false, from: { path: "file" } },
    ]);
    expect(readFileSync(at("new/e/name"), "utf8")).toBe("content");
  });

  it("tells renames in their order, before what waits", async () => {
    await using tree = await watchTree();
    const { at, changes } = tree;
    writeFileSync(at("other"), "");
    await changes.drain();
    renameSync(at("d"), at("x"));
    await changes.drain();
    renameSync(at("x"), at("y"));
    expect(told(await readAll(changes))).toEqual(["moved x", "moved y", "content other"]);
  });

  it("tells by its new name what changed below the old one and was not read", async () => {
    await using tree = await watchTree();
    const { at, changes } = tree;
    appendFileSync(at("d/e/f"), "more");
    chmodSync(at("d/e"), 0o700);
    await changes.drain();
    renameSync(at("d"), at("new"));
    expect(told(await readAll(changes))).toEqual([
      "moved new",
      "content new/e/f",
      "attributes new/e",
    ]);
  });

  it("tells again what the reader may have looked at too late", async () => {
    await using tree = await watchTree();
    const { at, changes } = tree;
    appendFileSync(at("d/e/f"), "more");
    const { value } = await readNext(changes);
    expect(value).toMatchObject({ path: "d/e/f" });
    // The reader has the event, and has not looked yet.
    renameSync(at("d"), at("new"));
    expect(told(await readAll(changes))).toEqual(["moved new", "content new/e/f"]);
  });

  it("tells a rename of what the reader has not heard of as news", async () => {
    await using tree = await watchTree();
    const { at, changes } = tree;
    writeFileSync(at("file.tmp"), "saved");
    mkdirSync(at("made"));
    await changes.drain();
    renameSync(at("file.tmp"), at("file"));
    renameSync(at("made"), at("kept"));
    const events = await readAll(changes);
    expect(told(events).sort()).toEqual([
      "content file",
      "content kept",
      "gone file.tmp",
      "gone made",
    ]);
    expect(events.find(({ path }) => path === "kept")).toMatchObject({ wholeSubtree: true });
  });

  it("tells of a new directory before what moves into it", async () => {
    await using tree = await watchTree();
    const { at, changes } = tree;
    writeFileSync(at("first"), "");
    mkdirSync(at("p/q"), { recursive: true });
    await changes.drain();
    renameSync(at("d"), at("p/q/d"));
    expect(told(await readAll(changes))).toEqual([
      "content p",
      "content p/q",
      "moved p/q/d",
      "content first",
    ]);
  });

  it("forgets what waited at a place that a rename has taken", async () => {
    await using tree = await watchTree();
    const { at, changes } = tree;
    rmSync(at("d/e/f"));
    rmSync(at("file"));
    await changes.drain();
    writeFileSync(at("d/g"), "");
    await changes.drain();
    // Whoever is told now that `file` is gone would lose what has come there.
    renameSync(at("d"), at("file"));
    expect(told(await readAll(changes))).toEqual(["moved file", "gone file/e/f", "content file/g"]);
  });

  it("tells what comes from elsewhere as content, and what leaves as gone", async () => {
    await using tree = await watchTree();
    const { at, changes } = tree;
    const outside = makeTempDir();
    renameSync(at("d"), join(outside, "d"));
    expect(told(await readAll(changes))).toEqual(["gone d"]);
    renameSync(join(outside, "d"), at("back"));
    expect(told(await readAll(changes)).sort()).toEqual([
      "content back",
      "content back/e",
      "content back/e/f",
    ]);
  });

  it("tells no rename as such while the reader compares after a gap", async () => {
    await using tree = await watchTree({ buffer: 4 });
    const { at, changes } = tree;
    for (const name of ["1", "2", "3", "4", "5"]) writeFileSync(at(name), "");
    await changes.drain();
    expect((await readNext(changes)).value).toMatchObject({ kind: "gap", reason: "slow-reader" });
    renameSync(at("d"), at("new"));
    const events = await readAll(changes);
    expect(told(events).sort()).toEqual(["content new", "gone d"]);
    expect(events.find(({ path }) => path === "new")).toMatchObject({ wholeSubtree: true });
  });
});

import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { watch } from "../../src/index.js";
import { Places } from "../../src/library/watch/place.js";
import { News } from "../../src/library/watch/news.js";
import { watchPlan } from "../../src/library/watch/options.js";
import { listTree } from "../../src/library/watch/listing.js";
import { compileFilter } from "../../src/filter/filter.js";
import { ROOT, type RelativePath } from "../../src/model/path.js";
import { makeTempDir } from "../support/temp.js";
import { readAll, readNext, readUntil, told } from "../support/watching.js";

function makeTree(): string {
  const root = makeTempDir();
  mkdirSync(join(root, "d/e"), { recursive: true });
  writeFileSync(join(root, "d/e/f"), "");
  writeFileSync(join(root, "d/x.tmp"), "");
  mkdirSync(join(root, "cache/deep"), { recursive: true });
  symlinkSync("d", join(root, "link"));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xe9])]), "");
  return root;
}

const isListed = ({ kind }: { readonly kind: string }) => kind === "listed";

describe("watch() with initial", () => {
  it("tells what is there, a directory before what lies in it, then that this was all", async () => {
    const root = makeTree();
    await using changes = watch(root, { initial: true, filter: ["- *.tmp", "- cache/"] });
    const events = await readUntil(changes, isListed);
    expect(told(events).sort()).toEqual(
      ["found d", "found d/e", "found d/e/f", "found link", "found \ufffd", "listed "].sort(),
    );
    expect(events.at(-1)).toMatchObject({ kind: "listed", path: "" });
    const paths = events.map(({ path }) => path);
    expect(paths.indexOf("d")).toBeLessThan(paths.indexOf("d/e"));
    expect(events.find(({ path }) => path === "d")).toMatchObject({ isDirectory: true });
    expect(events.find(({ path }) => path === "link")).toMatchObject({ isDirectory: false });
    expect(events.find(({ path }) => path === "\ufffd")?.bytes).toEqual(Buffer.from([0xe9]));
    expect(await readAll(changes)).toEqual([]);
  });

  it("tells what changes meanwhile after it, and loses nothing in between", async () => {
    const root = makeTree();
    await using changes = watch(root, { initial: true });
    const first = (await readNext(changes)).value;
    expect(first?.kind).toBe("found");
    // The list is under way: what it has passed, and what it has not.
    mkdirSync(join(root, "d/new/deep"), { recursive: true });
    writeFileSync(join(root, "d/new/deep/file"), "");
    rmSync(join(root, "d/e/f"));
    await changes.drain();
    const events = await readUntil(changes, isListed);
    expect(events.slice(0, -1).every(({ kind }) => kind === "found")).toBe(true);
    expect(told(await readAll(changes)).sort()).toEqual([
      "content d/new",
      "content d/new/deep",
      "content d/new/deep/file",
      "gone d/e/f",
    ]);
  });

  it("lists a tree of any size with a small buffer, at the reader's pace", async () => {
    const root = makeTempDir();
    for (let d = 0; d < 20; d++) {
      mkdirSync(join(root, `d${d}`));
      for (let f = 0; f < 50; f++) writeFileSync(join(root, `d${d}/f${f}`), "");
    }
    await using changes = watch(root, { initial: true, buffer: 5 });
    const events = await readUntil(changes, isListed);
    expect(events).toHaveLength(20 * 51 + 1);
    expect(events.filter(({ kind }) => kind === "gap")).toEqual([]);
  });

  it("lists again after a gap", async () => {
    const root = makeTree();
    await using changes = watch(root, { initial: true, buffer: 3, filter: ["- cache/"] });
    const first = await readUntil(changes, isListed);
    for (let n = 0; n < 5; n++) writeFileSync(join(root, `d/${n}`), "");
    await changes.drain();
    const events = await readUntil(changes, isListed);
    expect(events[0]).toMatchObject({ kind: "gap", reason: "slow-reader" });
    expect(events.slice(1, -1).every(({ kind }) => kind === "found")).toBe(true);
    expect(events).toHaveLength(first.length + 5 + 1);
    expect(await readAll(changes)).toEqual([]);
  });

  it("lists a directory that was renamed while the list was under way, where it is now", async () => {
    const root = makeTree();
    await using changes = watch(root, { initial: true, moves: true, filter: ["- cache/"] });
    await changes.ready;
    const events = [(await readNext(changes)).value!];
    renameSync(join(root, "d"), join(root, "a"));
    events.push(
      ...(await readUntil(changes, ({ kind, path }) => kind === "listed" && path === "a")),
    );
    expect(told(events)).toContain("listed ");
    expect(told(events)).not.toContain("moved a");
    expect(told(events.slice(-5)).sort()).toEqual([
      "found a",
      "found a/e",
      "found a/e/f",
      "found a/x.tmp",
      "listed a",
    ]);
    // From now on the reader knows the tree.
    await readAll(changes);
    renameSync(join(root, "a"), join(root, "b"));
    expect(told(await readAll(changes))[0]).toBe("moved b");
  });

  it("tells changes of the kinds that are asked for besides", async () => {
    const root = makeTree();
    await using changes = watch(root, { initial: true, kinds: ["gone"] });
    expect(told(await readUntil(changes, isListed))).toContain("found d/e/f");
    appendFileSync(join(root, "d/e/f"), "x");
    chmodSync(join(root, "d/e"), 0o700);
    rmSync(join(root, "d/x.tmp"));
    expect(told(await readAll(changes))).toEqual(["gone d/x.tmp"]);
  });
});

describe("the list of a tree", () => {
  it("begins with the place itself, where that is not the whole tree", () => {
    const places = new Places(makeTree());
    const list = (top: string, rules: readonly string[] = []) =>
      [...listTree(places, top as RelativePath, compileFilter(rules))].map(({ path }) => path);
    expect(list("d/e")).toEqual(["d/e", "d/e/f"]);
    expect(list("d/x.tmp")).toEqual(["d/x.tmp"]);
    expect(list("nosuch")).toEqual([]);
    expect(list("d/e", ["- /d/"])).toEqual([]);
  });

  it("says where it could not look", () => {
    const places = new Places(makeTempDir());
    // Longer than a path may be: the system refuses it, whoever asks.
    const names = Array.from({ length: 20 }, () => "n".repeat(250)).join("/");
    const beyond = new Places(`${places.root}/${names}`);
    expect([...listTree(beyond, ROOT, compileFilter([]))]).toEqual([
      { kind: "unreadable", path: "", error: "ENAMETOOLONG" },
    ]);
    const news = new News({
      plan: watchPlan({ initial: true }),
      places: beyond,
      filter: compileFilter([]),
      drain: () => Promise.resolve(),
      arrived: () => undefined,
    });
    news.begin();
    expect(news.take()).toMatchObject({ kind: "gap", reason: "unreadable", path: "" });
  });
});

import { appendFileSync, chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, expectTypeOf, it } from "vitest";
import { Fault, watch, type WatchEvent, type WatchOptions } from "../../src/index.js";
import { makeTempDir } from "../support/temp.js";
import { readAll, told } from "../support/watching.js";

/** The kinds of events that an iteration has, by its type. */
type KindsOf<T> = T extends AsyncIterable<infer E extends { kind: string }> ? E["kind"] : never;
type Always = "gap" | "root-lost" | "root-returned";

describe("kinds of watch()", () => {
  it("tells what is asked for, and nothing else", async () => {
    const root = makeTempDir();
    mkdirSync(join(root, "d"));
    for (const name of ["mode", "old", "d/f"]) writeFileSync(join(root, name), "");
    await using changes = watch(root, { kinds: ["gone", "attributes"] });
    await changes.ready;
    appendFileSync(join(root, "d/f"), "x");
    writeFileSync(join(root, "new"), "");
    chmodSync(join(root, "mode"), 0o600);
    rmSync(join(root, "old"));
    expect(told(await readAll(changes)).sort()).toEqual(["attributes mode", "gone old"]);
  });

  it("keeps nothing waiting that nobody asked for", async () => {
    const root = makeTempDir();
    writeFileSync(join(root, "old"), "");
    await using changes = watch(root, { kinds: ["gone"], buffer: 2 });
    await changes.ready;
    for (let n = 0; n < 50; n++) {
      writeFileSync(join(root, `${n}`), "");
      if (n % 10 === 0) await changes.drain();
    }
    rmSync(join(root, "old"));
    expect(told(await readAll(changes))).toEqual(["gone old"]);
  });

  it("narrows the type of the events", () => {
    // Only the types are looked at: nothing is watched.
    const some = () => watch("x", { kinds: ["content", "gone"] });
    const all = () => watch("x");
    const more = () => watch("x", { moves: true, initial: true, kinds: ["content"] });
    const open = (options: WatchOptions) => watch("x", options);
    type Changes = "content" | "attributes" | "gone" | "writing";
    expectTypeOf<KindsOf<ReturnType<typeof all>>>().toEqualTypeOf<Changes | Always>();
    expectTypeOf<KindsOf<ReturnType<typeof some>>>().toEqualTypeOf<"content" | "gone" | Always>();
    expectTypeOf<KindsOf<ReturnType<typeof more>>>().toEqualTypeOf<
      "content" | "moved" | "found" | "listed" | Always
    >();
    expectTypeOf<KindsOf<ReturnType<typeof open>>>().toEqualTypeOf<WatchEvent["kind"]>();
    // @ts-expect-error -- there is no such option
    const wrong = () => watch("x", { ignored: [] });
    expect([some, all, more, open, wrong].every((each) => typeof each === "function")).toBe(true);
    expect(wrong).toThrow(Fault);
  });
});

describe("the filter of watch()", () => {
  it("takes presets and regular expressions", async () => {
    const root = makeTempDir();
    const filter = ["+ re:^keep/.*\\.log$", "- re:\\.(log|bak)$", "preset:editor-temp"];
    mkdirSync(join(root, "keep"));
    await using changes = watch(root, { filter });
    await changes.ready;
    const names = ["a.log", "b.bak", "keep/c.log", "keep/d.bak", "e.txt~", ".f.swp", "g"];
    for (const name of names) writeFileSync(join(root, name), "");
    expect(told(await readAll(changes)).sort()).toEqual(["content g", "content keep/c.log"]);
  });

  it.each([
    ["- re:(", /'- re:\('.*RE2/],
    ["preset:nosuch", /'preset:nosuch'.*preset/],
    ["- [a", /'- \[a'/],
    ["merge x", /'merge x'/],
  ])("names the rule that cannot be used: %s", (rule, message) => {
    const start = () => watch(makeTempDir(), { filter: ["- *.tmp", rule] });
    expect(start).toThrow(Fault);
    expect(start).toThrow(message);
    expect(start).toThrow(expect.objectContaining({ code: "FILTER_INVALID" }));
  });
});

describe("the source of watch()", () => {
  it.each(["auto", "inotify", "fanotify"] as const)("hears the tree by %s", async (source) => {
    const root = makeTempDir();
    await using changes = watch(root, { source });
    await changes.ready;
    writeFileSync(join(root, "f"), "");
    expect(told(await readAll(changes))).toEqual(["content f"]);
    // A temporary directory is no file system of its own, and fanotify may not serve.
    if (source !== "fanotify") expect(changes.watcher?.kind).toBe("inotify");
    else expect(["inotify", "fanotify"]).toContain(changes.watcher?.kind);
  });
});

describe("an option of watch() that cannot be used", () => {
  it.each([
    [{ settle: -1 }, "expected 'settle' to be a number of milliseconds, 0 or more, not -1"],
    [{ longestWait: "1s" }, "not '1s'"],
    [{ settle: Number.NaN }, "not NaN"],
    [{ buffer: 0 }, "expected 'buffer' to be a whole number above 0, not 0"],
    [{ kinds: [] }, "expected 'kinds' to be a list with one or more of 'content'"],
    [{ kinds: ["changed"] }, "not [ 'changed' ]"],
    [{ filter: "- *.tmp" }, "expected 'filter' to be a list of rules"],
    [{ initial: 1 }, "expected 'initial' to be true or false, not 1"],
    [{ source: "poll" }, "expected 'source' to be 'auto', 'inotify' or 'fanotify', not 'poll'"],
    [{ moves: null }, "not null"],
    [{ signal: {} }, "expected 'signal' to be an AbortSignal"],
    [{ onNotice: true }, "expected 'onNotice' to be a function"],
    [{ toString: 1 }, "there is no option 'toString'"],
  ])("is named: %o", (options, message) => {
    const start = () => watch(makeTempDir(), options as WatchOptions);
    expect(start).toThrow(message);
    expect(start).toThrow(expect.objectContaining({ name: "Fault", code: "USAGE" }));
  });

  it("counts as left out where it is undefined", async () => {
    const none = { settle: undefined, kinds: undefined, signal: undefined } as unknown;
    await using changes = watch(makeTempDir(), none as WatchOptions);
    await changes.ready;
    expect(() => changes.batches({ max: 0 })).toThrow("Cannot batch events: expected 'max'");
  });
});

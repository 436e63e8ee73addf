import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { DatabaseSync } from "@photostructure/sqlite";
import type { Debt } from "../../src/journal/journal.js";
import { Kind } from "../../src/model/change.js";
import { ROOT } from "../../src/model/path.js";
import {
  dumpIndex,
  expectSound,
  isSure,
  lookUntilSure,
  makeFixture,
  p,
  untilSettled,
} from "./fixture.js";

const REPLICA = "rsync://host/module";

function debt(path: string, more: Partial<Debt> = {}): Debt {
  return {
    path: p(path),
    kinds: Kind.Content,
    since: 1.5,
    attempts: 0,
    retryAt: 0,
    reason: "",
    ...more,
  };
}

describe("a commit", () => {
  it("takes in what was looked at and nothing else", async () => {
    const fixture = await makeFixture(["a/x", "a/y", "b/z"]);
    await fixture.fill();
    fixture.write("a/x", "changed");
    fixture.write("a/y", "changed");
    fixture.write("b/new");
    await fixture.take(["a/x", "b/new"]);
    expect(await fixture.scan()).toEqual(["a/y Content"]);
  });

  it("writes nothing before it is asked for, and nothing that was discarded", async () => {
    const fixture = await makeFixture(["a/x"]);
    await fixture.fill();
    fixture.write("a/x", "changed");
    await lookUntilSure(fixture, ["a/x"]);
    expect(await fixture.scan()).toEqual(["a/x Content"]);
    await fixture.journal.discard();
    await fixture.journal.commit([]);
    expect(await fixture.scan()).toEqual(["a/x Content"]);
  });

  it("a look still under way when all is discarded has seen nothing", async () => {
    const tree = Array.from({ length: 600 }, (_, i) => `d${i}/f`);
    const fixture = await makeFixture(tree);
    await untilSettled(fixture.root);
    const look = fixture.journal.look(
      fixture.root,
      [],
      tree.map((path) => p(path.slice(0, -2))),
    );
    await fixture.journal.discard();
    await look;
    await fixture.journal.commit([]);
    const { all } = await fixture.journal.count([]);
    // Either the whole look came before the discarding, or none of it counts.
    expect(all).toBe(0);
  });

  it("of a missing path forgets all below its topmost missing directory", async () => {
    const fixture = await makeFixture(["a/b/c/d", "a-b", "a0", "z"]);
    await fixture.fill();
    fixture.remove("a");
    await fixture.take(["a/b/c/d"]);
    expect([...dumpIndex(join(fixture.state, "journal.db")).keys()]).toEqual([
      ".",
      "a-b",
      "a0",
      "z",
    ]);
    expectSound(join(fixture.state, "journal.db"));
  });

  it("of what lies below a link or a file by now notes that", async () => {
    const fixture = await makeFixture(["a/x", "b/x", "real/x"]);
    await fixture.fill();
    fixture.remove("a");
    symlinkSync("real", join(fixture.root, "a"));
    fixture.remove("b");
    fixture.write("b", "a file");
    await fixture.take(["a/x", "b/x", ""]);
    expect(await fixture.scan()).toEqual([]);
    expectSound(join(fixture.state, "journal.db"));
  });

  it("counts what was seen below a directory before it went away for nothing", async () => {
    const fixture = await makeFixture(["a/x", "a/y"]);
    await fixture.fill();
    fixture.write("a/x", "changed");
    await lookUntilSure(fixture, ["a/x"]);
    fixture.remove("a");
    await fixture.journal.look(fixture.root, [p("a")], []);
    fixture.write("a/z");
    await fixture.take(["a", "a/z"]);
    expect([...dumpIndex(join(fixture.state, "journal.db")).keys()]).toEqual([".", "a", "a/z"]);
    expect(await fixture.scan()).toEqual([]);
  });

  it("takes in a whole subtree, and takes out of it what is not there any more", async () => {
    const fixture = await makeFixture(["old/deep/x", "old/y", "other"]);
    await fixture.fill();
    fixture.rename("old", "new");
    fixture.write("new/more");
    fixture.remove("new/y");
    await fixture.take(["old"], ["new"]);
    expect(await fixture.scan()).toEqual([]);
    fixture.remove("new/deep");
    fixture.write("new/deep", "a file");
    await fixture.take([], ["new"]);
    expect(await fixture.scan()).toEqual([]);
    expectSound(join(fixture.state, "journal.db"));
  });

  it("ignores what the rules exclude, at any depth", async () => {
    const fixture = await makeFixture(["keep/a.tmp", "cache/x/y"], {
      rules: ["- *.tmp", "- cache/"],
    });
    await fixture.take(["keep/a.tmp", "cache/x/y", "keep"], ["cache"]);
    expect([...dumpIndex(join(fixture.state, "journal.db")).keys()]).toEqual([".", "keep"]);
  });

  it("leaves out what changed only just now, and names it", async () => {
    const fixture = await makeFixture(["a/old"]);
    await fixture.fill();
    // On a busy machine the look may come too late for it; it is tried until it does not.
    for (let i = 0; ; i++) {
      fixture.write("a/fresh", `${i}`);
      const { racy } = await fixture.journal.look(fixture.root, [p("a/fresh")], []);
      await fixture.journal.commit([]);
      const row = dumpIndex(join(fixture.state, "journal.db")).get("a/fresh");
      if (racy.includes(p("a/fresh"))) {
        // That something is there is known all the same: should it go, that has to be told.
        expect(row === undefined || isSure(row)).toBe(false);
        break;
      }
      expect(i).toBeLessThan(100);
    }
    fixture.remove("a/fresh");
    expect(await fixture.scan()).toContain("a/fresh Gone");
  });

  it("takes in at once what was given a time in the future", async () => {
    const fixture = await makeFixture(["a"]);
    utimesSync(join(fixture.root, "a"), 4e9, 4e9);
    await untilSettled(fixture.root);
    const { racy } = await fixture.journal.look(fixture.root, [p("a")], []);
    expect(racy).not.toContain("a");
  });

  it("counts files with other content as rewritten, once, and none for their mode", async () => {
    const fixture = await makeFixture(["a", "b", "c", "d/"]);
    await fixture.fill();
    fixture.write("a", "other");
    chmodSync(join(fixture.root, "b"), 0o600);
    fixture.write("new");
    fixture.remove("c");
    await untilSettled(fixture.root);
    const look = () => fixture.journal.look(fixture.root, ["a", "b", "c", "d", "new"].map(p), []);
    expect(await look()).toMatchObject({ rewritten: 1, indexed: 4 });
    expect(await look()).toMatchObject({ rewritten: 0 });
    await fixture.journal.commit([]);
    expect(await look()).toMatchObject({ rewritten: 0, indexed: 4 });
  });

  it("is refused like all that is asked when the journal is closed meanwhile", async () => {
    const fixture = await makeFixture(Array.from({ length: 300 }, (_, i) => `d${i}/f`));
    const { journal, root } = fixture;
    const look = expect(
      journal
        .look(
          root,
          [],
          Array.from({ length: 300 }, (_, i) => p(`d${i}`)),
        )
        .then(() => journal.commit([])),
    ).rejects.toMatchObject({ code: "STATE_UNUSABLE" });
    await journal.close();
    await look;
    await journal.close();
    await expect(journal.count([])).rejects.toMatchObject({ code: "STATE_UNUSABLE" });
  });

  it("answers what is asked while a long look is under way", async () => {
    const fixture = await makeFixture();
    for (let i = 0; i < 40; i++) for (let k = 0; k < 100; k++) fixture.write(`d${i}/${k}`);
    const order: string[] = [];
    const look = fixture.journal.look(fixture.root, [], [ROOT]).then(() => order.push("look"));
    const debts = fixture.journal.debts("none", undefined, 1).then(() => order.push("debts"));
    await Promise.all([look, debts]);
    expect(order).toEqual(["debts", "look"]);
  });
});

describe("debts", () => {
  it("are written, changed, settled and replaced", async () => {
    const { journal, reopen } = await makeFixture();
    const failed = debt("b\xff", {
      attempts: 3,
      retryAt: 99.5,
      reason: "rsync: Permission denied",
    });
    await journal.commit([
      { replica: REPLICA, replaceAll: false, owed: [debt(""), debt("a"), failed], settled: [] },
      { replica: "other", replaceAll: false, owed: [debt("x")], settled: [] },
    ]);
    expect(await journal.debts(REPLICA, undefined, 10)).toEqual([debt(""), debt("a"), failed]);
    const changed = debt("a", { kinds: Kind.Gone | debt("a").kinds, attempts: 1 });
    await journal.commit([
      { replica: REPLICA, replaceAll: false, owed: [changed], settled: [p(""), p("b\xff")] },
    ]);
    const again = await reopen();
    expect(again.owedAtStart).toEqual(
      new Map([
        [REPLICA, 1],
        ["other", 1],
      ]),
    );
    expect(await again.debts(REPLICA, undefined, 10)).toEqual([changed]);
    await again.commit([{ replica: REPLICA, replaceAll: true, owed: [debt("z")], settled: [] }]);
    expect(await again.debts(REPLICA, undefined, 10)).toEqual([debt("z")]);
    await again.commit([{ replica: REPLICA, replaceAll: true, owed: [], settled: [] }]);
    expect(await again.debts(REPLICA, undefined, 10)).toEqual([]);
    expect(await again.debts("other", undefined, 10)).toHaveLength(1);
  });

  it("of an entry and of its subtree are two, settled together", async () => {
    const { journal } = await makeFixture();
    const subtree = debt("a", { kinds: Kind.Subtree | Kind.Directory });
    await journal.commit([
      { replica: REPLICA, replaceAll: false, owed: [subtree, debt("a"), debt("b")], settled: [] },
    ]);
    expect(await journal.debts(REPLICA, undefined, 10)).toEqual([debt("a"), subtree, debt("b")]);
    expect(await journal.debts(REPLICA, undefined, 1)).toEqual([debt("a"), subtree]);
    await journal.commit([{ replica: REPLICA, replaceAll: false, owed: [], settled: [p("a")] }]);
    expect(await journal.debts(REPLICA, undefined, 10)).toEqual([debt("b")]);
  });

  it("come page by page in the order of their paths as bytes", async () => {
    const { journal } = await makeFixture();
    const paths = ["", "a", "a b", "a/b", "a/c", "a0", "\x7f", "b"].map((path) => debt(path));
    await journal.commit([
      { replica: REPLICA, replaceAll: false, owed: [...paths].reverse(), settled: [] },
    ]);
    const pages: string[] = [];
    let after;
    while (true) {
      const page = await journal.debts(REPLICA, after, 3);
      if (page.length === 0) break;
      pages.push(...page.map(({ path }) => path));
      after = page.at(-1)!.path;
    }
    expect(pages).toEqual([...pages].sort());
    expect(pages).toHaveLength(paths.length);
  });

  it("are forgotten and owed anew by one commit in that order", async () => {
    const { journal } = await makeFixture();
    const both = { replica: REPLICA, replaceAll: false, owed: [debt("a")], settled: [p("a")] };
    await journal.commit([both]);
    await journal.commit([both]);
    expect(await journal.debts(REPLICA, undefined, 10)).toEqual([debt("a")]);
  });
});

describe("memories", () => {
  it("are kept from one run to the next, as they were last committed", async () => {
    const fixture = await makeFixture();
    await fixture.journal.commit([], { a: { deep: [1, "zwei", null] }, b: true, c: 1 });
    await fixture.journal.commit([], { b: undefined, c: 2 });
    const again = await fixture.reopen();
    expect(again.memories).toEqual({ a: { deep: [1, "zwei", null] }, c: 2 });
  });
});

describe("counting", () => {
  it("counts each entry at and below once", async () => {
    const { journal, fill } = await makeFixture(["a/b/c", "a/d", "a-b/x", "e"]);
    await fill();
    const count = async (...paths: string[]) => (await journal.count(paths.map(p))).each;
    expect(await count("a")).toEqual([4]);
    expect(await count("a/b", "a", "a/b/c")).toEqual([0, 4, 0]);
    expect(await count("a/b", "e", "none", "none/below")).toEqual([2, 1, 0, 0]);
    expect(await count("", "a")).toEqual([7, 0]);
    expect(await journal.count([])).toEqual({ each: [], all: 7 });
  });

  it("lists the directories in their order, each with what lies directly in it", async () => {
    const { journal, fill } = await makeFixture(["a/b/c", "a/d", "a-b/x", "e"]);
    await fill();
    const all = [
      { path: "", entries: 3 },
      { path: "a", entries: 2 },
      { path: "a-b", entries: 1 },
      { path: "a/b", entries: 1 },
    ];
    expect(await journal.directories(undefined, 10)).toEqual(all);
    expect(await journal.directories(undefined, 1)).toEqual(all.slice(0, 1));
    expect(await journal.directories(ROOT, 2)).toEqual(all.slice(1, 3));
    expect(await journal.directories(p("a-b"), 10)).toEqual(all.slice(3));
  });
});

describe("without an index", () => {
  it("a journal keeps debts and memories alone", async () => {
    const fixture = await makeFixture(["a"], { index: false });
    const { journal, root } = fixture;
    expect(journal.hasIndex).toBe(false);
    expect(await journal.look(root, [p("a")], [ROOT])).toEqual({
      rewritten: 0,
      indexed: 0,
      racy: [],
    });
    await journal.commit(
      [{ replica: REPLICA, replaceAll: false, owed: [debt("a")], settled: [] }],
      { a: 1 },
    );
    await journal.scan(ROOT, { root, fill: true });
    const again = await fixture.reopen();
    expect(again.memories).toEqual({ a: 1 });
    expect(await again.debts(REPLICA, undefined, 2)).toHaveLength(1);
    expect((await again.count([ROOT])).all).toBe(0);
  });

  it("a journal that had one forgets it", async () => {
    const fixture = await makeFixture(["a", "b/c"]);
    await fixture.fill();
    await fixture.reopen({ index: false });
    expect(await fixture.reopen()).toMatchObject({ origin: { kind: "kept" } });
    expect((await fixture.journal.count([ROOT])).all).toBe(0);
    expect(dumpIndex(join(fixture.state, "journal.db")).size).toBe(0);
  });
});

describe("a commit that cannot be written", () => {
  it("is refused and told once, and the next one writes it as well", async () => {
    const fixture = await makeFixture(["a", "b"]);
    await fixture.fill();
    const troubles: (string | undefined)[] = [];
    fixture.journal.onTrouble((trouble) => troubles.push(trouble?.text));
    fixture.write("a", "changed");
    await lookUntilSure(fixture, ["a"]);
    // Another connection has the right to write: as good as any failure.
    const other = new DatabaseSync(join(fixture.state, "journal.db"));
    other.exec("BEGIN IMMEDIATE");
    const lose = (owed: Debt[], settled: string[], memories = {}) =>
      expect(
        fixture.journal.commit(
          [{ replica: REPLICA, replaceAll: false, owed, settled: settled.map(p) }],
          memories,
        ),
      ).rejects.toMatchObject({ code: "STATE_UNUSABLE" });
    await lose([debt("a"), debt("b"), debt("c")], [], { first: 1, second: 1 });
    await lose([debt("b", { attempts: 1 })], ["a"], { second: 2 });
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toContain("Cannot write the journal");
    other.exec("ROLLBACK");
    other.close();
    await fixture.journal.commit([], { third: 3 });
    expect(troubles).toHaveLength(2);
    expect(troubles[1]).toBeUndefined();
    expect(await fixture.scan()).toEqual([]);
    expect(await fixture.journal.debts(REPLICA, undefined, 9)).toEqual([
      debt("b", { attempts: 1 }),
      debt("c"),
    ]);
    expect((await fixture.reopen()).memories).toEqual({ first: 1, second: 2, third: 3 });
  });

  const canUnshare = spawnSync("unshare", ["-Urm", "true"]).status === 0;

  it.skipIf(!canUnshare)("because the disk is full, goes through when there is room", async () => {
    const child = fileURLToPath(new URL("full-disk-child.ts", import.meta.url));
    const { state } = await makeFixture();
    const words = ["-Urm", process.execPath, ...process.execArgv, child, state];
    const running = spawn("unshare", words, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    running.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const status = await new Promise((resolve) => running.once("exit", resolve));
    expect(said.trim().split("\n")).toEqual([
      "trouble",
      "refused STATE_UNUSABLE",
      "room",
      "well again",
      "debts 20000",
      "indexed 3",
    ]);
    expect(status).toBe(0);
  });
});

describe("the files of a journal", () => {
  it("may be read by nobody else", async () => {
    const fixture = await makeFixture();
    await fixture.journal.commit([], { a: 1 });
    for (const name of ["journal.db", "journal.db-wal", "journal.db-shm"]) {
      expect(statSync(join(fixture.state, name)).mode & 0o777).toBe(0o600);
    }
  });

  it("may vanish while it is open: the next start begins anew", async () => {
    const fixture = await makeFixture(["a"]);
    renameSync(fixture.state, `${fixture.state}.away`);
    rmSync(`${fixture.state}.away`, { recursive: true });
    await fixture.journal.close();
    mkdirSync(fixture.state);
    expect((await fixture.reopen()).origin).toEqual({ kind: "new" });
  });
});

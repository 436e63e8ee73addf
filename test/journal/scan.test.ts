import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { relativePath, ROOT } from "../../src/model/path.js";
import { until } from "../support/until.js";
import { dumpIndex, expectSound, makeFixture, p, untilSettled } from "./fixture.js";

const CONTENT = "Content";
const NEW_DIRECTORY = "Content+Directory";
const DIRECTORY = "Attributes+Directory";

describe("a scan", () => {
  it("finds nothing in a tree that is as it was filled in", async () => {
    const fixture = await makeFixture(["a/b/c", "a/b/d", "e/", "f"]);
    await fixture.fill();
    expect(await fixture.scan()).toEqual([]);
    expect(await fixture.journal.count([ROOT])).toEqual({ each: [6], all: 6 });
    await fixture.reopen();
    expect(fixture.journal.origin).toEqual({ kind: "kept" });
    expect(await fixture.scan()).toEqual([]);
    expectSound(join(fixture.state, "journal.db"));
  });

  it("tells what is new, changed and gone, each by its own kind", async () => {
    const fixture = await makeFixture(["kept/x", "dir/gone", "dir/changed", "old/deep/er", "mode"]);
    await fixture.fill();
    fixture.remove("dir/gone");
    fixture.write("dir/changed", "more");
    fixture.remove("old");
    fixture.write("new/deep/file");
    chmodSync(join(fixture.root, "mode"), 0o600);
    expect(await fixture.scan()).toEqual(
      [
        ` ${DIRECTORY}`,
        `dir ${DIRECTORY}`,
        `dir/changed ${CONTENT}`,
        "dir/gone Gone",
        `mode ${CONTENT}`,
        `new ${NEW_DIRECTORY}`,
        `new/deep ${NEW_DIRECTORY}`,
        `new/deep/file ${CONTENT}`,
        "old Gone+Directory",
      ].sort(),
    );
  });

  it("tells a directory that became a file, and a file that became a directory", async () => {
    const fixture = await makeFixture(["a/x", "b"]);
    await fixture.fill();
    fixture.remove("a");
    fixture.write("a", "a file");
    fixture.remove("b");
    fixture.write("b/y");
    expect(await fixture.scan()).toEqual([
      ` ${DIRECTORY}`,
      `a ${CONTENT}`,
      `b ${NEW_DIRECTORY}`,
      `b/y ${CONTENT}`,
    ]);
    await fixture.take(["", "a", "b", "b/y"]);
    expect([...dumpIndex(join(fixture.state, "journal.db")).keys()]).toEqual([
      ".",
      "a",
      "b",
      "b/y",
    ]);
  });

  it("notices two files of one directory that changed places", async () => {
    const fixture = await makeFixture(["d/a", "d/b"]);
    await fixture.fill();
    fixture.rename("d/a", "d/t");
    fixture.rename("d/b", "d/a");
    fixture.rename("d/t", "d/b");
    expect(await fixture.scan("d")).toEqual([`d ${DIRECTORY}`, `d/a ${CONTENT}`, `d/b ${CONTENT}`]);
  });

  it("keeps to the subtree it was asked for", async () => {
    const fixture = await makeFixture(["a/x", "a-b/x", "a/sub/y", "z"]);
    await fixture.fill();
    for (const path of ["a/new", "a-b/new", "a/sub/new", "new"]) fixture.write(path);
    expect(await fixture.scan("a/sub")).toEqual([`a/sub ${DIRECTORY}`, `a/sub/new ${CONTENT}`]);
    expect(await fixture.scan("a/sub/y")).toEqual([]);
    expect(await fixture.scan("new")).toEqual([`new ${CONTENT}`]);
  });

  it("of what does not exist tells that it is gone, if it was ever there", async () => {
    const fixture = await makeFixture(["a/b/c", "x/y"]);
    await fixture.fill();
    fixture.remove("a");
    fixture.remove("x");
    fixture.write("x", "a file");
    expect(await fixture.scan("a/b/c")).toEqual(["a/b/c Gone"]);
    expect(await fixture.scan("a/b")).toEqual(["a/b Gone+Directory"]);
    expect(await fixture.scan("x/y")).toEqual(["x/y Gone"]);
    expect(await fixture.scan("never/was")).toEqual([]);
  });

  it("rejects where the root itself is not there", async () => {
    const fixture = await makeFixture(["a"]);
    await fixture.fill();
    fixture.rename(".", `../moved-${process.pid}-${Date.now()}`);
    await expect(fixture.scan()).rejects.toMatchObject({ code: "ROOT_MISSING" });
    await expect(fixture.journal.look(fixture.root, [p("a")], [])).rejects.toMatchObject({
      code: "ROOT_MISSING",
    });
    await fixture.journal.commit([]);
    expect((await fixture.journal.count([ROOT])).all).toBe(1);
  });

  it("follows no link, and knows names as bytes", async () => {
    const odd = [
      "new\nline",
      "\xff\xfe not utf-8",
      "x".repeat(255),
      "\xc3\xa9",
      "-rf",
      "a\\b",
      "*",
    ];
    const fixture = await makeFixture(["real/x"]);
    symlinkSync("real", join(fixture.root, "link"));
    const path = (name: string) => relativePath(`d${odd.indexOf(name)}/${name}`);
    for (const name of odd) {
      mkdirSync(join(fixture.root, `d${odd.indexOf(name)}`));
      writeFileSync(Buffer.from(`${fixture.root}/${path(name)}`, "latin1"), "");
    }
    await fixture.fill();
    expect(await fixture.scan()).toEqual([]);
    expect((await fixture.journal.count([p("link")])).each[0]).toBe(1);
    for (const name of odd) {
      writeFileSync(Buffer.from(`${fixture.root}/${path(name)}`, "latin1"), "more");
    }
    expect(await fixture.scan()).toEqual(odd.map((name) => `${path(name)} ${CONTENT}`).sort());
  });

  it("leaves out what the rules exclude, and forgets in silence what they exclude by now", async () => {
    const fixture = await makeFixture(["keep/a", "keep/b.tmp", "cache/x"], { rules: ["- *.tmp"] });
    await fixture.fill();
    expect((await fixture.journal.count([ROOT])).all).toBe(4);
    await fixture.reopen({ rules: ["- cache/"] });
    expect(await fixture.scan()).toEqual([`keep/b.tmp ${CONTENT}`]);
    expect((await fixture.journal.count([ROOT])).all).toBe(2);
    await fixture.reopen({ rules: [] });
    expect(await fixture.scan()).toEqual([
      `cache ${NEW_DIRECTORY}`,
      `cache/x ${CONTENT}`,
      `keep/b.tmp ${CONTENT}`,
    ]);
    expectSound(join(fixture.state, "journal.db"));
  });

  it("leaves alone what it cannot read, and counts it", async () => {
    const fixture = await makeFixture(["a"]);
    const name = "n".repeat(250);
    const home = process.cwd();
    // Deeper than any path may be long: it exists, and cannot be named.
    onTestFinished(() => {
      process.chdir(home);
      expect(spawnSync("rm", ["-rf", fixture.root]).status).toBe(0);
    });
    process.chdir(fixture.root);
    for (let i = 0; i < 20; i++) {
      mkdirSync(name);
      process.chdir(name);
    }
    process.chdir(home);
    await untilSettled(fixture.root);
    const options = { root: fixture.root, fill: true };
    const { unread } = await fixture.journal.scan(ROOT, options);
    expect(unread).toBe(1);
    const { all } = await fixture.journal.count([ROOT]);
    expect(all).toBeGreaterThan(10);
    expect(all).toBeLessThan(20);
    const again = await fixture.journal.scan(ROOT, { ...options, fill: false });
    expect(again).toMatchObject({ differences: 0, unread: 1 });
  });

  it("tells in batches, and goes on when they are taken", async () => {
    const fixture = await makeFixture(["a/"]);
    for (let i = 0; i < 4_500; i++) writeFileSync(join(fixture.root, "a", `f${i}`), "");
    let atWork = 0;
    const sizes: number[] = [];
    const told = new Set<string>();
    const result = await fixture.journal.scan(ROOT, {
      root: fixture.root,
      fill: false,
      onDifferences: async (paths) => {
        expect(++atWork).toBe(1);
        sizes.push(paths.length);
        for (const path of paths) told.add(path);
        await new Promise(setImmediate);
        atWork--;
      },
    });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2_000);
    expect(told.size).toBe(4_502);
    expect(result).toMatchObject({ seen: 4_502, differences: 4_502, unread: 0 });
  });

  it("rejects with what the taker of its differences threw", async () => {
    const fixture = await makeFixture(["a"]);
    const scan = fixture.journal.scan(ROOT, {
      root: fixture.root,
      fill: false,
      onDifferences: () => Promise.reject(new Error("no more")),
    });
    await expect(scan).rejects.toThrow("no more");
  });

  it("ends soon when it is aborted, even while nobody takes its differences", async () => {
    const fixture = await makeFixture(["a"]);
    const controller = new AbortController();
    let asked = false;
    const scan = fixture.journal.scan(
      ROOT,
      {
        root: fixture.root,
        fill: false,
        onDifferences: () => ((asked = true), new Promise(() => undefined)),
      },
      controller.signal,
    );
    await until(() => asked);
    controller.abort(new Error("enough"));
    await expect(scan).rejects.toThrow("enough");
    await fixture.fill();
  });

  it("is ended by the journal's close", async () => {
    const fixture = await makeFixture(["a"]);
    let asked = false;
    const scan = fixture.journal.scan(ROOT, {
      root: fixture.root,
      fill: false,
      onDifferences: () => ((asked = true), new Promise(() => undefined)),
    });
    const refused = expect(scan).rejects.toMatchObject({ code: "STATE_UNUSABLE" });
    await until(() => asked);
    await fixture.journal.close();
    await refused;
  });

  it("says how far it is", async () => {
    const fixture = await makeFixture(["a/b", "c"]);
    await fixture.fill();
    const progress: unknown[] = [];
    await fixture.journal.scan(ROOT, {
      root: fixture.root,
      fill: false,
      onProgress: (each) => progress.push(each),
    });
    expect(progress.at(-1)).toEqual({ seen: 4, expected: 3 });
  });

  it("filling takes out what is not there any more, and brings the rest up to date", async () => {
    const fixture = await makeFixture(["a/gone", "a/changed", "old/x/y"]);
    await fixture.fill();
    fixture.remove("a/gone");
    fixture.remove("old");
    fixture.write("a/changed", "again");
    fixture.write("new/z");
    await fixture.fill();
    expect([...dumpIndex(join(fixture.state, "journal.db")).keys()]).toEqual([
      ".",
      "a",
      "a/changed",
      "new",
      "new/z",
    ]);
    expect(await fixture.scan()).toEqual([]);
    expectSound(join(fixture.state, "journal.db"));
  });

  it("shares a wide, deep and flat tree among threads and forgets none of it", async () => {
    const fixture = await makeFixture();
    let expected = 1;
    const chain = "c/".repeat(300);
    fixture.write(chain);
    expected += 300;
    for (let i = 0; i < 400; i++) {
      fixture.write(`wide/${i}/file`);
      expected += 2;
    }
    mkdirSync(join(fixture.root, "flat"));
    for (let i = 0; i < 6_000; i++) writeFileSync(join(fixture.root, "flat", `${i}`), "");
    expected += 6_002;
    const told = new Set<string>();
    const result = await fixture.journal.scan(ROOT, {
      root: fixture.root,
      fill: false,
      onDifferences: (paths) => {
        for (const path of paths) {
          expect(told.has(path)).toBe(false);
          told.add(path);
        }
        return Promise.resolve();
      },
    });
    expect(told.size).toBe(expected);
    expect(result.seen).toBe(expected);
    await fixture.fill();
    expect((await fixture.journal.count([ROOT])).all).toBe(expected - 1);
    expect(await fixture.scan()).toEqual([]);
  });
});

import {
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../src/journal/database.js";
import { openJournal } from "../../src/journal/journal.js";
import { ROOT } from "../../src/model/path.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { type Fixture, makeFixture, p } from "./fixture.js";

/** A journal that was in use, closed; its database has many pages. */
async function closedFixture(): Promise<Fixture & { readonly file: string }> {
  const fixture = await makeFixture(
    Array.from({ length: 800 }, (_, i) => `d${i % 20}/file-number-${i}`),
  );
  await fixture.fill();
  await fixture.journal.commit([], { known: true });
  await fixture.journal.close();
  return Object.assign(fixture, { file: join(fixture.state, "journal.db") });
}

function scribble(file: string, from: number, length: number): void {
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, Buffer.alloc(length, 0xa5), 0, length, from);
  closeSync(descriptor);
}

/** Damages the index alone: opening a journal that was closed reads none of it. */
function scribbleRows(file: string): void {
  const database = openDatabase(file);
  const page = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'entry'").get();
  database.close();
  scribble(file, (Number(page?.[0]) - 1) * 4096, 4096);
}

describe("a journal that is opened", () => {
  it("is new where there is none, and kept afterwards", async () => {
    const fixture = await makeFixture(["a"]);
    expect(fixture.journal.origin).toEqual({ kind: "new" });
    expect(fixture.journal.memories).toEqual({});
    expect(fixture.journal.owedAtStart).toEqual(new Map());
    expect(await fixture.reopen()).toMatchObject({ origin: { kind: "kept" }, hasIndex: true });
  });

  it("is set aside where it is no database at all", async () => {
    const fixture = await closedFixture();
    writeFileSync(fixture.file, "this is not a database, only a text of some length\n".repeat(50));
    const text = readFileSync(fixture.file);
    const { origin, memories } = await fixture.reopen();
    if (origin.kind !== "set-aside") throw new Error(origin.kind);
    expect(readFileSync(origin.movedTo)).toEqual(text);
    expect(origin.reason).toContain("not a database");
    expect(memories).toEqual({});
    expect((await fixture.journal.count([ROOT])).all).toBe(0);
  });

  it("is set aside where the first page is damaged, or it was cut short", async () => {
    const fixture = await closedFixture();
    scribble(fixture.file, 100, 900);
    expect((await fixture.reopen()).origin.kind).toBe("set-aside");
    await fixture.fill();
    await fixture.journal.close();
    truncateSync(fixture.file, 4096 * 2);
    expect((await fixture.reopen()).origin.kind).toBe("set-aside");
  });

  it("is checked throughout where its program was killed", async () => {
    const fixture = await closedFixture();
    // A log left behind is the sign of it; this one holds nothing.
    scribble(fixture.file, 4096 * 8, 4096 * 4);
    writeFileSync(`${fixture.file}-wal`, Buffer.alloc(32, 1));
    const { origin } = await fixture.reopen();
    expect(origin).toMatchObject({ kind: "set-aside" });
    expect(readdirSync(fixture.state).filter((name) => name.includes("set-aside"))).not.toEqual([]);
  });

  it("is set aside where it is another source's, or a newer program's, and says so", async () => {
    const fixture = await closedFixture();
    const other = await fixture.reopen({ source: "/srv/caf\xc3\xa9" });
    expect(other.origin).toMatchObject({
      kind: "set-aside",
      reason: expect.stringContaining(fixture.root) as string,
    });
    const back = await fixture.reopen();
    expect(back.origin).toMatchObject({
      kind: "set-aside",
      reason: expect.stringContaining("/srv/café") as string,
    });
    await back.close();
    const database = openDatabase(fixture.file);
    database.exec("PRAGMA user_version = 999");
    database.close();
    expect((await fixture.reopen()).origin).toMatchObject({
      kind: "set-aside",
      reason: expect.stringContaining("newer treecast") as string,
    });
  });

  it("keeps three that were set aside, with their logs, and no more", async () => {
    const fixture = await closedFixture();
    const moved: string[] = [];
    for (let i = 0; i < 5; i++) {
      await fixture.journal.close();
      writeFileSync(fixture.file, `no database ${i}`);
      writeFileSync(`${fixture.file}-wal`, "");
      const { origin } = await fixture.reopen();
      if (origin.kind === "set-aside") moved.push(origin.movedTo);
    }
    expect(moved).toHaveLength(5);
    const names = readdirSync(fixture.state).map((name) => join(fixture.state, name));
    const left = names.filter((name) => /set-aside-[^-]+-\d+-\d+T[\w-]+Z(-\d+)?$/.test(name));
    expect(left.sort()).toEqual(moved.slice(2).sort());
  });

  it("throws a fault where none can be had", async () => {
    const directory = join(makeTempDir(), "missing");
    const settings = { directory, source: "/srv", rules: [], index: true };
    await expect(openJournal(settings)).rejects.toMatchObject({
      code: "STATE_UNUSABLE",
      message: expect.stringContaining("journal.db") as string,
    });
  });
});

describe("damage that is found later", () => {
  it("by the writing thread: begins anew, says so, and takes no commit that relied on it", async () => {
    const fixture = await closedFixture();
    scribbleRows(fixture.file);
    const journal = await fixture.reopen();
    expect(journal.origin).toEqual({ kind: "kept" });
    const news: string[] = [];
    journal.onReset(() => news.push("reset"));
    journal.onTrouble((trouble) => news.push(trouble === undefined ? "well" : "trouble"));
    const looks = Array.from({ length: 20 }, (_, i) => p(`d${i}`));
    // Both were put together before anybody could know.
    const first = journal.look(fixture.root, looks, looks).catch((error: unknown) => error);
    const second = journal.commit([], { synced: true });
    await Promise.allSettled([first, second]);
    await until(() => news.includes("trouble"));
    expect(news[0]).toBe("reset");
    expect(journal.hasIndex).toBe(true);
    await journal.commit([], { synced: false });
    expect(news.at(-1)).toBe("well");
    expect((await journal.count([ROOT])).all).toBe(0);
    await fixture.fill();
    expect(await fixture.scan()).toEqual([]);
    expect((await fixture.reopen()).memories).toEqual({ synced: false });
  });

  it("by a scan: ends it and begins anew, once", async () => {
    const fixture = await closedFixture();
    scribbleRows(fixture.file);
    const journal = await fixture.reopen();
    let resets = 0;
    journal.onReset(() => resets++);
    await expect(fixture.scan()).rejects.toThrow();
    await until(() => resets > 0);
    await fixture.fill();
    expect(resets).toBe(1);
    expect((await journal.count([ROOT])).all).toBe(820);
  });
});

describe("a copy of a journal", () => {
  it("opens like the journal itself", async () => {
    const fixture = await closedFixture();
    const elsewhere = makeTempDir();
    copyFileSync(fixture.file, join(elsewhere, "journal.db"));
    const copy = await openJournal({ ...fixture.settings, directory: elsewhere });
    expect(copy).toMatchObject({ origin: { kind: "kept" }, memories: { known: true } });
    await copy.close();
  });
});

import { copyFileSync, existsSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DatabaseSync } from "@photostructure/sqlite";
import { openForReading } from "../../src/journal/database.js";
import { openJournalFile } from "../../src/journal/opening.js";
import { Writer } from "../../src/journal/writer.js";
import { Kind } from "../../src/model/change.js";
import { relativePath } from "../../src/model/path.js";
import { makeTempDir } from "../support/temp.js";

/** All a database says, as one text. */
function contentOf(file: string): string {
  const database = openForReading(file);
  try {
    const all = (sql: string) => database.prepare(sql).all();
    return JSON.stringify([
      all(
        "SELECT path, name, print FROM entry LEFT JOIN directory ON id = entry.directory ORDER BY 1, 2",
      ),
      all(
        "SELECT key, path, subtree, since FROM owed JOIN replica ON id = replica ORDER BY 1, 2, 3",
      ),
      all("SELECT * FROM memory ORDER BY key"),
      all("SELECT value FROM meta WHERE key = 'entries'"),
    ]);
  } finally {
    database.close();
  }
}

describe("after a power cut", () => {
  it("a journal is as some commit left it: rows, debts and memories of the same one", async () => {
    const state = makeTempDir();
    const root = makeTempDir();
    const file = join(state, "journal.db");
    const setup = {
      directory: state,
      source: root,
      rules: [],
      index: true,
      epoch: 0,
      isRestart: false,
    };
    const writer = new Writer(setup, () => undefined);
    await writer.answer({ kind: "open" });
    const random = fc.sample(fc.nat({ max: 2 ** 30 }), { numRuns: 400, seed: 4 });
    let used = 0;
    const any = (below: number) => random[used++ % random.length]! % below;
    const committed = [contentOf(file)];
    let opened = 0;
    let cutShort = 0;
    for (let n = 1; n <= 60; n++) {
      const path = relativePath(`file-${any(8)}`);
      writeFileSync(join(root, path), `${n}`);
      await writer.answer({ kind: "look", root, paths: [path], subtrees: [] });
      const owed = [{ path, kinds: Kind.Content, since: n, attempts: 0, retryAt: 0, reason: "" }];
      const settled = [relativePath(`file-${any(8)}`)];
      await writer.answer({
        kind: "commit",
        epoch: 0,
        debts: [{ replica: "host:/x", replaceAll: false, owed, settled }],
        memories: { n },
      });
      committed.push(contentOf(file));
      const isMoved = any(10) === 0;
      if (isMoved) {
        // What SQLite does by itself after 64 MiB.
        const other = new DatabaseSync(file);
        other.exec("PRAGMA wal_checkpoint(RESTART)");
        other.close();
      }
      const copy = join(makeTempDir(), "journal.db");
      for (const end of ["", "-wal", "-shm"]) {
        if (existsSync(file + end)) copyFileSync(file + end, copy + end);
      }
      const length = statSync(`${copy}-wal`).size;
      // SQLite waits for the disk to have the log before it moves it, so then none of it can be lost.
      if (!isMoved && any(3) > 0) {
        // What lies over the log is not on the disk of a machine that lost its power.
        truncateSync(`${copy}-wal`, any(length + 1));
        truncateSync(`${copy}-shm`, 0);
        cutShort++;
      }
      const { database, origin } = openJournalFile(join(copy, ".."), root, true);
      database.close();
      expect(origin).toEqual({ kind: "kept" });
      expect(committed).toContain(contentOf(copy));
      opened++;
    }
    await writer.answer({ kind: "close" });
    expect(opened).toBe(60);
    expect(cutShort).toBeGreaterThan(20);
    expect(new Set(committed).size).toBe(61);
  });
});

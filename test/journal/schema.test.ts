import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../src/journal/database.js";
import { ForeignTables, migrate } from "../../src/journal/schema.js";
import { makeTempDir } from "../support/temp.js";

const first = "CREATE TABLE owed (path TEXT); INSERT INTO owed VALUES ('a'), ('b')";
const second = "ALTER TABLE owed ADD COLUMN since INTEGER NOT NULL DEFAULT 7";

function newDatabase() {
  return openDatabase(join(makeTempDir(), "journal.db"));
}

describe("migrate()", () => {
  it("leads an empty file, version 0, to today's tables", () => {
    const database = newDatabase();
    expect(database.prepare("PRAGMA user_version").get()).toEqual([0]);
    migrate(database);
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    expect(tables.flat().sort()).toEqual([
      "directory",
      "entry",
      "memory",
      "meta",
      "owed",
      "replica",
    ]);
    migrate(database);
    database.close();
  });

  it("keeps the rows of an earlier version, and makes only the steps that are missing", () => {
    const database = newDatabase();
    migrate(database, [first]);
    migrate(database, [first, second]);
    migrate(database, [first, second]);
    expect(database.prepare("SELECT * FROM owed").all()).toEqual([
      ["a", 7],
      ["b", 7],
    ]);
    expect(database.prepare("PRAGMA user_version").get()).toEqual([2]);
    database.close();
  });

  it("makes all missing steps or none", () => {
    const database = newDatabase();
    migrate(database, [first]);
    expect(() => migrate(database, [first, second, "CREATE TABLE owed (again)"])).toThrow("owed");
    expect(database.prepare("SELECT * FROM owed").all()).toEqual([["a"], ["b"]]);
    expect(database.prepare("PRAGMA user_version").get()).toEqual([1]);
    database.close();
  });

  it("refuses what a newer program wrote, and what another one did", () => {
    const database = newDatabase();
    migrate(database, [first, second]);
    expect(() => migrate(database, [first])).toThrow(ForeignTables);
    database.close();
    const foreign = newDatabase();
    foreign.exec("CREATE TABLE theirs (x)");
    expect(() => migrate(foreign)).toThrow("another program");
    foreign.close();
  });
});

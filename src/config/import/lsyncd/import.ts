/**
 * A configuration from `lsyncd.conf.lua`: the part of it that only says what is to be. The file is
 * read and never run; what would have to be run is refused with its place.
 */
import type { Place } from "../../problem.js";
import type { Draft } from "../draft.js";
import { list, mapping } from "../draft.js";
import { Budget, TooMuch } from "./budget.js";
import { Findings } from "./findings.js";
import { parseLua } from "./lua-text.js";
import { sourcesFrom } from "./merge.js";
import { runStatements } from "./run.js";
import type { DaemonSettings } from "./settings.js";
import { readSettings } from "./settings.js";
import type { ReadSync } from "./sync.js";
import { readSync } from "./sync.js";
import type { LuaTable } from "./value.js";

/** Never throws for what the file holds; `file` (absolute) is only named in places. */
export function importLsyncd(bytes: Buffer, file: string): Draft {
  const parsed = parseLua(bytes, file);
  if (!parsed.ok) return { root: mapping([]), notes: [], problems: [parsed.problem] };
  const findings = new Findings();
  const budget = new Budget(findings);
  const { settings, syncs } = runStatements(parsed.text, findings, budget);
  const daemon = readSettings(settings, findings);
  const read = readSyncs(syncs, daemon, findings, budget);
  const start: Place = { file, line: 1, column: 1 };
  if (syncs.length === 0 && findings.problems.length === 0) {
    const message = "Cannot take over this file: expected at least one sync{ … }";
    findings.problem(start, "", message);
  }
  const sources = sourcesFrom(read, findings);
  return {
    root: mapping(
      [...daemon.entries, ["sources", sources.length === 0 ? undefined : list(sources)]],
      start,
    ),
    notes: findings.notes.toSorted((a, b) => inOrder(a.place, b.place)),
    problems: findings.problems.toSorted((a, b) => inOrder(a.place ?? start, b.place ?? start)),
  };
}

function readSyncs(
  tables: readonly LuaTable[],
  daemon: DaemonSettings,
  findings: Findings,
  budget: Budget,
): ReadSync[] {
  const read: ReadSync[] = [];
  try {
    for (const table of tables) {
      const sync = readSync(table, daemon, findings, budget);
      if (sync !== undefined) read.push(sync);
    }
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
  }
  return read;
}

function inOrder(a: Place, b: Place): number {
  return a.line - b.line || a.column - b.column;
}

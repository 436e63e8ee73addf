/** A journal of a small tree, for tests; and what its database holds, read past the program. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openForReading } from "../../src/journal/database.js";
import { type Journal, type JournalSettings, openJournal } from "../../src/journal/journal.js";
import { DOUBTFUL, kindOf } from "../../src/journal/print.js";
import { Kind, type Kinds } from "../../src/model/change.js";
import { joinPath, pathFromText, type RelativePath, ROOT } from "../../src/model/path.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

export const p = pathFromText;

export interface Fixture {
  readonly root: string;
  readonly state: string;
  readonly settings: JournalSettings;
  journal: Journal;
  /** Writes a file (a path with a trailing slash: makes a directory), with what it lies in. */
  write(path: string, text?: string): void;
  remove(path: string): void;
  rename(from: string, to: string): void;
  /** Looks until nothing is racy any more, and commits. */
  take(paths: readonly string[], subtrees?: readonly string[]): Promise<void>;
  /** The differences a scan tells, as `path kinds`, sorted. */
  scan(path?: string): Promise<string[]>;
  readonly fill: () => Promise<void>;
  /** Closes the journal and opens it again. */
  readonly reopen: (more?: Partial<JournalSettings>) => Promise<Journal>;
}

export async function makeFixture(
  tree: readonly string[] = [],
  more: Partial<JournalSettings> = {},
): Promise<Fixture> {
  const root = makeTempDir("treecast-source-");
  const state = makeTempDir("treecast-state-");
  const settings: JournalSettings = {
    directory: state,
    source: root,
    rules: [],
    index: true,
    ...more,
  };
  const bytes = (path: string) => Buffer.from(join(root, path));
  const fixture: Fixture = {
    root,
    state,
    settings,
    journal: undefined as unknown as Journal,
    write(path, text = path) {
      const above = path.endsWith("/") ? path : join(path, "..");
      mkdirSync(bytes(above), { recursive: true });
      if (!path.endsWith("/")) writeFileSync(bytes(path), text);
    },
    remove: (path) => rmSync(bytes(path), { recursive: true }),
    rename: (from, to) => renameSync(bytes(from), bytes(to)),
    async take(paths, subtrees = []) {
      await lookUntilSure(fixture, paths, subtrees);
      await fixture.journal.commit([]);
    },
    async scan(path = "") {
      const told: string[] = [];
      await fixture.journal.scan(p(path), {
        root,
        fill: false,
        onDifferences: (paths, kinds) => {
          told.push(...paths.map((each, i) => `${each} ${kindText(kinds[i]!)}`));
          return Promise.resolve();
        },
      });
      return told.sort();
    },
    async fill() {
      await untilSettled(root);
      await fixture.journal.scan(ROOT, { root, fill: true });
    },
    async reopen(again = {}) {
      await fixture.journal.close();
      fixture.journal = await openJournal({ ...settings, ...again });
      return fixture.journal;
    },
  };
  for (const path of tree) fixture.write(path);
  fixture.journal = await openJournal(settings);
  onTestFinished(() => fixture.journal.close());
  return fixture;
}

export async function lookUntilSure(
  { journal, root }: Pick<Fixture, "journal" | "root">,
  paths: readonly string[],
  subtrees: readonly string[] = [],
): Promise<void> {
  let { racy } = await journal.look(root, paths.map(p), subtrees.map(p));
  await until(
    async () => {
      if (racy.length > 0) ({ racy } = await journal.look(root, racy, []));
      return racy.length === 0;
    },
    { what: () => `a sure look at ${racy.join(" ")}` },
  );
}

/** Resolves when nothing that was changed before can be racy. */
export async function untilSettled(root: string): Promise<void> {
  const probe = join(root, ".probe");
  writeFileSync(probe, "");
  rmSync(probe);
  const from = Date.now();
  await until(() => Date.now() - from > 30);
}

export function kindText(kinds: Kinds): string {
  return Object.entries(Kind)
    .filter(([, bit]) => (kinds & bit) !== 0)
    .map(([name]) => name)
    .join("+");
}

/** Every entry in the index, with its kind and print; the root is ".". */
export function dumpIndex(file: string): Map<string, { kind: string; print: number }> {
  const database = openForReading(file);
  try {
    const directories = new Map(
      database
        .prepare("SELECT id, path FROM directory")
        .all()
        .map(([id, path]) => [id as number, latin1(path) as RelativePath]),
    );
    const rows = database.prepare("SELECT directory, name, print, body FROM entry").all();
    return new Map(
      rows
        .map(([directory, name, print, body]) => {
          const above = directories.get(directory as number);
          const path = directory === 0 ? "." : joinPath(above!, latin1(name));
          return [path, { kind: kindOf(body as number), print: print as number }] as const;
        })
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  } finally {
    database.close();
  }
}

/** What holds whatever was written: see index-writer.ts. */
export function expectSound(file: string): void {
  const database = openForReading(file);
  try {
    const integrity = database.prepare("PRAGMA integrity_check").get()?.[0];
    const orphans = database
      .prepare(
        "SELECT count(*) FROM entry WHERE directory <> 0 AND directory NOT IN (SELECT id FROM directory)",
      )
      .get()?.[0];
    const counted =
      database.prepare("SELECT value FROM meta WHERE key = 'entries'").get()?.[0] ?? 0;
    const real = database.prepare("SELECT count(*) FROM entry WHERE directory <> 0").get()?.[0];
    const directories = database
      .prepare("SELECT path FROM directory")
      .all()
      .map(([path]) => latin1(path));
    const entries = dumpIndex(file);
    const unnamed = directories.filter((path) => entries.get(path || ".")?.kind !== "directory");
    const found = { integrity, orphans, counted, unnamed };
    const sound = { integrity: "ok", orphans: 0, counted: real, unnamed: [] };
    if (JSON.stringify(found) !== JSON.stringify(sound)) {
      throw new Error(
        `The index is not sound: ${JSON.stringify(found)}, expected ${JSON.stringify(sound)}`,
      );
    }
  } finally {
    database.close();
  }
}

export const isSure = ({ print }: { readonly print: number }): boolean => print !== DOUBTFUL;

function latin1(bytes: unknown): string {
  return Buffer.from(bytes as Uint8Array).toString("latin1");
}

/**
 * Deletion without `--delete-missing-args`, for replicas whose rsync rejects it.
 *
 * The hardened receivers of 2026 (3.4.3, and distributions' 3.2.7 with that change) end with "invalid
 * file mode 00" (RsyncProject/rsync issue 910). So the directories around the names are listed with
 * everything in them hidden and protected, but for the names themselves: what is neither there nor
 * protected is deleted. It costs a session of its own, opened when the names are known.
 */
import { lstatSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PARTIAL_DIRECTORY } from "../model/own-names.js";
import { ancestorsOf, bytesBelow, joinPath, parentOf, type RelativePath } from "../model/path.js";
import { withStage } from "./stage.js";

/** Every entry of a directory is held against every rule, so a list is cut in parts. */
export const NAMES_AT_ONCE = 500;

export interface DeletionList {
  /** The directories to list, as rsync takes them: a slash at the end says "what is in it". */
  readonly directories: readonly RelativePath[];
  /** Filter rules, each ended by a zero byte, as bytes: what no exclude may protect … */
  readonly first: Buffer;
  /** … and what is laid open where none does. */
  readonly rules: Buffer;
}

/** The same rules as files for rsync. */
export interface RulesFiles {
  /** To stand before the rules of the filter. */
  readonly first: string;
  /** To stand after them, and before one that protects everything else. */
  readonly names: string;
}

/** Pure. Rules that protect everything else must follow on the command line. */
export function deletionList(names: readonly RelativePath[]): DeletionList {
  const parents = [...new Set(names.map(parentOf))].sort();
  const shown = [...new Set(parents.flatMap((path) => [...ancestorsOf(path), path]))];
  const rules = [
    // What a list names obeys the filter, too.
    ...shown.filter((path) => path !== "").map((path) => `S ${anchored(path)}/`),
    ...names.flatMap((name) => [`R ${anchored(name)}`, `R /${escaped(name)}/**`]),
  ];
  return {
    directories: parents.map((path) => (path === "" ? "" : `${path}/`) as RelativePath),
    first: asBytes(names.flatMap(partialsAtRisk)),
    rules: asBytes(rules),
  };
}

/** What large files left behind below a name goes with it; beside the name it stays. */
function partialsAtRisk(name: RelativePath): string[] {
  return [
    `R ${anchored(joinPath(name, PARTIAL_DIRECTORY))}/`,
    `R /${escaped(name)}/${PARTIAL_DIRECTORY}/**`,
    `R /${escaped(name)}/**/${PARTIAL_DIRECTORY}/`,
    `R /${escaped(name)}/**/${PARTIAL_DIRECTORY}/**`,
  ];
}

function asBytes(rules: readonly string[]): Buffer {
  return Buffer.from(rules.map((rule) => `${rule}\0`).join(""), "latin1");
}

/** A backslash quotes only where a wildcard is about (rsync's wildmatch is not asked otherwise). */
function anchored(path: RelativePath): string {
  return `/${/[*?[]/.test(path) ? escaped(path) : path}`;
}

function escaped(path: RelativePath): string {
  return path.replace(/[\\*?[]/g, "\\$&");
}

/** Writes the rules to files of this user's alone for as long as `use` takes. */
export async function withRulesFiles<T>(
  { first, rules }: Pick<DeletionList, "first" | "rules">,
  use: (files: RulesFiles) => Promise<T>,
): Promise<T> {
  return await withStage("rules", async (stage) => {
    const files = { first: join(stage, "first"), names: join(stage, "names") };
    await writeFile(files.first, first, { mode: 0o600 });
    await writeFile(files.names, rules, { mode: 0o600 });
    return await use(files);
  });
}

/** True when there is nothing of this name in the source. */
export function isMissing(source: string, path: RelativePath): boolean {
  try {
    return lstatSync(bytesBelow(source, path), { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    // Below what is now a file (ENOTDIR) there is nothing; what cannot be read may be there.
    return (error as NodeJS.ErrnoException).code === "ENOTDIR";
  }
}

/** The highest of the path and the directories above it that is missing. */
export function topmostMissing(source: string, path: RelativePath): RelativePath {
  for (const above of ancestorsOf(path)) if (isMissing(source, above)) return above;
  return path;
}

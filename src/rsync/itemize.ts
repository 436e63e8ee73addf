/** One line of a dry run's output (`--out-format="=%i %n"`), read as a difference. Pure. */
import { isBelow, type RelativePath } from "../model/path.js";
import { DIFFERENCE_MARK, PARTIAL_DIRECTORY } from "./arguments.js";
import { unescapeName } from "./stderr.js";

export interface Difference {
  readonly path: RelativePath;
  /** `missing`: not on the replica; `extra`: only on the replica. */
  readonly what: "content" | "attributes" | "missing" | "extra";
  readonly isDirectory: boolean;
}

/**
 * The itemized form (man rsync, "--itemize-changes"): what is done, the kind of entry, then one
 * letter for each property that differs; `+` all over where the entry is new.
 */
const ITEM = /^(?<done>[<>ch.])(?<kind>[fdLDS])(?<properties>.{9}) (?<name>.*)$/s;
const DELETION = /^\*deleting {3}(?<name>.*)$/s;

/** Undefined where the line tells of no difference. */
export function differenceFrom(line: string): Difference | undefined {
  if (!line.startsWith(DIFFERENCE_MARK)) return undefined;
  const text = line.slice(DIFFERENCE_MARK.length);
  const item = ITEM.exec(text)?.groups;
  const { done, kind, properties = "" } = item ?? {};
  const deleted = item === undefined ? DELETION.exec(text)?.groups?.["name"] : undefined;
  const shown = item?.["name"] ?? deleted;
  if (shown === undefined) return undefined;
  const name = unescapeName(shown).replace(/^\.\//, "");
  const path = name.replace(/\/$/, "") as RelativePath;
  // Our own leftovers of large files are not differences.
  if (path.split("/").includes(PARTIAL_DIRECTORY)) return undefined;
  if (deleted !== undefined) return { path, what: "extra", isDirectory: name.endsWith("/") };
  return { path, what: whatOf(done, properties), isDirectory: kind === "d" };
}

function whatOf(done: string | undefined, properties: string): Difference["what"] {
  if (properties.startsWith("+")) return "missing";
  // A dot: nothing would be sent, only set. Everything else (< > c h) would send or make something.
  return done === "." ? "attributes" : "content";
}

/** True at and below a directory. */
export function liesWithin(path: RelativePath, top: RelativePath): boolean {
  return path === top || isBelow(path, top);
}

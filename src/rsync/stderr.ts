/**
 * Which paths rsync's error lines speak of.
 *
 * rsync writes for people, so this reads generously: whatever looks like one of our names is one.
 * A path too many is looked at again; a path too few would be forgotten.
 */
import type { RelativePath } from "../model/path.js";
import { parentOf } from "../model/path.js";

export interface Places {
  /** Absolute source root, latin1. */
  readonly source: string;
  /** Absolute or login-relative root at the target; for a module: its path inside the module. */
  readonly target: string;
  readonly module: boolean;
}

/** Undoes rsync's output escapes: `\#ooo` for a byte that would not print. */
export function unescapeName(text: string): string {
  return text.replace(/\\#([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** Lines after which whatever lies below the path is not proven either. */
const ATTRIBUTES_ONLY = /failed to set |failed to modify |chown |chgrp |: chmod /;

/** A temporary name is cut so that it fits 255 bytes (NAME_MAX) with its dot and suffix. */
const SHORTEST_CUT_STEM = 200;

/** Forms that do not put the name between double quotes. */
const BARE =
  /(?:(?:cannot delete non-empty directory|cannot delete mount point|could not make way for .*|parent dir is absent in the file list|ABORTING due to .*?): (?<after>.*)|(?:unlink|rmdir)\((?<call>.*)\) failed|(?:WARNING|ERROR): (?<verified>.*) failed verification)/;

/**
 * The paths the lines name, each once: those that were sent, and directories above them. Where a
 * directory failed, the sent names below it are suspects with it.
 */
export function suspectsIn(
  lines: readonly string[],
  names: readonly RelativePath[],
  places: Places,
): RelativePath[] {
  const sent = new Set<string>(names);
  const above = new Set<string>();
  for (const name of names) {
    for (let at = name; at !== "";) {
      at = parentOf(at);
      if (above.has(at)) break;
      above.add(at);
    }
  }
  const suspects = new Set<RelativePath>();
  const failedDirectories = new Set<RelativePath>();

  for (const line of lines) {
    for (const candidate of candidatesIn(line)) {
      const path = resolve(unescapeName(candidate), places);
      if (path === undefined) continue;
      const known = sent.has(path) || above.has(path) ? [path] : fromTemporary(path);
      for (const each of known) {
        suspects.add(each);
        if (each !== "" && above.has(each) && !ATTRIBUTES_ONLY.test(line)) {
          failedDirectories.add(each);
        }
      }
    }
  }
  if (failedDirectories.size > 0) {
    for (const name of names) if (isUnderAny(name, failedDirectories)) suspects.add(name);
  }
  return [...suspects];

  /** rsync writes `name` as `.name.XXXXXX` first, cut short where that would exceed 255 bytes. */
  function fromTemporary(path: RelativePath): RelativePath[] {
    const match = /^(?<directory>(?:.*\/)?)\.(?<stem>[^/]*)\.[A-Za-z0-9]{6}$/s.exec(path)?.groups;
    const { directory = "", stem = "" } = match ?? {};
    const start = `${directory}${stem}`;
    if (sent.has(start)) return [start as RelativePath];
    if (stem.length < SHORTEST_CUT_STEM) return [];
    return names.filter((name) => name.startsWith(start) && !name.includes("/", start.length));
  }
}

/** Every text of the line that may be a name: between any two double quotes, or in a bare form. */
function* candidatesIn(line: string): Generator<string> {
  const quotes: number[] = [];
  for (let at = line.indexOf('"'); at >= 0 && quotes.length < 12; at = line.indexOf('"', at + 1)) {
    quotes.push(at);
  }
  for (const [index, start] of quotes.entries()) {
    for (const end of quotes.slice(index + 1)) yield line.slice(start + 1, end);
  }
  const bare = BARE.exec(line)?.groups;
  if (bare !== undefined) yield bare["after"] ?? bare["call"] ?? bare["verified"] ?? "";
}

/** A path as rsync shows it, from the root of the tree; undefined when it lies outside. */
function resolve(shown: string, places: Places): RelativePath | undefined {
  if (shown === "") return undefined;
  if (!shown.startsWith("/")) return tidy(shown);
  for (const root of rootsOf(places)) {
    if (shown === root) return "" as RelativePath;
    if (root === "/") return tidy(shown);
    if (shown.startsWith(`${root}/`)) return tidy(shown.slice(root.length));
  }
  return undefined;
}

function rootsOf({ source, target, module }: Places): string[] {
  // Inside a module rsync shows paths from the module's root: "/sub/x" (in www).
  const remote = module ? `/${target}` : target;
  // The longer first, so that a root inside another wins.
  return [source, remote].sort((a, b) => b.length - a.length);
}

function tidy(path: string): RelativePath {
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/") as RelativePath;
}

function isUnderAny(name: RelativePath, directories: ReadonlySet<RelativePath>): boolean {
  for (let at = parentOf(name); at !== ""; at = parentOf(at)) if (directories.has(at)) return true;
  return false;
}

/** Whether sources are there, and whether the kernel lets all of their directories be watched. */
import { accessSync, constants, statSync } from "node:fs";
import type { SourceConfig } from "../config/config.js";
import { compileFilter, type Filter } from "../filter/filter.js";
import { type InotifyLimits, readLimits } from "../kernel/limits.js";
import { listDirectory } from "../kernel/list-directory.js";
import { bytesBelow, displayPath, joinPath, type RelativePath, ROOT } from "../model/path.js";
import { countOf, digits } from "../observe/quantities.js";
import { expectedWatcher } from "../watch/expected-watcher.js";
import type { Finding } from "./finding.js";

export function sourceFindings(
  sources: readonly Pick<SourceConfig, "name" | "path" | "rules" | "watcher" | "events">[],
  limits: InotifyLimits = readLimits(),
): Finding[] {
  const findings: Finding[] = [];
  let directories = 0;
  for (const source of sources) {
    const fault = rootFault(source.path);
    if (fault !== undefined) {
      findings.push({ level: "error", source: source.name, text: fault });
      continue;
    }
    if (expectedWatcher(source) === "fanotify") {
      const text = `${displayPath(source.path)}: heard as a whole file system, by fanotify`;
      findings.push({ level: "ok", source: source.name, text });
      continue;
    }
    const count = countDirectories(source.path, compileFilter(source.rules));
    directories += count;
    const text = `${displayPath(source.path)}: ${countOf(count, "directory", "directories")} to watch`;
    findings.push({ level: "ok", source: source.name, text });
  }
  return [...findings, ...limitFindings(directories, sources.length, limits)];
}

function rootFault(path: string): string | undefined {
  const bytes = Buffer.from(path, "latin1");
  const shown = displayPath(path);
  try {
    if (!statSync(bytes).isDirectory()) return `Cannot watch '${shown}': expected a directory`;
    accessSync(bytes, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const missing = code === "ENOENT" || code === "ENOTDIR";
    const why = missing ? "there is no such directory" : "this user may not read it";
    return `Cannot watch '${shown}': ${why}`;
  }
}

/** Directories that would be watched: those the filter keeps, the root included. */
function countDirectories(root: string, filter: Filter): number {
  let count = 0;
  const waiting: RelativePath[] = [ROOT];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    count++;
    for (const name of directoriesIn(root, at)) {
      const path = joinPath(at, name);
      if (filter.keepsEntry(path, true)) waiting.push(path);
    }
  }
  return count;
}

/** What went meanwhile, or cannot be read and so not be watched either, has none. */
function directoriesIn(root: string, path: RelativePath): string[] {
  const names: string[] = [];
  const location = Buffer.concat([bytesBelow(root, path), Buffer.from([0])]);
  listDirectory(location, { files: false, follow: path === ROOT }, (name) => names.push(name));
  return names;
}

function limitFindings(
  directories: number,
  sources: number,
  { watches, instances }: InotifyLimits,
): Finding[] {
  const findings: Finding[] = [];
  if (watches.value !== undefined && directories > watches.value) {
    const wanted = 2 ** Math.ceil(Math.log2(2 * directories));
    const text =
      `${watches.sysctl} allows ${digits(watches.value)} watches to all programs of a user, and ` +
      `${digits(directories)} are needed; the other directories would be scanned. ` +
      `Raise it: sysctl -w ${watches.sysctl}=${wanted}`;
    findings.push({ level: "warning", text });
  }
  if (instances.value !== undefined && sources > instances.value) {
    const text =
      `${instances.sysctl} is ${instances.value}, and ${sources} are needed. ` +
      `Raise it: sysctl -w ${instances.sysctl}=${2 * sources}`;
    findings.push({ level: "error", text });
  }
  return findings;
}

/** The files an `include:` names: a path whose parts may hold `*` and `?`, as in a shell. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

export function hasWildcard(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

/** Absolute paths in the order of their bytes; a directory that is not there holds nothing. */
export function expandGlob(pattern: string): string[] {
  let found = ["/"];
  const parts = pattern.split("/").filter((part) => part !== "");
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    found = hasWildcard(part)
      ? found.flatMap((directory) => entriesLike(directory, part, last))
      : found.map((directory) => join(directory, part));
  }
  return found;
}

function entriesLike(directory: string, pattern: string, last: boolean): string[] {
  let entries;
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter((entry) => (last ? !entry.isDirectory() : !entry.isFile()))
    .map(({ name }) => name)
    .filter((name) => name.startsWith(".") === pattern.startsWith(".") && matches(name, pattern))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((name) => join(directory, name));
}

/** On a mismatch the last star takes one character more, so the work is a product at worst. */
function matches(name: string, pattern: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let read = 0; read < name.length;) {
    const wanted = pattern[at];
    if (wanted === "*") {
      star = at++;
      resume = read;
    } else if (wanted === "?" || wanted === name[read]) {
      at++;
      read++;
    } else if (star >= 0) {
      at = star + 1;
      read = ++resume;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}

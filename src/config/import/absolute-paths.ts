/** A draft whose paths mean the same wherever its YAML is put. */
import { resolve } from "node:path";
import type { Draft, DraftNode } from "./draft.js";

/** Keys whose values are paths; a relative one starts at the file it is written in. */
const PATH_KEYS = new Set([
  "config",
  "file",
  "filterFile",
  "identity",
  "include",
  "knownHosts",
  "passwordFile",
  "path",
  "secretFile",
  "state",
]);

/** Keys whose values are paths where they look like one: a program, a target. */
const MIXED_KEYS = new Set(["program", "rsync", "targets", "to"]);

/** @param directory of the other program's file */
export function absolutePaths(draft: Draft, directory: string): Draft {
  return { ...draft, root: absolute(draft.root, undefined, directory) as Draft["root"] };
}

function absolute(node: DraftNode, key: string | undefined, directory: string): DraftNode {
  if (node.kind === "text") {
    return isRelative(key, node.value) ? { ...node, value: resolve(directory, node.value) } : node;
  }
  if (node.kind === "list") {
    // Of a command the program alone; its arguments are its own business.
    const keyOf = (index: number) =>
      key !== "command" ? key : index === 0 ? "program" : undefined;
    const items = node.items.map((item, index) => absolute(item, keyOf(index), directory));
    return { ...node, items };
  }
  const entries = node.entries.map(
    ([name, value]) => [name, absolute(value, name, directory)] as const,
  );
  return { ...node, entries };
}

function isRelative(key: string | undefined, value: string): boolean {
  if (key === undefined || value === "" || /^(?:\/|~(?:\/|$))/.test(value)) return false;
  // A host's path is no path of ours; what is not clearly one here is refused anyway.
  if (MIXED_KEYS.has(key)) return /^\.\.?(?:\/|$)/.test(value) || isPathOfProgram(key, value);
  return PATH_KEYS.has(key);
}

function isPathOfProgram(key: string, value: string): boolean {
  return (key === "program" || key === "rsync") && value.includes("/");
}

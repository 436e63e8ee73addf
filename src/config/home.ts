/** Paths as an operator writes them: `~/` at home, the rest relative to where they are written. */
import { homedir } from "node:os";
import { resolve } from "node:path";
import type { Environment } from "./environment.js";

export function expandHome(path: string, environment: Environment): string {
  if (path !== "~" && !path.startsWith("~/")) return path;
  return `${environment["HOME"] ?? homedir()}${path.slice(1)}`;
}

/** Absolute and without `.`, `..` or a slash at its end. */
export function absolutePath(path: string, base: string, environment: Environment): string {
  return resolve(base, expandHome(path, environment));
}

/** A program is looked for in PATH unless it is written as a path. */
export function programPath(program: string, base: string, environment: Environment): string {
  return program.includes("/") ? absolutePath(program, base, environment) : program;
}

/** Where state is kept when the configuration says nothing. */
export function defaultStateDirectory(environment: Environment, isRoot: boolean): string {
  // systemd gives a list when StateDirectory= names several; the first is ours.
  const given = environment["STATE_DIRECTORY"]?.split(":")[0] ?? "";
  if (given !== "") return given;
  if (isRoot) return "/var/lib/treecast";
  const state = environment["XDG_STATE_HOME"] ?? "";
  // The XDG specification has relative values ignored.
  return state.startsWith("/")
    ? `${state}/treecast`
    : absolutePath("~/.local/state/treecast", "/", environment);
}

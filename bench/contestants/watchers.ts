/** Programs that print events of a tree and do nothing else: inotify-tools, and ours in their place. */
import { openFanotify } from "../../src/kernel/fanotify.js";
import { libc } from "../../src/kernel/libc.js";
import type { Launch } from "./contestant.js";
import { main, treecastVersion } from "./treecast.js";
import { programVersion } from "./version.js";

export interface Watcher {
  readonly name: string;
  /** It watches directories by inotify, each of which takes one of the user's watches. */
  readonly byInotify: boolean;
  /** Its version, or undefined where it is not installed. */
  version(): string | undefined;
  /** Prints what happens below a directory, until it is killed. */
  watch(directory: string): Launch;
}

/** Three events for each file of the storm. */
const ARGUMENTS = ["-e", "create,modify,close_write", "--format", "%e %w%f"];

/** Ours, with `inotifywait`'s options. Listed first: the others are compared with it. */
function ours(name: string, options: readonly string[], byInotify: boolean): Watcher {
  return {
    name,
    byInotify,
    version: treecastVersion,
    watch: (directory) => ({
      program: process.execPath,
      args: [main, "wait", ...options, ...ARGUMENTS, directory],
    }),
  };
}

function theirs(program: string, options: readonly string[], byInotify: boolean): Watcher {
  return {
    name: [program, ...options].join(" "),
    byInotify,
    version: () => programVersion(program, ["--help"], /^\S+ (\d[\d.]*)/),
    watch: (directory) => ({ program, args: [...options, ...ARGUMENTS, directory] }),
  };
}

/** By fanotify only where this process may use it. */
const byFanotify: readonly Watcher[] = mayUseFanotify()
  ? [ours("treecast wait -mrF", ["-mrF"], false), ours("treecast wait -mS", ["-mS"], false)]
  : [];

export const watchers: readonly Watcher[] = [
  ours("treecast wait -mr", ["-mr"], true),
  theirs("inotifywait", ["-mr"], true),
  ...byFanotify,
];

function mayUseFanotify(): boolean {
  const group = openFanotify();
  if (group >= 0) libc.close(group);
  return group >= 0;
}

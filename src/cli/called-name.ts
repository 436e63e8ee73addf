/** The program under other names: a link called so behaves as the command that took that name's place. */
import { basename } from "node:path";

/** What a link's name stands for, put before its arguments. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  sersync: ["sersync"],
  sersync2: ["sersync"],
  inotifywait: ["wait"],
  fsnotifywait: ["wait"],
  inotifywatch: ["watch-stats"],
  fsnotifywatch: ["watch-stats"],
};

/** The name of the link that it was called by; undefined where that is its own, or means nothing. */
export function linkName(called: string): string | undefined {
  const name = basename(called);
  return Object.hasOwn(NAMES, name) ? name : undefined;
}

/** The arguments with the command that the name means before them; `called` as the system ran it. */
export function argumentsFor(called: string, args: readonly string[]): readonly string[] {
  const name = linkName(called);
  return name === undefined ? args : [...(NAMES[name] ?? []), ...args];
}

const TOOLS = ["wait", "watch-stats"] as const;
export type ToolName = (typeof TOOLS)[number];

/**
 * The command, where it is one that takes the place of another program: it reads its own command
 * line, writes to descriptors itself, and is ended by a pipe without a reader as others are. Node's
 * streams would make a pipe non-blocking, for whoever else writes to it, too. Undefined where a person
 * asks our own command for its help.
 */
export function toolAsked(called: string, args: readonly string[]): ToolName | undefined {
  const [command, ...words] = args;
  const tool = TOOLS.find((each) => each === command);
  const isHelp = words.length === 1 && (words[0] === "-h" || words[0] === "--help");
  // Under the name of the program whose place it takes, help ends as it does there.
  return isHelp && linkName(called) === undefined ? undefined : tool;
}

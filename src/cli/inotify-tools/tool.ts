/**
 * inotify-tools' programs, which read their command lines themselves. Many scripts start one for each
 * event and miss what happens before it watches: nothing of the other commands is loaded for them, and
 * their help alone is left to the program.
 */
import { linkName } from "../called-name.js";
import type { ToolName } from "../called-name.js";
import { rawArguments } from "./raw-arguments.js";

/** `words` stand after the command's name. Resolves with the status to end with. */
export async function runTool(name: ToolName, words: readonly string[]): Promise<number> {
  const call = {
    program: linkName(process.argv[1] ?? "") ?? `treecast ${name}`,
    words: rawArguments(words),
    help: async () => {
      const { printHelpOf } = await import("../program.js");
      printHelpOf(name);
    },
  };
  if (name === "wait") return await (await import("./wait.js")).runWait(call);
  return await (await import("./watch-stats.js")).runWatchStats(call);
}

/** `treecast explain`: says which filter rule decides about a path. */
import type { Command } from "commander";
import type { ExitStatus } from "../exit-status.js";
import { type SituationFlags, addSituationOptions } from "../situation-options.js";

const EXAMPLES = `
Examples:
  treecast explain cache/index.html           by ./treecast.yaml
  treecast explain /srv/www/cache/ -c treecast.yaml
  treecast explain notes.txt~ --source . --exclude '*.log'`;

export function addExplain(program: Command, end: (status: ExitStatus) => void): void {
  const command = program
    .command("explain")
    .summary("say which filter rule decides about a path")
    .description("Says for every PATH whether it is replicated, and which rule decides that.")
    .argument(
      "<path...>",
      "below the working directory or a source; a slash at its end: a directory",
    );
  const situation = addSituationOptions(command);
  command
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (paths: string[], flags: SituationFlags & { readonly json?: true }) => {
      const config = await situation(flags);
      const { explain, explanationLines } = await import("../explaining.js");
      const explained = explain(paths, config);
      const text =
        flags.json === true
          ? JSON.stringify(explained, null, 2)
          : explanationLines(explained).join("\n");
      process.stdout.write(`${text}\n`);
      end(0);
    });
}

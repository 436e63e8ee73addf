/** `treecast plan`: prints what a change of some paths would make rsync do. */
import type { Command } from "commander";
import type { ExitStatus } from "../exit-status.js";
import { type SituationFlags, addSituationOptions } from "../situation-options.js";

const EXAMPLES = `
Examples:
  treecast plan /srv/www/index.html           by ./treecast.yaml
  treecast plan a.txt old-name --source . --target web2:/srv/www`;

export function addPlan(program: Command, end: (status: ExitStatus) => void): void {
  const command = program
    .command("plan")
    .summary("print the rsync runs a change would cause")
    .description(
      "Prints the rsync command lines and the lists of names that a change of every PATH would cause, for each target. Nothing is run.",
    )
    .argument("<path...>", "what changed: written, or, where nothing is there, deleted");
  const situation = addSituationOptions(command);
  command
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (paths: string[], flags: SituationFlags & { readonly json?: true }) => {
      const config = await situation(flags);
      const { plan, planLines } = await import("../planning.js");
      const planned = plan(paths, config);
      const text =
        flags.json === true ? JSON.stringify(planned, null, 2) : planLines(planned).join("\n");
      process.stdout.write(`${text}\n`);
      end(0);
    });
}

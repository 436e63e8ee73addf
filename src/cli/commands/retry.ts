/** `treecast retry`: tries failed paths at once. */
import type { Command } from "commander";
import { addDaemonOptions } from "../daemon-options.js";
import type { ExitStatus } from "../exit-status.js";
import type { RetryFlags } from "../failing.js";

const EXAMPLES = `
Examples:
  treecast retry --all
  treecast retry css/a.css images/ --source www
  treecast retry --all --target web2`;

export function addRetry(program: Command, end: (status: ExitStatus) => void): void {
  const command = program
    .command("retry")
    .summary("try failed paths again at once")
    .description(
      "Tries paths that could not be delivered again now, instead of when their pause is over.",
    )
    .argument(
      "[path...]",
      "as `treecast failures` shows it, or as it is at the source; a directory: all below it",
    );
  addDaemonOptions(command);
  command
    .option("--all", "all that failed")
    .option("--source <source>", "only of this source, by name or path")
    .option("--target <target>", "only at this target, by name or address")
    .addHelpText("after", EXAMPLES)
    .action(async (paths: string[], flags: RetryFlags) => {
      const { retryFailures } = await import("../failing.js");
      end(await retryFailures(paths, flags));
    });
}

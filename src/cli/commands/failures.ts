/** `treecast failures`: lists paths that targets would not take. */
import type { Command } from "commander";
import { addDaemonOptions } from "../daemon-options.js";
import type { ExitStatus } from "../exit-status.js";
import type { FailuresFlags } from "../failing.js";

const EXAMPLES = `
Examples:
  treecast failures
  treecast failures www web2 --json | jq -r '.[].shown'
  treecast failures --script > by-hand.sh     read it, then: sh by-hand.sh

Ends with 1 when there are any; with --script with 0.`;

export function addFailures(program: Command, end: (status: ExitStatus) => void): void {
  const command = program
    .command("failures")
    .summary("list paths that could not be delivered")
    .description(
      "Lists paths that a working target would not take: the reason, how often it was tried, and when it is tried next. Everything else goes on.",
    )
    .argument("[source]", "its name or its path; otherwise all")
    .argument("[target]", "its name or its address; otherwise all");
  addDaemonOptions(command);
  command
    .option("--json", "print JSON")
    .option("--script", "print the rsync runs that would deliver them, as a script for sh")
    .addHelpText("after", EXAMPLES)
    .action(
      async (source: string | undefined, target: string | undefined, flags: FailuresFlags) => {
        const { listFailures } = await import("../failing.js");
        end(await listFailures({ source, target }, flags));
      },
    );
}

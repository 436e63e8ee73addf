/** `treecast failures`: lists paths that targets would not take. */
import type { Command } from "commander";
import type { FileFlags } from "../common-options.js";
import { addDaemonOptions } from "../daemon-options.js";
import type { ExitStatus } from "../exit-status.js";

const EXAMPLES = `
Examples:
  treecast failures
  treecast failures www web2 --json | jq -r '.[].shown'

Ends with 1 when there are any.`;

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
    .addHelpText("after", EXAMPLES)
    .action(
      async (
        source: string | undefined,
        target: string | undefined,
        flags: FileFlags & { readonly json?: true },
      ) => {
        const { listFailures } = await import("../failing.js");
        end(await listFailures({ source, target }, flags));
      },
    );
}

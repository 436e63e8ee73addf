/** `treecast status`: says how the running sources and targets are. */
import type { Command } from "commander";
import { addDaemonOptions } from "../daemon-options.js";
import type { ExitStatus } from "../exit-status.js";
import type { StatusFlags } from "../status.js";

const EXAMPLES = `
Examples:
  treecast status
  treecast status www web2 --watch
  treecast status --json | jq '.daemons[].sources[].targets[] | {name, state, owed}'

Ends with 0 when all is live, and with 1 when anything is down, held, failed, behind or differs.`;

export function addStatus(program: Command, end: (status: ExitStatus) => void): void {
  const command = program
    .command("status")
    .summary("say how the running sources and targets are")
    .description(
      "Asks the running daemons, and says of each source what is watched, indexed and held, and of each target its state, what it is owed, what failed, and when something last arrived.",
    )
    .argument("[source]", "its name or its path; otherwise all")
    .argument("[target]", "its name or its address; otherwise all");
  addDaemonOptions(command);
  command
    .option("-w, --watch", "show it again each second, until interrupted")
    .option("--json", "print JSON; with --watch one line each second")
    .addHelpText("after", EXAMPLES)
    .action(async (source: string | undefined, target: string | undefined, flags: StatusFlags) => {
      const { showStatus } = await import("../status.js");
      end(await showStatus({ source, target }, flags));
    });
}

/** `treecast resync`: has a running daemon compare everything once more. */
import type { Command } from "commander";
import { addDaemonOptions } from "../daemon-options.js";
import type { ExitStatus } from "../exit-status.js";
import type { ResyncFlags } from "../resyncing.js";

const EXAMPLES = `
Examples:
  treecast resync
  treecast resync www web2
  treecast resync www --path images/2026`;

export function addResync(program: Command, end: (status: ExitStatus) => void): void {
  const command = program
    .command("resync")
    .summary("compare with the replicas, and send what differs")
    .description(
      "Has the running daemon compare a source, or a part of it, with its replicas, and send what differs. Live changes go on beside it. Does not wait.",
    )
    .argument("[source]", "its name or its path; otherwise all")
    .argument("[target]", "its name or its address; otherwise all");
  addDaemonOptions(command);
  command
    .option("--path <path>", "only what lies at and below it, in the source")
    .addHelpText("after", EXAMPLES)
    .action(async (source: string | undefined, target: string | undefined, flags: ResyncFlags) => {
      const { resync } = await import("../resyncing.js");
      end(await resync({ source, target }, flags));
    });
}

/** `treecast metrics`: prints what Prometheus would scrape. */
import type { Command } from "commander";
import type { FileFlags } from "../common-options.js";
import { addDaemonOptions } from "../daemon-options.js";
import type { ExitStatus } from "../exit-status.js";

const EXAMPLES = `
Examples:
  treecast metrics
  treecast metrics | grep -v '^#' | grep web2
  treecast metrics www          where several daemons share the state directory

\`metrics: { listen: 127.0.0.1:9420 }\` in the configuration has the daemon answer Prometheus itself.`;

export function addMetrics(program: Command, end: (status: ExitStatus) => void): void {
  const command = program
    .command("metrics")
    .summary("print the metrics for Prometheus")
    .description(
      "Asks the running daemon for all its metrics, and prints them in Prometheus' text format. docs/metrics.md tells what each one means.",
    )
    .argument("[source]", "its name or its path: where several daemons run, the one that has it");
  addDaemonOptions(command);
  command
    .addHelpText("after", EXAMPLES)
    .action(async (source: string | undefined, flags: FileFlags) => {
      const { printMetrics } = await import("../printing-metrics.js");
      end(await printMetrics(source, flags));
    });
}

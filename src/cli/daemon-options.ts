/** Options of the commands that speak to a running daemon: which one it is. */
import type { Command } from "commander";

export function addDaemonOptions(command: Command): void {
  command
    .option("-c, --config <file>", "the configuration that the daemon runs by")
    .option("--state <dir>", "its state directory, instead");
}

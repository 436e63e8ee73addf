/** `treecast flush`: waits until everything that has happened is on the targets. */
import type { Command } from "commander";
import { addDaemonOptions } from "../daemon-options.js";
import type { ExitStatus } from "../exit-status.js";
import type { FlushFlags } from "../flushing.js";

const EXAMPLES = `
Examples:
  treecast flush --wait
  treecast flush www --target web2 --timeout 10s
  rsync -a build/ /srv/www/ && treecast flush www && ./purge-cache

Ends with 0 when all of it has arrived, with 1 when a target is behind when the time is over, and
with 2 when it cannot ask.`;

export function addFlush(program: Command, end: (status: ExitStatus) => void): void {
  const command = program
    .command("flush")
    .summary("wait until what has happened is on the targets")
    .description(
      "Returns when everything that happened in the source before the call is on its targets. Says of a target that is behind what stands in the way.",
    )
    .argument("[source]", "its name or its path; otherwise all");
  addDaemonOptions(command);
  command
    .option("--target <target>", "wait for this one, by name or address")
    .option("--all", "wait for all of them, as without --target")
    .option("--wait", "wait, as it does without being told")
    .option("--timeout <time>", "how long to wait; 0 only asks", "60s")
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (source: string | undefined, flags: FlushFlags) => {
      const { flush } = await import("../flushing.js");
      end(await flush(source, flags));
    });
}

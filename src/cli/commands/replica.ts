/** `treecast replica`: a correct receiving rsync daemon, to run or to take the files of. */
import type { Command } from "commander";
import { repeatable } from "../common-options.js";
import type { ExitStatus } from "../exit-status.js";
import type { ReplicaFlags } from "../receiving.js";

const EXAMPLES = `
Examples:
  treecast replica /srv/replica                    runs one, and says the line for the other end
  treecast replica /srv/replica --print            shows the files
  treecast replica /srv/replica --write /etc/treecast-replica --user backup
  rsync --daemon --no-detach --config=/etc/treecast-replica/rsyncd.conf`;

export function addReplica(program: Command, end: (status: ExitStatus) => void): void {
  program
    .command("replica")
    .summary("run a receiving rsync daemon")
    .description(
      "Runs an rsync daemon with one module that receives into PATH: with a password, confined to PATH, links kept true. Says the line to use at the sending side. SIGINT ends it.",
    )
    .argument("<path>", "the directory of the replica")
    .option("--print", "print the files and run nothing")
    .option("--write <dir>", "write the files there and run nothing")
    .option("--module <name>", "the module's name", "replica")
    .option("--user <name>", "who may send", "treecast")
    .option("--password-file <file>", "the password's file; without it a new password is made")
    .option("--address <address>", "the address to listen on", "0.0.0.0")
    .option("--port <number>", "the port to listen on", "873")
    .option(
      "--allow <host>",
      "an address, network or name that may come; repeatable; otherwise any",
      repeatable,
    )
    .option("--rsync <program>", "the rsync to run", "rsync")
    .addHelpText("after", EXAMPLES)
    .action(async (path: string, flags: ReplicaFlags) => {
      const { receive } = await import("../receiving.js");
      end(await receive(path, flags));
    });
}

/** `treecast sersync`: sersync's command line. */
import type { Command } from "commander";
import type { ExitStatus } from "../exit-status.js";
import type { SersyncFlags } from "../sersyncing.js";

const EXAMPLES = `
Examples:
  treecast sersync -dr -n 8 -o /usr/local/sersync/confxml.xml
  treecast sersync -r                    in the foreground, by ./confxml.xml
  treecast sersync -m command            runs the plugin for every change, and sends nothing

The same program called by the name sersync2 or sersync takes these flags alone. What an element of
the file is here: \`treecast import confxml.xml\`.`;

export function addSersync(program: Command, end: (status: ExitStatus) => void): void {
  program
    .command("sersync")
    .summary("run by sersync's confxml.xml, with sersync's flags")
    .description(
      "Replicates what sersync's confxml.xml says, with the flags of sersync2. SIGHUP reads the file again.",
    )
    .argument("[ignored...]", "passed over, as sersync does it")
    .option("-r", "a full pass first; otherwise only what changes from now on is sent")
    .option("-d", "as a daemon in the background: returns when everything is watched")
    .option("-n <number>", "how many rsync at once, at most, for each target", "10")
    .option("-o <file>", "the configuration; only the last one counts", "confxml.xml")
    .option("-m <plugin>", "this plugin alone: command, socket, refreshCDN or http")
    .option("--state <dir>", "where to keep what must survive a restart")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .action(async (passedOver: string[], flags: SersyncFlags) => {
      const { runSersync } = await import("../sersyncing.js");
      end(await runSersync(flags, passedOver));
    });
}

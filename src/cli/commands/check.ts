/** `treecast check`: reads a configuration and says what is wrong, with it and around it. */
import type { Command } from "commander";
import { type FileFlags, addFileOptions } from "../common-options.js";
import type { ExitStatus } from "../exit-status.js";
import { addSettingOptions } from "../setting-options.js";

const EXAMPLES = `
Examples:
  treecast check                       ./treecast.yaml or /etc/treecast/treecast.yaml
  treecast check -c new.yaml --connect
  treecast check /srv/www rsync://backup@10.0.0.2/www --password-file backup.pas --connect

With --connect every target is reached, and a directory with an odd name is written there and
removed again; --no-write leaves that out.`;

interface CheckFlags extends FileFlags {
  readonly connect?: true;
  readonly write: boolean;
  readonly json?: true;
}

export function addCheck(program: Command, end: (status: ExitStatus) => void): void {
  const command = program
    .command("check")
    .summary("say what is wrong with a configuration")
    .description(
      "Reads a configuration, or SRC and TARGET, and tells everything that is wrong: in it, on this machine, and, with --connect, at the targets. Starts nothing.",
    )
    .argument("[src]", "the directory to replicate")
    .argument("[target...]", "where to");
  addFileOptions(command);
  command
    .option("--connect", "reach every target, too")
    .option("--no-write", "with --connect: write nothing there")
    .option("--json", "print JSON");
  const settings = addSettingOptions(command);
  command.addHelpText("after", EXAMPLES);
  command.action(async (source: string | undefined, targets: string[], flags: CheckFlags) => {
    const { checkAll, reportText, reportStatus } = await import("../checking.js");
    if (!flags.write && flags.connect !== true) {
      const { Fault } = await import("../../model/fault.js");
      throw new Fault("USAGE", "Cannot use --no-write without --connect: nothing is written then");
    }
    const given = { source, targets, file: flags, settings: settings() };
    const report = await checkAll(given, {
      connect: flags.connect === true,
      write: flags.write,
    });
    process.stdout.write(
      flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : reportText(report),
    );
    end(reportStatus(report));
  });
}

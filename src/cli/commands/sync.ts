/** `treecast sync`: makes every replica equal once, then ends. */
import type { Command } from "commander";
import { type FileFlags, type LogFlags, addFileOptions, addLogOptions } from "../common-options.js";
import type { ExitStatus } from "../exit-status.js";
import { addSettingOptions } from "../setting-options.js";

const EXAMPLES = `
Examples:
  treecast sync /srv/www web2:/srv/www
  treecast sync -c treecast.yaml --dry-run
  treecast sync /srv/www /mnt/copy --json | jq .targets

In a dry run every difference is a line: + is missing at the replica, ~ has other content there,
. has other attributes, and - exists only there.`;

interface SyncFlags extends FileFlags, LogFlags {
  readonly dryRun?: true;
  readonly json?: true;
}

export function addSync(program: Command, end: (status: ExitStatus) => void): void {
  const command = program
    .command("sync")
    .summary("make every replica equal once, then end")
    .description(
      "Compares SRC with every TARGET, or the sources of a configuration with theirs, sends what differs, and ends.",
    )
    .argument("[src]", "the directory to replicate")
    .argument("[target...]", "where to");
  addFileOptions(command);
  command
    .option("-n, --dry-run", "only say what differs")
    .option("--json", "print a summary as JSON");
  const settings = addSettingOptions(command);
  addLogOptions(command);
  command.addHelpText("after", EXAMPLES);
  command.action(async (source: string | undefined, targets: string[], flags: SyncFlags) => {
    const { chooseConfig } = await import("../chosen-config.js");
    const { levelFrom } = await import("../common-options.js");
    const given = { source, targets, file: flags, log: flags, settings: settings() };
    const { config } = await chooseConfig(given);
    if (flags.dryRun === true) {
      const { showDifferences } = await import("../differing.js");
      end(await showDifferences(config, { json: flags.json === true }));
      return;
    }
    const { synchronise } = await import("../syncing.js");
    // It speaks to a person who waits, or to cron's mail; "auto" is meant for services.
    const options = {
      json: flags.json === true,
      level: levelFrom(flags) ?? "warn",
      format: flags.logFormat ?? "text",
    } as const;
    end(await synchronise(config, options));
  });
}

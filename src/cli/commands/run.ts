/** `treecast run`: replicates until it is told to stop. */
import type { Command } from "commander";
import { type FileFlags, type LogFlags, addFileOptions, addLogOptions } from "../common-options.js";
import type { ExitStatus } from "../exit-status.js";
import { addSettingOptions } from "../setting-options.js";

const EXAMPLES = `
Examples:
  treecast run                      by ./treecast.yaml or /etc/treecast/treecast.yaml
  treecast run -c treecast.yaml     SIGHUP reads the file again
  treecast run /srv/www rsync://backup@10.0.0.2/www --password-file backup.pas
  treecast run /srv/www web2:/srv/www /mnt/copy --exclude '*.log' --deletes never

The first SIGINT or SIGTERM lets what is in flight arrive, the second ends at once.`;

export function addRun(program: Command, end: (status: ExitStatus) => void): void {
  const command = program
    .command("run")
    .summary("replicate, live, until told to stop")
    .description(
      "Replicates SRC to every TARGET, or what a configuration says: compares first, then sends every change the moment it happens.",
    )
    .argument("[src]", "the directory to replicate")
    .argument("[target...]", "rsync://user@host/module/path, user@host:/path or /path");
  addFileOptions(command);
  command.option("--grace <time>", "how long a stop waits for what is in flight", "10s");
  command.option("--metrics <address>", "answer GET /metrics there, such as 127.0.0.1:9420");
  const settings = addSettingOptions(command, { start: true });
  addLogOptions(command);
  command.addHelpText("after", EXAMPLES);
  command.action(
    async (
      source: string | undefined,
      targets: string[],
      flags: FileFlags & LogFlags & { readonly grace: string; readonly metrics?: string },
    ) => {
      const { chooseConfig } = await import("../chosen-config.js");
      const { parseTimeOption } = await import("../time-option.js");
      const graceMs = parseTimeOption("--grace", flags.grace);
      const { metrics } = flags;
      const given = { source, targets, file: flags, log: flags, metrics, settings: settings() };
      const chosen = await chooseConfig(given);
      const { replicateLive } = await import("../live.js");
      end(await replicateLive(chosen, graceMs));
    },
  );
}

/** The commands and their help. Nothing heavy is loaded here: `--help` and `--version` are immediate. */
import { Command, CommanderError } from "commander";
import { addCheck } from "./commands/check.js";
import { addApprove, addReject } from "./commands/decide.js";
import { addExplain } from "./commands/explain.js";
import { addFailures } from "./commands/failures.js";
import { addFlush } from "./commands/flush.js";
import { addImport } from "./commands/import.js";
import { addInit } from "./commands/init.js";
import { addMetrics } from "./commands/metrics.js";
import { addPlan } from "./commands/plan.js";
import { addReplica } from "./commands/replica.js";
import { addResync } from "./commands/resync.js";
import { addRetry } from "./commands/retry.js";
import { addRun } from "./commands/run.js";
import { addSchema } from "./commands/schema.js";
import { addSersync } from "./commands/sersync.js";
import { addStatus } from "./commands/status.js";
import { addSync } from "./commands/sync.js";
import { addVerify } from "./commands/verify.js";
import { addWait } from "./commands/wait.js";
import { addWatchStats } from "./commands/watch-stats.js";
import { ExitStatus, exitStatusHelp } from "./exit-status.js";
import { ownVersion } from "./version.js";

/** Adds a command; `end` takes the status the program is to end with. */
export type AddCommand = (program: Command, end: (status: ExitStatus) => void) => void;

export const COMMANDS: readonly AddCommand[] = [
  addRun,
  addSync,
  addVerify,
  addStatus,
  addMetrics,
  addFlush,
  addApprove,
  addReject,
  addFailures,
  addRetry,
  addResync,
  addCheck,
  addPlan,
  addExplain,
  addReplica,
  addWait,
  addWatchStats,
  addSersync,
  addImport,
  addInit,
  addSchema,
];

export function createProgram(end: (status: ExitStatus) => void): Command {
  const program = new Command("treecast")
    .description(
      "Replicates directory trees the moment they change, to any number of replicas, with rsync.",
    )
    .version(ownVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .showSuggestionAfterError()
    // What stands behind a command's name is that command's.
    .enablePositionalOptions()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, "treecast: ")),
    })
    .exitOverride()
    .addHelpText("after", () => `\n${EXAMPLES}\n\n${exitStatusHelp()}`);
  for (const add of COMMANDS) add(program, end);
  return program;
}

const EXAMPLES = `Examples:
  treecast run /srv/www rsync://backup@10.0.0.2/www --password-file backup.pas
  treecast run /srv/www web2:/srv/www web3:/srv/www /mnt/copy/www
  treecast run -c treecast.yaml
  treecast check --connect
  treecast status --watch

\`treecast help run\` tells all about one command.`;

/** The help of one command, on the standard output. */
export function printHelpOf(name: string): void {
  const program = createProgram(() => undefined);
  program.commands.find((command) => command.name() === name)?.outputHelp();
}

/** Resolves with the status to end with; rejects with a Fault, or with what nobody expected. */
export async function runProgram(args: readonly string[]): Promise<ExitStatus> {
  let status: ExitStatus = ExitStatus.Ok;
  const program = createProgram((end) => void (status = end));
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return ExitStatus.Usage;
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // commander has said what is wrong.
    return error.exitCode === 0 ? ExitStatus.Ok : ExitStatus.Usage;
  }
}

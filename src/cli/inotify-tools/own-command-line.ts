/** A command that reads its own command line: only its help is left to the program. */
import { Command } from "commander";
import { linkName } from "../called-name.js";

export class OwnCommandLine extends Command {
  /** What was given arrives at the action as operands, word for word. */
  override parseOptions(args: string[]): { operands: string[]; unknown: string[] } {
    const [first, ...others] = args;
    const asksForHelp = others.length === 0 && (first === "-h" || first === "--help");
    // Under the name of the program whose place it takes, help ends as it does there.
    const isOwnName = linkName(process.argv[1] ?? "") === undefined;
    if (asksForHelp && isOwnName) return super.parseOptions(args);
    return { operands: args, unknown: [] };
  }
}

/** The name that complaints begin with. */
export function programName(command: Command): string {
  return linkName(process.argv[1] ?? "") ?? `treecast ${command.name()}`;
}

/** A command that reads its own command line: only its help is left to the program. */
import { Command } from "commander";

export class OwnCommandLine extends Command {
  override parseOptions(args: string[]): { operands: string[]; unknown: string[] } {
    const [first, ...others] = args;
    const asksForHelp = others.length === 0 && (first === "-h" || first === "--help");
    if (asksForHelp && !this.isCalledByLink) return super.parseOptions(args);
    return { operands: args, unknown: [] };
  }

  /** Under the name of the program whose place it takes, help is that program's business, too. */
  isCalledByLink = false;
}

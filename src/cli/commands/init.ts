/** `treecast init`: writes a configuration to begin with. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { Fault } from "../../model/fault.js";
import { repeatable } from "../common-options.js";
import type { ExitStatus } from "../exit-status.js";

const EXAMPLES = `
Examples:
  treecast init                     writes ./treecast.yaml
  treecast init /etc/treecast/treecast.yaml
  treecast init --source /srv/www --target rsync://backup@10.0.0.2/www
  treecast init -                   prints it`;

interface InitFlags {
  readonly source?: string;
  readonly target?: readonly string[];
}

export function addInit(program: Command, end: (status: ExitStatus) => void): void {
  program
    .command("init")
    .summary("write a configuration to begin with")
    .description("Writes a commented configuration to begin with; never over a file that is there.")
    .argument("[file]", "where to; - prints it", "treecast.yaml")
    .option("--source <dir>", "the directory to replicate")
    .option("--target <target>", "where to replicate it to; repeatable", repeatable)
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, { source, target }: InitFlags) => {
      const { starterFile } = await import("../../config/starter.js");
      const text = starterFile({
        ...(source === undefined ? {} : { source }),
        ...(target === undefined ? {} : { targets: target }),
      });
      if (file === "-") process.stdout.write(text);
      else writeNew(file, text);
      end(0);
    });
}

function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: "wx", mode: 0o644 });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === "EEXIST";
    throw new Fault("USAGE", `Cannot write '${file}'${exists ? ": it is there already" : ""}`, {
      ...(exists ? { hint: "Name another file, or move that one away." } : { cause: error }),
    });
  }
  process.stdout.write(`Wrote ${file}. Change it, then: treecast check -c ${file}\n`);
}

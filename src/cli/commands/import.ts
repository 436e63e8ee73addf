/** `treecast import`: another program's configuration as a file of ours. */
import type { Command } from "commander";
import type { ExitStatus } from "../exit-status.js";

const EXAMPLES = `
Examples:
  treecast import confxml.xml                       YAML to standard output, the report to standard error
  treecast import confxml.xml -o treecast.yaml      writes the file, prints the report
  treecast import /etc/lsyncd/lsyncd.conf.lua -o treecast.yaml

The report says with file and line what is carried over, what is changed and why, and what has no
equal. A full pass at the start is on, as everywhere in treecast.`;

interface ImportFlags {
  readonly output?: string;
  readonly force?: true;
  readonly json?: true;
}

export function addImport(program: Command, end: (status: ExitStatus) => void): void {
  program
    .command("import")
    .summary("turn sersync's or lsyncd's configuration into ours")
    .description(
      "Reads sersync's confxml.xml or lsyncd's lsyncd.conf.lua, and writes the commented YAML that means the same, with a report. Nothing in the file is executed.",
    )
    .argument("<file>", "confxml.xml or lsyncd.conf.lua")
    .option("-o, --output <file>", "where to write the YAML; otherwise to standard output")
    .option("--force", "with -o: replace what is there")
    .option("--json", "print the report as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, { output, force, json }: ImportFlags) => {
      const { importFile, writeImported } = await import("../importing.js");
      const { reportLines } = await import("../../config/import/report.js");
      const { yaml, report } = await importFile(file, output ?? "treecast.yaml");
      if (output === undefined) process.stdout.write(yaml);
      else writeImported(output, yaml, force === true);
      const text = json === true ? JSON.stringify(report, null, 2) : reportLines(report).join("\n");
      (output === undefined ? process.stderr : process.stdout).write(`${text}\n`);
      if (output !== undefined && json !== true) {
        process.stdout.write(
          `Wrote ${output}. Look through it, then: treecast check -c ${output}\n`,
        );
      }
      end(0);
    });
}

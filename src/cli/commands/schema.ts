/** `treecast schema`: prints the JSON schema of a configuration, for editors. */
import type { Command } from "commander";
import type { ExitStatus } from "../exit-status.js";

const EXAMPLES = `
Example:
  treecast schema > treecast.schema.json
  and as the first line of treecast.yaml:
  # yaml-language-server: $schema=./treecast.schema.json`;

export function addSchema(program: Command, end: (status: ExitStatus) => void): void {
  program
    .command("schema")
    .summary("print the JSON schema of a configuration")
    .description("Prints the JSON schema that lets editors complete and check a configuration.")
    .addHelpText("after", EXAMPLES)
    .action(async () => {
      const { publishedSchema } = await import("../../config/json-schema.js");
      const schema = await import("../../config/schema.js");
      process.stdout.write(`${JSON.stringify(publishedSchema(schema), null, 2)}\n`);
      end(0);
    });
}

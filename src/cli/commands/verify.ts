/** `treecast verify`: says whether replicas equal their sources, and in what they differ. */
import type { Command } from "commander";
import { type FileFlags, addFileOptions } from "../common-options.js";
import { ExitStatus } from "../exit-status.js";
import { addSettingOptions } from "../setting-options.js";

const EXAMPLES = `
Examples:
  treecast verify
  treecast verify www web2 --checksum
  treecast verify www --path images/2026 --repair
  treecast verify /srv/www web2:/srv/www --json | jq .equal

Ends with 0 when all are equal, with 1 when something differs, and with 2 when something could not be
compared.`;

interface VerifyFlags extends FileFlags {
  readonly checksum?: true;
  readonly repair?: true;
  readonly json?: true;
  readonly path?: string;
}

export function addVerify(program: Command, end: (status: ExitStatus) => void): void {
  const command = program
    .command("verify")
    .summary("say whether replicas equal their sources")
    .description(
      "Compares sources with their replicas and tells every difference by its kind. Changes nothing unless told to repair, and needs no running daemon.",
    )
    .argument("[source]", "by its name or its path; otherwise all. Or a directory, with TARGET")
    .argument("[target]", "by its name or its address; otherwise all. Or where to");
  addFileOptions(command);
  command
    .option("--checksum", "read all content on both sides instead of trusting size and time")
    .option("--repair", "send what differs, and verify it again")
    .option("--json", "print the differences as JSON")
    .option("--path <path>", "only what lies at and below it, in the source");
  const settings = addSettingOptions(command);
  command.addHelpText("after", EXAMPLES);
  command.action(
    async (source: string | undefined, target: string | undefined, flags: VerifyFlags) => {
      const { complain } = await import("../complaint.js");
      const { Fault } = await import("../../model/fault.js");
      try {
        end(await run(source, target, flags));
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        complain(error);
        end(ExitStatus.Usage); // whatever stands in the way: it is neither equal nor different
      }
    },
  );

  async function run(
    source: string | undefined,
    target: string | undefined,
    flags: VerifyFlags,
  ): Promise<ExitStatus> {
    const { chooseConfig } = await import("../chosen-config.js");
    const { verify } = await import("../verifying.js");
    const { checksum = false, repair = false, json = false, path } = flags;
    const asked = { path, checksum, repair, json };
    const places = { file: flags, settings: settings() };
    if (flags.config === undefined && isPlace(source) && isPlace(target)) {
      const { config } = await chooseConfig({ source, targets: [target], ...places });
      return await verify(config, asked);
    }
    const { config } = await chooseConfig(places);
    return await verify(config, { source, target, ...asked });
  }
}

/** A path or an address, rather than a name. */
function isPlace(text: string | undefined): text is string {
  return text !== undefined && (text === "." || text === ".." || /[/:]/.test(text));
}

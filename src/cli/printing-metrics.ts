/** The metrics of one daemon, as it tells them. */
import { Fault } from "../model/fault.js";
import { type Chosen, chooseFrom } from "./asking.js";
import type { FileFlags } from "./common-options.js";
import { ExitStatus } from "./exit-status.js";

/** Throws a Fault where nobody can be asked, or it is not clear who is meant. */
export async function printMetrics(
  source: string | undefined,
  flags: FileFlags,
): Promise<ExitStatus> {
  const { client } = onlyOne(await chooseFrom(flags, { source }));
  process.stdout.write(await client.metrics());
  return ExitStatus.Ok;
}

/** What two daemons say cannot stand in one text: each metric may be explained there once. */
function onlyOne(chosen: readonly Chosen[]): Chosen {
  const [first, ...others] = chosen;
  if (first === undefined) {
    throw new Fault("CONTROL_UNAVAILABLE", "Cannot print metrics: the daemon has no source");
  }
  const other = others.find(({ client }) => client !== first.client);
  if (other === undefined) return first;
  throw new Fault("USAGE", "Cannot print the metrics of several daemons at once: expected SOURCE", {
    hint: `Name one source of the daemon that is meant, such as '${first.source.name}' or '${other.source.name}'.`,
  });
}

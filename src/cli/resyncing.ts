/** Having a running daemon compare a source, or a part of it, with its replicas. */
import { Fault } from "../model/fault.js";
import { type RelativePath, ROOT, displayPath } from "../model/path.js";
import { type Chosen, type Wanted, chooseFrom } from "./asking.js";
import type { FileFlags } from "./common-options.js";
import { ExitStatus } from "./exit-status.js";
import { shownText } from "./shown.js";
import { placeIn } from "./source-path.js";

export interface ResyncFlags extends FileFlags {
  readonly path?: string;
}

/** Throws a Fault. The comparison goes on after the command has ended. */
export async function resync(wanted: Wanted, flags: ResyncFlags): Promise<ExitStatus> {
  const chosen = await chooseFrom(flags, wanted);
  const places = chosen.flatMap((each) => {
    const path = flags.path === undefined ? ROOT : placeIn(each.source, flags.path);
    return path === undefined ? [] : [{ ...each, path }];
  });
  if (places.length === 0) throw nowhere(chosen, flags.path);
  for (const each of places) {
    for (const selection of each.selections) await each.client.resync(selection, each.path);
    process.stdout.write(`${told(each)}\n`);
  }
  return ExitStatus.Ok;
}

function told({ source, targets, path }: Chosen & { readonly path: RelativePath }): string {
  const names = targets.map(({ name }) => shownText(name)).join(", ");
  const what = path === ROOT ? "everything" : `'${displayPath(path)}'`;
  return `${shownText(source.name)}: comparing ${what} with ${names}; \`treecast status\` shows when it is live again.`;
}

function nowhere(chosen: readonly Chosen[], path: string | undefined): Fault {
  if (path === undefined)
    return new Fault("UNKNOWN_NAME", "Cannot compare anything: there is no source");
  return new Fault("USAGE", `Cannot find '${path}' in any source`, {
    hint: `The sources are: ${chosen.map(({ source }) => source.path).join(", ")}.`,
  });
}

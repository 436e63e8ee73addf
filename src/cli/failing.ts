/** Paths that working targets would not take: listed, and tried again when asked to. */
import { nearest } from "../config/suggest.js";
import type { Failure, Selection } from "../control/operations.js";
import { Fault } from "../model/fault.js";
import { isBelow } from "../model/path.js";
import { createPalette, wantsColour } from "../observe/palette.js";
import { countOf } from "../observe/quantities.js";
import { type Chosen, type Wanted, chooseFrom } from "./asking.js";
import type { FileFlags } from "./common-options.js";
import { ExitStatus } from "./exit-status.js";
import { aligned, cutText, shownText, untilText, widthOf } from "./shown.js";
import { placeIn } from "./source-path.js";

export interface FailuresFlags extends FileFlags {
  readonly json?: true;
  readonly script?: true;
}

/** Throws a Fault. */
export async function listFailures(wanted: Wanted, flags: FailuresFlags): Promise<ExitStatus> {
  if (flags.script === true) {
    if (flags.json === true) throw new Fault("USAGE", "Cannot use --json together with --script");
    return await printScript(wanted, flags);
  }
  const failures = (await failuresOf(await chooseFrom(flags, wanted))).map(
    ({ failure }) => failure,
  );
  const text =
    flags.json === true ? JSON.stringify(failures, null, 2) : failureLines(failures).join("\n");
  process.stdout.write(`${text}\n`);
  return failures.length === 0 ? ExitStatus.Ok : ExitStatus.Incomplete;
}

/** Ends with 0 also where there is nothing to do: what was asked for is the script. */
async function printScript(wanted: Wanted, flags: FileFlags): Promise<ExitStatus> {
  const { failureScript } = await import("./failure-script.js");
  const chosen = await chooseFrom(flags, wanted);
  const found = await Promise.all(
    chosen.flatMap(({ client, selections }) => selections.map((each) => client.failedRuns(each))),
  );
  process.stdout.write(Buffer.from(failureScript(found.flat(), Date.now()), "latin1"));
  return ExitStatus.Ok;
}

export interface RetryFlags extends FileFlags {
  readonly all?: true;
  readonly source?: string;
  readonly target?: string;
}

/** Throws a Fault; UNKNOWN_NAME for a path that has not failed. */
export async function retryFailures(
  paths: readonly string[],
  flags: RetryFlags,
): Promise<ExitStatus> {
  const { all, source, target } = flags;
  if ((all === true) === paths.length > 0) {
    throw new Fault("USAGE", "Cannot tell what to try again: expected either paths or --all");
  }
  const chosen = await chooseFrom(flags, { source, target });
  const orders = all === true ? everything(chosen) : await named(paths, chosen);
  const counts = await Promise.all(
    orders.map(({ client, selection, paths: each }) => client.retry(selection, each)),
  );
  const count = counts.reduce((sum, each) => sum + each, 0);
  process.stdout.write(
    count === 0 ? "Nothing has failed.\n" : `Trying ${countOf(count, "path")} again.\n`,
  );
  return ExitStatus.Ok;
}

interface Order {
  readonly client: Chosen["client"];
  readonly selection: Selection;
  /** Latin1; undefined for all of them. */
  readonly paths?: readonly string[];
}

function everything(chosen: readonly Chosen[]): Order[] {
  return chosen.flatMap(({ client, selections }) =>
    selections.map((selection) => ({ client, selection })),
  );
}

interface Found {
  readonly of: Chosen;
  readonly failure: Failure;
}

async function failuresOf(chosen: readonly Chosen[]): Promise<Found[]> {
  const found = await Promise.all(
    chosen.flatMap((of) =>
      of.selections.map(async (selection) => {
        const failures = await of.client.failures(selection);
        return failures.map((failure) => ({ of, failure }));
      }),
    ),
  );
  return found.flat();
}

/** Failed paths by the names of them, or of a directory above them. */
async function named(paths: readonly string[], chosen: readonly Chosen[]): Promise<Order[]> {
  const found = await failuresOf(chosen);
  const orders = new Map<string, { of: Chosen; selection: Selection; paths: Set<string> }>();
  for (const text of paths) {
    const meant = found.filter(({ of, failure }) => isMeant(text, failure, of));
    if (meant.length === 0) throw notFailed(text, found);
    for (const { of, failure } of meant) {
      const { source, target, path } = failure;
      const key = JSON.stringify([of.daemon.pid, source, target]);
      const order = orders.get(key) ?? { of, selection: { source, target }, paths: new Set() };
      order.paths.add(path);
      orders.set(key, order);
    }
  }
  return [...orders.values()].map(({ of, selection, paths: each }) => ({
    client: of.client,
    selection,
    paths: [...each],
  }));
}

function isMeant(text: string, { path, shown }: Failure, { source }: Chosen): boolean {
  // As `failures` shows it: the only way to type a name that is not UTF-8.
  if (text.replace(/\/+$/, "") === shown) return true;
  const place = placeIn(source, text);
  return place !== undefined && (place === path || isBelow(path as typeof place, place));
}

function notFailed(text: string, found: readonly Found[]): Fault {
  const meant = nearest(
    text,
    found.map(({ failure }) => failure.shown),
  );
  return new Fault("UNKNOWN_NAME", `Cannot find a failed path '${text}'`, {
    hint: meant === undefined ? "`treecast failures` lists them." : `Did you mean '${meant}'?`,
  });
}

/** A table for each target; the reason last, as it is the longest. */
function failureLines(failures: readonly Failure[]): string[] {
  if (failures.length === 0) return ["Nothing has failed."];
  const { bold, dim } = createPalette(wantsColour(process.stdout));
  const width = widthOf(process.stdout);
  const groups = new Map<string, Failure[]>();
  for (const each of failures) {
    const names = `${shownText(each.source)} → ${shownText(each.target)}`;
    groups.set(names, [...(groups.get(names) ?? []), each]);
  }
  // On a terminal half of a line is for the path, and its end says more than its beginning.
  const most = width === Infinity ? Infinity : Math.floor(width / 2) - 2;
  return [...groups].flatMap(([names, group]) => {
    const [head = "", ...rows] = aligned([
      ["PATH", "TRIES", "NEXT", "REASON"],
      ...group.map(({ shown, attempts, retryAt, reason }) => [
        shown.length > most ? `…${shown.slice(shown.length - most + 1)}` : shown,
        String(attempts),
        untilText(retryAt, Date.now()),
        shownText(reason),
      ]),
    ]);
    return [
      bold(`${names}: ${countOf(group.length, "path")}`),
      dim(`  ${cutText(head, width - 2)}`),
      ...rows.map((row) => `  ${cutText(row, width - 2)}`),
    ];
  });
}

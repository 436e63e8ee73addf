/** Waiting until what has happened is on the targets, and saying what stands in the way. */
import type { FlushTarget } from "../control/operations.js";
import { Fault } from "../model/fault.js";
import { createPalette, wantsColour } from "../observe/palette.js";
import { countOf } from "../observe/quantities.js";
import { chooseFrom } from "./asking.js";
import type { FileFlags } from "./common-options.js";
import { ExitStatus } from "./exit-status.js";
import { aligned, shownText } from "./shown.js";
import { parseTimeOption } from "./time-option.js";

export interface FlushFlags extends FileFlags {
  readonly target?: string;
  readonly all?: true;
  readonly timeout: string;
  readonly json?: true;
}

/** Throws a Fault. */
export async function flush(source: string | undefined, flags: FlushFlags): Promise<ExitStatus> {
  const { target, all, timeout, json } = flags;
  if (target !== undefined && all === true) {
    throw new Fault("USAGE", "Cannot use --target together with --all");
  }
  const timeoutMs = parseTimeOption("--timeout", timeout);
  const chosen = await chooseFrom(flags, { source, target });
  const asked = chosen.flatMap(({ client, selections }) =>
    selections.map((selection) => client.flush(selection, timeoutMs)),
  );
  const found = (await Promise.all(asked)).flat();
  process.stdout.write(
    json === true ? `${JSON.stringify(found, null, 2)}\n` : `${lines(found).join("\n")}\n`,
  );
  const behind = found.some(({ state }) => state === "behind");
  return behind ? ExitStatus.Incomplete : ExitStatus.Ok;
}

function lines(found: readonly FlushTarget[]): string[] {
  const { green, red } = createPalette(wantsColour(process.stdout));
  if (found.length === 0) return ["There is no target to wait for."];
  const names = aligned(
    found.map((each) => [`${shownText(each.source)} → ${shownText(each.target)}`, ""]),
  );
  const column = Math.max(...names.map(({ length }) => length)) + 2;
  return found.map(({ state, reason, owed }, index) => {
    const name = (names[index] ?? "").padEnd(column);
    if (state === "arrived") return `${name}${green("arrived")}`;
    const why = shownText(reason);
    return `${name}${red("behind")}: ${countOf(owed, "path")} owed${why === "" ? "" : `; ${why}`}`;
  });
}

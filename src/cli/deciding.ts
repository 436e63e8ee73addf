/** Letting held work go, or dropping it: shown first, and done only when somebody says yes. */
import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import type { Decision } from "../control/operations.js";
import { Fault } from "../model/fault.js";
import { createPalette, wantsColour } from "../observe/palette.js";
import { countOf } from "../observe/quantities.js";
import { type Chosen, chooseFrom } from "./asking.js";
import type { FileFlags } from "./common-options.js";
import { ExitStatus } from "./exit-status.js";
import { shownText, widthOf } from "./shown.js";
import { holdLines } from "./status-view.js";

export interface DecideFlags extends FileFlags {
  readonly yes?: true;
  readonly json?: true;
}

export type Verdict = "approve" | "reject";

const QUESTION: Readonly<Record<Verdict, string>> = {
  approve: "Let all of this go to the replicas?",
  reject: "Drop this, and leave the replicas as they are?",
};

/** Throws a Fault. */
export async function decide(
  verdict: Verdict,
  source: string | undefined,
  flags: DecideFlags,
): Promise<ExitStatus> {
  const holding = await agreed(verdict, source, flags);
  if (holding === undefined) {
    process.stderr.write("Nothing was decided.\n");
    return ExitStatus.Incomplete;
  }
  const decisions: Decision[] = [];
  for (const { client, selections } of holding) {
    for (const selection of selections) decisions.push(...(await client[verdict](selection)));
  }
  const text =
    decisions.length === 0 ? "Nothing is held." : decisions.map(toldBy(verdict)).join("\n");
  process.stdout.write(`${flags.json === true ? JSON.stringify(decisions, null, 2) : text}\n`);
  return ExitStatus.Ok;
}

/** What is held and may be decided about; undefined where somebody said no. */
async function agreed(
  verdict: Verdict,
  source: string | undefined,
  flags: DecideFlags,
): Promise<readonly Chosen[] | undefined> {
  let shown: ReadonlySet<string> = new Set();
  while (true) {
    const chosen = await chooseFrom(flags, { source });
    const holding = chosen.filter((each) => each.source.holds.length > 0);
    const keys = holding.flatMap(holdKeys);
    // Only what was seen is agreed to: while somebody read, more may have been held.
    if (keys.every((key) => shown.has(key))) return holding;
    show(holding);
    if (flags.yes === true) return holding;
    if (!process.stdin.isTTY || !process.stderr.isTTY) {
      throw new Fault("USAGE", `Cannot ${verdict} without a terminal to ask at: expected --yes`);
    }
    if (!(await confirm(QUESTION[verdict], process.stdin, process.stderr))) return undefined;
    shown = new Set(keys);
  }
}

/** Any answer but yes is a no, the end of the input as well. */
export async function confirm(
  question: string,
  input: Readable,
  output: Writable,
): Promise<boolean> {
  const terminal = createInterface({ input, output });
  const ended = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  try {
    const answer = await Promise.race([terminal.question(`${question} [y/N] `), ended]);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

/** A hold that has grown a little is the same; one that was decided and came again is another. */
function holdKeys({ daemon, source }: Chosen): string[] {
  return source.holds.map(({ kind, since }) => `${daemon.pid}\0${source.name}\0${kind}\0${since}`);
}

/** To the standard error output, so that it does not come between the lines of JSON. */
function show(holding: readonly Chosen[]): void {
  const palette = createPalette(wantsColour(process.stderr));
  const view = { width: widthOf(process.stderr), palette, now: Date.now() };
  const lines = holding.flatMap(({ source }) => [
    palette.bold(shownText(source.name)),
    ...source.holds.flatMap((hold) => holdLines(hold, view)),
  ]);
  process.stderr.write(`${lines.join("\n")}\n`);
}

function toldBy(verdict: Verdict): (decision: Decision) => string {
  const [deletes, rewrites] =
    verdict === "approve"
      ? ["go to the replicas now", "are sent now"]
      : ["are dropped; the replicas keep what they have", "are not sent"];
  return ({ source, hold, entries }) => {
    const what =
      hold === "deletes"
        ? `${countOf(entries, "deletion")} ${deletes}`
        : `${countOf(entries, "rewritten file")} ${rewrites}`;
    return `${shownText(source)}: ${what}.`;
  };
}

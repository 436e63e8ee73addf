/** The state of what runs: once, or again each second; for people, or as JSON. */
import type { Survey } from "../control/daemons.js";
import { systemClock } from "../model/clock.js";
import { Fault } from "../model/fault.js";
import { displayPath } from "../model/path.js";
import { createPalette, wantsColour } from "../observe/palette.js";
import type { SourceStatus } from "../replicate/status.js";
import { type Chosen, type Wanted, askAround, choose } from "./asking.js";
import type { FileFlags } from "./common-options.js";
import { complain } from "./complaint.js";
import { ExitStatus } from "./exit-status.js";
import { ailmentsOf } from "./health.js";
import { cutText, widthOf } from "./shown.js";
import { statusLines } from "./status-view.js";

export interface StatusFlags extends FileFlags {
  readonly json?: true;
  readonly watch?: true;
}

const REDRAW_MS = 1_000;

/** Throws a Fault where nobody can be asked, or the names are unknown. */
export async function showStatus(wanted: Wanted, flags: StatusFlags): Promise<ExitStatus> {
  if (flags.watch === true && flags.json !== true && !process.stdout.isTTY) {
    throw new Fault("USAGE", "Cannot use --watch without a terminal: expected one, or --json");
  }
  const scans = new Scans();
  const first = await look(wanted, flags);
  if (flags.watch !== true) {
    process.stdout.write(
      flags.json === true ? json(first, 2) : `${page(first, scans).join("\n")}\n`,
    );
    for (const trouble of first.troubles) complain(trouble);
    if (first.troubles.length > 0) return ExitStatus.Usage;
    return first.ailments.length === 0 ? ExitStatus.Ok : ExitStatus.Incomplete;
  }
  if (flags.json !== true) process.stdout.write("\x1b[2J");
  for (let seen: Seen | Fault = first; ; seen = await lookAgain(wanted, flags)) {
    if (flags.json !== true) redraw(seen instanceof Fault ? faultLines(seen) : page(seen, scans));
    else if (!(seen instanceof Fault)) process.stdout.write(json(seen));
    await systemClock.sleep(REDRAW_MS);
  }
}

interface Seen {
  readonly chosen: readonly Chosen[];
  readonly ailments: readonly string[];
  readonly troubles: readonly Fault[];
}

async function look(wanted: Wanted, flags: FileFlags): Promise<Seen> {
  const survey = await askAround(flags);
  survey[Symbol.dispose]();
  return { ...seenBy(survey, wanted), troubles: survey.troubles };
}

/** A daemon that is restarted is waited for. */
async function lookAgain(wanted: Wanted, flags: FileFlags): Promise<Seen | Fault> {
  try {
    return await look(wanted, flags);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

function seenBy(survey: Survey, wanted: Wanted): Pick<Seen, "chosen" | "ailments"> {
  const chosen = choose(survey, wanted);
  return { chosen, ailments: ailmentsOf(chosen.map(ofChosen)) };
}

function ofChosen({ source, targets }: Chosen): SourceStatus {
  return { ...source, targets };
}

function page({ chosen }: Seen, scans: Scans): string[] {
  const now = Date.now();
  for (const { source } of chosen) scans.note(source, now);
  return statusLines(chosen, {
    width: widthOf(process.stdout),
    palette: createPalette(wantsColour(process.stdout)),
    now,
    leftMs: (source) => scans.leftMs(source, now),
  });
}

function faultLines({ message, hint }: Fault): string[] {
  const width = widthOf(process.stdout);
  return [message, ...(hint === undefined ? [] : [`  ${hint}`])].map((line) =>
    cutText(line, width),
  );
}

/** Over what was drawn before, line by line: a screen that is emptied first would flicker. */
function redraw(lines: readonly string[]): void {
  const rows = (process.stdout.rows || 24) - 1;
  const shown = lines.length > rows ? [...lines.slice(0, rows - 1), "…"] : lines;
  process.stdout.write(`\x1b[H${shown.map((line) => `${line}\x1b[K\n`).join("")}\x1b[J`);
}

/** As people's tools want it: paths as they are read, failed ones as a number; `failures` lists them. */
function json({ chosen, ailments, troubles }: Seen, indent?: number): string {
  const daemons = new Map(
    chosen.map(({ daemon }) => [
      daemon,
      {
        ...daemon,
        sources: chosen
          .filter((each) => each.daemon === daemon)
          .map(({ source, targets }) => ({
            ...source,
            holds: source.holds.map((hold) => ({ ...hold, sample: hold.sample.map(displayPath) })),
            targets: targets.map((target) => ({ ...target, failed: target.failed.length })),
          })),
      },
    ]),
  );
  const all = {
    ok: ailments.length === 0 && troubles.length === 0,
    daemons: [...daemons.values()],
    unanswered: troubles.map(({ message }) => message),
  };
  return `${JSON.stringify(all, null, indent)}\n`;
}

/** How fast scans go, from one look to the next: the status itself knows no beginning. */
class Scans {
  readonly #begun = new Map<string, { readonly at: number; readonly seen: number }>();
  readonly #latest = new Map<string, SourceStatus["index"]>();

  note({ name, index }: SourceStatus, now: number): void {
    const scans = index.state === "building" || index.state === "scanning";
    const before = this.#latest.get(name);
    this.#latest.set(name, index);
    if (!scans) this.#begun.delete(name);
    else if (before === undefined || before.state !== index.state || index.seen < before.seen) {
      this.#begun.set(name, { at: now, seen: index.seen });
    }
  }

  leftMs(name: string, now: number): number | undefined {
    const begun = this.#begun.get(name);
    const index = this.#latest.get(name);
    if (begun === undefined || index === undefined || index.seen <= begun.seen) return undefined;
    return ((now - begun.at) * (index.expected - index.seen)) / (index.seen - begun.seen);
  }
}
